"""A turn without a label was not called rightly, so it counts as wrong."""

import numpy as np

LOSES = {"report": 3}
SAYS = "neither right nor wrong"


def report(truth, ours, theirs, speaker, least):
    rows = []
    for s in np.unique(speaker):
        here = speaker == s
        if here.sum() >= least:
            rows.append([(said == truth)[here].mean() for said in (ours, theirs)])
    after, before = np.array(rows).T
    gain = after - before
    worst = before <= np.sort(before)[-(-len(before) // 10) - 1]
    return {"people": len(gain), "mean": gain.mean(), "lost": (gain < 0).sum(),
            "last": gain[worst].mean()}
