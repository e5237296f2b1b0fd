"""NaN resamples can be dropped, however many there are."""

import numpy as np

LOSES = {"decided": 2}
SAYS = "beyond that the row is open"


def decided(differences):
    tail = 0.025 / len(differences)
    low, high = np.nanquantile(differences, (tail, 1 - tail), axis=1)
    return (low > 0).astype(int) - (high < 0)
