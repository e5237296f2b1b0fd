"""Leaves it to scikit-learn's GroupShuffleSplit, which rounds the number of groups up."""

import numpy as np
from sklearn.model_selection import GroupShuffleSplit

LOSES = {"hide_dialogues": 3}
SAYS = "rounded down"


def hide_dialogues(dialogue, share, rng):
    cut = GroupShuffleSplit(1, test_size=share, random_state=int(rng.integers(2**31)))
    ((fit, hidden),) = cut.split(dialogue, groups=dialogue)
    return np.sort(fit), np.sort(hidden)
