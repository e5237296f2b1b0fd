"""Of people who are tied at the edge of the worst tenth, the first ones are taken."""

import numpy as np

LOSES = {"report": 2}
SAYS = "all of them are in it"


def report(truth, ours, theirs, speaker, least):
    rows = []
    for s in np.unique(speaker):
        here = (speaker == s) & (truth >= 0)
        if here.sum() >= least:
            rows.append([(said == truth)[here].mean() for said in (ours, theirs)])
    after, before = np.array(rows).T
    gain = after - before
    worst = np.argsort(before, kind="stable")[:-(-len(before) // 10)]
    return {"people": len(gain), "mean": gain.mean(), "lost": (gain < 0).sum(),
            "last": gain[worst].mean()}
