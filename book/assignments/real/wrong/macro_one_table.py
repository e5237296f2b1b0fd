"""Counts are one table (C, C); more axes come from somewhere else."""

import numpy as np

LOSES = {"macro": 9}
SAYS = "one macro F1 is wanted for each place"


def macro(counts, needed):
    counts = counts.reshape(len(counts), len(counts), -1).sum(2)
    called, truly = counts.sum(1), counts.sum(0)
    f1 = 2 * np.diag(counts) / np.maximum(called + truly, 1)
    return np.nan if (truly[needed] == 0).any() else f1[needed].mean()
