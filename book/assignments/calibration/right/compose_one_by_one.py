"""One step after another, with a loop."""

import numpy as np


def compose(a, c):
    stretch, middle = np.ones(np.shape(a)[1]), np.zeros(np.shape(a)[1])
    for log_stretch, centre in zip(a, c, strict=True):
        middle += centre / stretch
        stretch *= np.exp(log_stretch)
    return np.log(stretch), middle
