"""The centre is divided by the stretch: right if the centre came after the stretch."""

import numpy as np

LOSES = {"invert": 8}
SAYS = "Solve x'"


def invert(a, c):
    return -a, -np.exp(-a) * c
