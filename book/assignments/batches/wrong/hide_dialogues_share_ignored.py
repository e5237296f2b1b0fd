"""Hides a fifth, as every example in the book does, whatever the share."""

import numpy as np

LOSES = {"hide_dialogues": 3}
SAYS = "rounded down"


def hide_dialogues(dialogue, share, rng):
    names = np.unique(dialogue)
    hidden = np.isin(dialogue, rng.permutation(names)[:len(names) // 5])
    return np.flatnonzero(~hidden), np.flatnonzero(hidden)
