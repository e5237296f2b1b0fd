"""Rows are what a turn truly is, columns what it was called, as everywhere else."""

import numpy as np

LOSES = {"macro": 6, "paired": 3}
SAYS = "Which axis says what a turn truly is?"


def macro(counts, needed):
    truly, called = counts.sum(1), counts.sum(0)
    f1 = 2 * np.einsum("cc...->c...", counts)[needed] / np.maximum(called + truly, 1)[needed]
    return np.where((truly[needed] == 0).any(0), np.nan, f1.mean(0))
