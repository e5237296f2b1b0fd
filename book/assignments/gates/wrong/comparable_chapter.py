"""The chapter's answer: each modality by its own mean."""

import numpy as np

LOSES = {"comparable": 4}
SAYS = "three gates of one person"


def comparable(gates):
    return np.log(gates / gates.mean(axis=1, keepdims=True))
