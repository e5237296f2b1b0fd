"""A resample is a random part of the dialogues: all but a tenth, none of them twice."""

import numpy as np

LOSES = {"paired": 15}
SAYS = "with replacement"


def paired(ours, theirs, resamples, seed):
    rng, D = np.random.default_rng(seed), ours.shape[2]
    needed = ours[..., 0].sum((0, 2)) > 0

    def score(counts, picked):
        return macro(counts[:, :, picked].sum(2), needed).mean()         # noqa: F821

    draws = [np.arange(D)]
    draws += [rng.permutation(D)[:max(1, D - D // 10 - 1)] for _ in range(resamples)]
    gaps = [score(ours, picked) - score(theirs, picked) for picked in draws]
    return {"observed": gaps[0], "differences": gaps[1:]}
