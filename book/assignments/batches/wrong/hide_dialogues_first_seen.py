"""Lists the dialogues in the order of the table, as the book's solution does."""

import numpy as np

LOSES = {"hide_dialogues": 3}
SAYS = "how the table is sorted"


def hide_dialogues(dialogue, share, rng):
    names = list(dict.fromkeys(dialogue.tolist()))
    order = rng.permutation(len(names))[:int(share * len(names))]
    hidden = np.isin(dialogue, [names[i] for i in order])
    return np.flatnonzero(~hidden), np.flatnonzero(hidden)
