"""Macro F1 divides by the number of classes, whether test has them or not."""

import numpy as np

LOSES = {"macro": 3, "paired": 3}
SAYS = "A class that test doesn't have isn't averaged"


def macro(counts, needed):
    called, truly = counts.sum(1), counts.sum(0)
    f1 = 2 * np.einsum("cc...->c...", counts) / np.maximum(called + truly, 1)
    gone = (truly == 0) & np.reshape(needed, (-1, *[1] * (counts.ndim - 2)))
    return np.where(gone.any(0), np.nan, f1.mean(0))
