"""Draws as many names as are wanted, which for another share are quite other names."""

import numpy as np

LOSES = {"hide_dialogues": 2}
SAYS = "brings some of it back"


def hide_dialogues(dialogue, share, rng):
    names = np.unique(dialogue)
    drawn = rng.choice(names, int(share * len(names)), replace=False)
    hidden = np.isin(dialogue, drawn)
    return np.flatnonzero(~hidden), np.flatnonzero(hidden)
