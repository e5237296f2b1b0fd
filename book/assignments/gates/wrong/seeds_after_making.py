"""The seed is set when the network is already made."""
# ruff: noqa: F821  (names of the notebook)

import numpy as np
import torch
from given import MODALITIES, REACH, VECTOR, Listener, fit

LOSES = {"three_seeds": 3}
SAYS = "something of one run"


def three_seeds(data, n_people, seeds):
    gates = []
    for seed in seeds:
        listener = Listener(Gating(len(MODALITIES), VECTOR, REACH), fuse, n_people)
        torch.manual_seed(seed)
        fit(listener, reverse, paths, data)
        with torch.no_grad():
            gates.append(listener.gates(torch.arange(n_people)).numpy())
    each = np.stack([comparable(some) for some in gates])
    return {"gates": np.stack(gates), "trust": each.mean(0), "spread": each.std(0, ddof=1)}
