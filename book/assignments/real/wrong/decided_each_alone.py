"""Each comparison has its own 95% interval, however many there are."""

import numpy as np

LOSES = {"decided": 3}
SAYS = "share the 5% out among them"


def decided(differences):
    low, high = np.nanquantile(differences, (0.025, 0.975), axis=1)
    open_ = np.isnan(differences).mean(1) > 0.1
    return np.where(open_, 0, (low > 0).astype(int) - (high < 0))
