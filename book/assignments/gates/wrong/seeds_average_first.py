"""The gates are averaged over seeds first, and made comparable once, afterwards."""
# ruff: noqa: F821  (names of the notebook)

import numpy as np
import torch
from given import MODALITIES, REACH, VECTOR, Listener, fit

LOSES = {"three_seeds": 3}
SAYS = "first make each seed"


def three_seeds(data, n_people, seeds):
    gates = []
    for seed in seeds:
        torch.manual_seed(seed)
        listener = Listener(Gating(len(MODALITIES), VECTOR, REACH), fuse, n_people)
        fit(listener, reverse, paths, data)
        with torch.no_grad():
            gates.append(listener.gates(torch.arange(n_people)).numpy())
    gates = np.stack(gates)
    return {"gates": gates, "trust": comparable(gates.mean(0)), "spread": gates.std(0, ddof=1)}
