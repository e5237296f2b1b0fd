"""The sums are divided by the number of utterances without asking whether there are any."""

import numpy as np

LOSES = {"own_moments": 3}
SAYS = "strangers"


def own_moments(x, ids, in_train, rows, k):
    every = x[in_train]
    mean, variance = every.mean(0), every.var(0)
    centre = np.tile(mean, (rows, 1))
    square = np.tile(variance, (rows, 1))
    for s in range(1, rows):
        own = x[in_train & (ids == s)]
        n = len(own)
        with np.errstate(all="ignore"):
            centre[s] = (own.sum(0) + k * mean) / (n + k)
            square[s] = (((own - centre[s]) ** 2).sum(0)
                         + k * (variance + (mean - centre[s]) ** 2)) / (n + k)
    sd = np.sqrt(square)
    return -np.log(np.where(sd < 1e-3, 1, sd)), centre
