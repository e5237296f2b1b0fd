"""A list for each person, and no array arithmetic."""

import math


def report(truth, ours, theirs, speaker, least):
    people = {}
    for t, o, u, s in zip(truth, ours, theirs, speaker, strict=True):
        if t != -1:
            people.setdefault(int(s), []).append((o == t, u == t))
    rows = []
    for turns in people.values():
        if len(turns) >= least:
            after, before = (sum(map(int, right)) / len(turns)
                             for right in zip(*turns, strict=True))
            rows.append((before, after - before))
    rows.sort()
    edge = rows[math.ceil(len(rows) / 10) - 1][0]
    worst = [gain for before, gain in rows if before <= edge]
    return {"people": len(rows), "mean": sum(gain for _, gain in rows) / len(rows),
            "lost": sum(gain < 0 for _, gain in rows), "last": sum(worst) / len(worst)}
