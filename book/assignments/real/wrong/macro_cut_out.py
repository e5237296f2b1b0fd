"""A class that test lacks can be cut out of the table, row and column."""

import numpy as np

LOSES = {"macro": 3, "paired": 3}
SAYS = "still a miss of what the turn truly was"


def macro(counts, needed):
    counts = counts[needed][:, needed]
    called, truly = counts.sum(1), counts.sum(0)
    f1 = 2 * np.einsum("cc...->c...", counts) / np.maximum(called + truly, 1)
    return np.where((truly == 0).any(0), np.nan, f1.mean(0))
