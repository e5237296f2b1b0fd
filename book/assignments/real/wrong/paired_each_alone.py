"""Each model gets a bootstrap of its own, and the differences are taken afterwards."""

import numpy as np

LOSES = {"paired": 7}
SAYS = "draws the dialogues once, for both models"


def paired(ours, theirs, resamples, seed):
    rng, D = np.random.default_rng(seed), ours.shape[2]
    needed = ours[..., 0].sum((0, 2)) > 0

    def score(counts, picked):
        return macro(counts[:, :, picked].sum(2), needed).mean()         # noqa: F821

    gaps = [score(ours, rng.integers(0, D, D)) - score(theirs, rng.integers(0, D, D))
            for _ in range(resamples)]
    everything = np.arange(D)
    return {"observed": score(ours, everything) - score(theirs, everything), "differences": gaps}
