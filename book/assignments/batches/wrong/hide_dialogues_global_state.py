"""Draws with NumPy's global generator; the one that was handed over is ignored."""

import numpy as np

LOSES = {"hide_dialogues": 5}
SAYS = "nobody can repeat the split"


def hide_dialogues(dialogue, share, rng):
    names = np.unique(dialogue)
    drawn = np.random.permutation(names)[:int(share * len(names))]
    hidden = np.isin(dialogue, drawn)
    return np.flatnonzero(~hidden), np.flatnonzero(hidden)
