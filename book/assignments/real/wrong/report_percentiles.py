"""The worst-off tenth before is compared with the worst-off tenth after."""

import numpy as np

LOSES = {"report": 2}
SAYS = "What did these very people gain?"


def report(truth, ours, theirs, speaker, least):
    rows = []
    for s in np.unique(speaker):
        here = (speaker == s) & (truth >= 0)
        if here.sum() >= least:
            rows.append([(said == truth)[here].mean() for said in (ours, theirs)])
    after, before = np.array(rows).T
    gain, k = after - before, -(-len(rows) // 10)
    return {"people": len(gain), "mean": gain.mean(), "lost": (gain < 0).sum(),
            "last": np.sort(after)[:k].mean() - np.sort(before)[:k].mean()}
