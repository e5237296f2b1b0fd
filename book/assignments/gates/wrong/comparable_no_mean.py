"""Both means are taken away, and their common part is taken away twice."""

import numpy as np

LOSES = {"comparable": 6}
SAYS = "mean 0 over people"


def comparable(gates):
    logs = np.log(gates)
    return logs - logs.mean(0) - logs.mean(1, keepdims=True)
