"""Adds at an index, twice; nobody is dropped from the arrays, they only get the weight 0."""

import torch


def neutrality(x, ids, lengths, rows):
    x, ids = x.reshape(-1, x.shape[-1]), torch.where(
        torch.arange(x.shape[0]).unsqueeze(1) < lengths, ids, 0).reshape(-1)
    count = torch.bincount(ids, minlength=rows).to(x.dtype)
    counts = (count > 1).to(x.dtype)
    counts[0] = 0
    weight = (counts / counts.sum().clamp(min=1)).unsqueeze(1)
    n = count.clamp(min=1).unsqueeze(1)
    empty = x.new_zeros(rows, x.shape[1])
    mean = empty.index_add(0, ids, x) / n
    variance = empty.index_add(0, ids, (x - mean[ids]).square()) / n
    mu = (weight * mean).sum(0)
    place = (mean - mu).square()
    v = (weight * (variance + place)).sum(0) + 1e-3
    width = (torch.log(variance + 1e-3) - torch.log(v)).square() / 4
    return (weight * (place / v + width)).sum(0).mean()
