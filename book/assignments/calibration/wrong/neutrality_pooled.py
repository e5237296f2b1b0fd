"""mu and v are those of all utterances together, so that whoever speaks often sets them."""

import torch
from torch import nn

LOSES = {"neutrality": 3}
SAYS = "every person counts the same"


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
    pool = x[member.sum(1) > 0]
    mu = pool.mean(0)
    place = (mean - mu) ** 2
    v = pool.var(0, unbiased=False) + 1e-3
    width = ((variance + 1e-3) / v).log() ** 2 / 4
    return (share * (place / v + width)).sum(0).mean()
