"""Shares: each person's gates divided by their sum."""

import numpy as np

LOSES = {"comparable": 4}
SAYS = "which its encoder can hide"


def comparable(gates):
    return np.log(gates / gates.sum(0))
