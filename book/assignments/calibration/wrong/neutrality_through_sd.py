"""The root is taken first, to have a standard deviation: its gradient at 0 is infinite."""

import torch
from torch import nn

LOSES = {"neutrality": 2}
SAYS = "too steep"


def neutrality(x, ids, lengths, rows):
    heard = torch.arange(len(x))[:, None] < lengths
    heard = heard & (ids > 0)
    x, ids = x[heard], ids[heard]
    member = nn.functional.one_hot(ids, rows).to(x.dtype)
    member = member[:, member.sum(0) > 1]
    if member.shape[1] == 0:
        return x.sum() * 0
    count = member.sum(0)[:, None]
    mean = member.T @ x / count
    variance = (member[:, :, None] * (x[:, None] - mean) ** 2).sum(0) / count
    share = 1 / len(count)
    mu = (share * mean).sum(0)
    place = (mean - mu) ** 2
    v = (share * (variance + place)).sum(0) + 1e-3
    width = ((variance.sqrt() ** 2 + 1e-3) / v).sqrt().log() ** 2
    return (share * (place / v + width)).sum(0).mean()
