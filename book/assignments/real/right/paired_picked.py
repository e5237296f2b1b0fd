"""Draws the dialogues' numbers in a loop, and adds up what was drawn."""

import numpy as np


def paired(ours, theirs, resamples, seed):
    rng = np.random.default_rng(seed)
    D = ours.shape[2]
    occurs = ours.sum((0, 2, 3)) > 0

    def difference(picked):
        one = macro(ours[:, :, picked].sum(axis=2), occurs).mean()       # noqa: F821
        return one - macro(theirs[:, :, picked].sum(axis=2), occurs).mean()    # noqa: F821

    return {"observed": difference(np.arange(D)),
            "differences": [difference(rng.choice(D, D)) for _ in range(resamples)]}
