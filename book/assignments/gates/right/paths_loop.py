"""Id by id, and a NumPy answer."""

import numpy as np
import torch


def paths(speaker, hide):
    ids, hidden = np.array(speaker), np.array(hide)
    emotion, closed, asked = ids.copy(), ids.copy(), np.zeros(ids.shape, bool)
    for place in np.ndindex(*ids.shape):
        if ids[place] >= 0:
            asked[place], closed[place] = True, -1
            if hidden[place]:
                emotion[place] = -1
    return {key: torch.from_numpy(value) for key, value in
            (("emotion", emotion), ("closed", closed), ("asked", asked))}
