"""A loop over people; variances about the mean of all n + k."""

import numpy as np


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
            square[s] = (n * (own.var(0) + (own.mean(0) - centre[s]) ** 2)
                         + k * (variance + (mean - centre[s]) ** 2)) / (n + k)
    sd = np.sqrt(square)
    return -np.log(np.where(sd < 1e-3, 1, sd)), centre
