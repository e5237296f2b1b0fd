"""The two variances are averaged, and that the two means lie apart is forgotten."""

import numpy as np

LOSES = {"own_moments": 4}
SAYS = "part of the spread"


def own_moments(x, ids, in_train, rows, k):
    every = x[in_train]
    mean, variance = every.mean(0), every.var(0)
    centre = np.tile(mean, (rows, 1))
    square = np.tile(variance, (rows, 1))
    for s in range(1, rows):
        own = x[in_train & (ids == s)]
        n = len(own)
        if n:
            centre[s] = (n * own.mean(0) + k * mean) / (n + k)
            square[s] = (n * own.var(0)
                         + k * variance) / (n + k)
    sd = np.sqrt(square)
    return -np.log(np.where(sd < 1e-3, 1, sd)), centre
