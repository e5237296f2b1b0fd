"""The mean gain is the gain in accuracy over all turns."""

import numpy as np

LOSES = {"report": 6}
SAYS = "each counted once"


def report(truth, ours, theirs, speaker, least):
    rows = []
    for s in np.unique(speaker):
        here = (speaker == s) & (truth >= 0)
        if here.sum() >= least:
            rows.append([(said == truth)[here].mean() for said in (ours, theirs)] + [here.sum()])
    after, before, n = np.array(rows).T
    gain = after - before
    worst = before <= np.sort(before)[-(-len(before) // 10) - 1]
    return {"people": len(gain), "mean": (gain * n).sum() / n.sum(), "lost": (gain < 0).sum(),
            "last": gain[worst].mean()}
