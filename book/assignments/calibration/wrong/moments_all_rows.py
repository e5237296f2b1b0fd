"""Everybody's moments are taken from all rows, test's as well: they're only features."""

import numpy as np

LOSES = {"own_moments": 5}
SAYS = "your moments moved"


def own_moments(x, ids, in_train, rows, k):
    every = x
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
