"""No loop: each turn's row and column are worked out and filled at once."""

import numpy as np


def collate(x, lengths):
    T = int(lengths.max())
    column = np.repeat(np.arange(len(lengths)), lengths)
    row = np.arange(len(x)) - (np.cumsum(lengths) - T)[column]
    recorded = np.isfinite(x).all(axis=1)
    box = np.zeros((T, len(lengths), x.shape[1]), dtype=np.float32)
    there = np.zeros((T, len(lengths)), dtype=bool)
    box[row, column] = np.where(recorded[:, None], x, 0)
    there[row, column] = recorded
    return box, there
