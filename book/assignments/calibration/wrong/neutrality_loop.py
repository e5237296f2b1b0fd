"""The people are gone through one by one."""

import torch

LOSES = {"neutrality": 2}
SAYS = "one by one"


def neutrality(x, ids, lengths, rows):
    heard = torch.arange(len(x))[:, None] < lengths
    heard = heard & (ids > 0)
    x, ids = x[heard], ids[heard]
    own = [x[ids == s] for s in range(1, rows) if (ids == s).sum() > 1]
    if not own:
        return x.sum() * 0
    mean = torch.stack([one.mean(0) for one in own])
    variance = torch.stack([one.var(0, unbiased=False) for one in own])
    place = (mean - mean.mean(0)) ** 2
    v = (variance + place).mean(0) + 1e-3
    width = ((variance + 1e-3) / v).log() ** 2 / 4
    return (place / v + width).mean()
