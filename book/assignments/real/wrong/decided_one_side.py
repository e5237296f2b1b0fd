"""Decided means: 95% of the resamples lie on one side of 0."""

import numpy as np

LOSES = {"decided": 6}
SAYS = "not 5% at one"


def decided(differences):
    level = 0.05 / len(differences)
    low, high = np.nanquantile(differences, (level, 1 - level), axis=1)
    open_ = np.isnan(differences).mean(1) > 0.1
    return np.where(open_, 0, (low > 0).astype(int) - (high < 0))
