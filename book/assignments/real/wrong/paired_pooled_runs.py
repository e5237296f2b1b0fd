"""The runs' counts are added up: more data for one score."""

import numpy as np

LOSES = {"paired": 9}
SAYS = "a model's score is their mean"


def paired(ours, theirs, resamples, seed):
    rng, D = np.random.default_rng(seed), ours.shape[2]
    needed = ours[..., 0].sum((0, 2)) > 0

    def score(counts, picked):
        return macro(counts[:, :, picked].sum((2, 3)), needed)          # noqa: F821

    draws = [np.arange(D), *rng.integers(0, D, (resamples, D))]
    gaps = [score(ours, picked) - score(theirs, picked) for picked in draws]
    return {"observed": gaps[0], "differences": gaps[1:]}
