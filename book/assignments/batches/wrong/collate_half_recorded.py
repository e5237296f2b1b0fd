"""Puts zeros where a number is NaN, and keeps the rest of a turn that was not recorded."""

import numpy as np

LOSES = {"collate": 4}
SAYS = "not half recorded"


def collate(x, lengths):
    T, B = lengths.max(), len(lengths)
    box = np.zeros((T, B, x.shape[1]), np.float32)
    there = np.zeros((T, B), bool)
    ends = np.cumsum(lengths)
    for b, (n, end) in enumerate(zip(lengths, ends, strict=True)):
        box[T - n:, b] = np.nan_to_num(x[end - n:end])
        there[T - n:, b] = ~np.isnan(x[end - n:end]).any(1)
    return box, there
