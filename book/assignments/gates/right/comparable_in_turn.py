"""Geometric means, divided out in turn."""

import numpy as np
from scipy.stats import gmean


def comparable(gates):
    gates = np.asarray(gates) / gmean(gates, axis=0)
    return np.log(gates / gmean(gates, axis=1)[:, np.newaxis])
