"""Seeds a generator of its own "so that it is reproducible", and never draws with `rng`."""

import numpy as np

LOSES = {"hide_dialogues": 6}
SAYS = "draw with `rng`"


def hide_dialogues(dialogue, share, rng):
    names = np.unique(dialogue)
    drawn = np.random.default_rng(0).permutation(names)[:int(share * len(names))]
    hidden = np.isin(dialogue, drawn)
    return np.flatnonzero(~hidden), np.flatnonzero(hidden)
