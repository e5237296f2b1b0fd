"""A class that a resample lacks is left out of its mean, as the book does."""

import numpy as np

LOSES = {"macro": 3, "paired": 3}
SAYS = "nobody can tell how well it is found"


def macro(counts, needed):
    called, truly = counts.sum(1), counts.sum(0)
    hit = np.moveaxis(np.diagonal(counts), -1, 0)
    f1 = 2 * hit / np.maximum(called + truly, 1)
    occurs = truly > 0
    return (f1 * occurs).sum(0) / occurs.sum(0)
