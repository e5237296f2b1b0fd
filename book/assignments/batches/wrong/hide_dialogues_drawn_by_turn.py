"""Draws turns and hides the dialogues they belong to, so that long ones are hidden more often."""

import numpy as np

LOSES = {"hide_dialogues": 3}
SAYS = "draw among dialogues"


def hide_dialogues(dialogue, share, rng):
    names = np.unique(dialogue)
    ordered = dialogue[np.argsort(dialogue, kind="stable")]
    drawn = list(dict.fromkeys(ordered[rng.permutation(len(ordered))].tolist()))
    hidden = np.isin(dialogue, np.array(drawn[:int(share * len(names))], dialogue.dtype))
    return np.flatnonzero(~hidden), np.flatnonzero(hidden)
