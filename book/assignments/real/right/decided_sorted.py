"""Sorts each row and counts how many of its resamples lie on the other side of 0."""

import numpy as np


def decided(differences):
    out = np.zeros(len(differences), int)
    for c, row in enumerate(np.sort(differences, 1)):        # NaN goes last
        n = int((~np.isnan(row)).sum())
        if len(row) - n > len(row) / 10:
            continue
        share = 0.05 / len(differences) / 2
        low, high = np.interp([share * (n - 1), (1 - share) * (n - 1)], range(n), row[:n])
        out[c] = 1 if low > 0 else -1 if high < 0 else 0
    return out
