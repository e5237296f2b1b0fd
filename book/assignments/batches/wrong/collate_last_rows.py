"""Slices with [-n:], which for a dialogue of no turns is the whole column."""

import numpy as np

LOSES = {"collate": 3}
SAYS = "stopped"


def collate(x, lengths):
    T, B = lengths.max(), len(lengths)
    box = np.zeros((T, B, x.shape[1]), np.float32)
    there = np.zeros((T, B), bool)
    for b, said in enumerate(np.split(x, np.cumsum(lengths)[:-1])):
        recorded = ~np.isnan(said).any(1)
        box[-len(said):, b] = np.where(recorded[:, None], said, 0)
        there[-len(said):, b] = recorded
    return box, there
