"""The last row acts first, as matrices are multiplied."""

import numpy as np

LOSES = {"compose": 6}
SAYS = "row 0 acts first"


def compose(a, c):
    whole, centre = np.zeros(a.shape[1]), np.zeros(a.shape[1])
    for a_k, c_k in zip(a[::-1], c[::-1], strict=True):
        centre = centre + np.exp(-whole) * c_k
        whole = whole + a_k
    return whole, centre
