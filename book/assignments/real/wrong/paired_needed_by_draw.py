"""What a resample lacks is not needed in it, so every resample has a score."""

import numpy as np

LOSES = {"paired": 3}
SAYS = "Which resamples can say something about all classes that test has?"


def paired(ours, theirs, resamples, seed):
    rng, D = np.random.default_rng(seed), ours.shape[2]

    def score(counts, picked):
        drawn = counts[:, :, picked].sum(2)
        return macro(drawn, drawn[..., 0].sum(0) > 0).mean()            # noqa: F821

    draws = [np.arange(D), *rng.integers(0, D, (resamples, D))]
    gaps = [score(ours, picked) - score(theirs, picked) for picked in draws]
    return {"observed": gaps[0], "differences": gaps[1:]}
