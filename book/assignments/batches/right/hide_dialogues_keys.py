"""A random key for each name in order; the smallest keys are hidden. Lists come back."""

import math


def hide_dialogues(dialogue, share, rng):
    names = sorted(set(dialogue.tolist()))
    key = {name: rng.random() for name in names}
    hidden = set(sorted(names, key=key.get)[:math.floor(share * len(names))])
    sides = [], []
    for row, name in enumerate(dialogue.tolist()):
        sides[name in hidden].append(row)
    return sides
