"""Pads as the book does: every dialogue begins in row 0, and padding is below its end."""

import numpy as np

LOSES = {"collate": 4}
SAYS = "its last row holds"


def collate(x, lengths):
    T, B = lengths.max(), len(lengths)
    box = np.zeros((T, B, x.shape[1]), np.float32)
    there = np.zeros((T, B), bool)
    start = 0
    for b, n in enumerate(lengths):
        said = x[start:start + n]
        recorded = ~np.isnan(said).any(1)
        box[:n, b] = np.where(recorded[:, None], said, 0)
        there[:n, b] = recorded
        start += n
    return box, there
