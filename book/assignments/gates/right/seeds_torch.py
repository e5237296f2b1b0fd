"""In torch to the end, with a helper."""
# ruff: noqa: F821  (names of the notebook)

import torch
from given import MODALITIES, REACH, VECTOR, Listener, fit


def three_seeds(data, n_people, seeds):
    every = torch.stack([_one(data, n_people, seed) for seed in seeds])
    each = torch.stack([torch.as_tensor(comparable(gates.numpy())) for gates in every])
    return {"gates": every, "trust": each.mean(dim=0), "spread": each.std(dim=0)}


def _one(data, n_people, seed):
    torch.manual_seed(seed)
    stage = Gating(len(MODALITIES), VECTOR, REACH)
    listener = Listener(stage, fuse, n_people)
    fit(listener, reverse, paths, data)
    ids = torch.arange(n_people)
    return stage(listener.people(ids), torch.ones_like(ids, dtype=torch.bool)).detach()
