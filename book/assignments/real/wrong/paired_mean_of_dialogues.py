"""Each dialogue has a score, and a resample averages the scores of those it drew."""

import numpy as np

LOSES = {"paired": 18}
SAYS = "a long dialogue weighs more"


def paired(ours, theirs, resamples, seed):
    rng, D = np.random.default_rng(seed), ours.shape[2]
    needed = ours[..., 0].sum((0, 2)) > 0
    gap = macro(ours, needed).mean(-1) - macro(theirs, needed).mean(-1)  # noqa: F821
    return {"observed": gap.mean(), "differences": gap[rng.integers(0, D, (resamples, D))].mean(1)}
