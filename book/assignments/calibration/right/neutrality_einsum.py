"""Unique ids and einsum, squares less the square of the mean."""

import torch


def neutrality(x, ids, lengths, rows):
    T, B, D = x.shape
    heard = (torch.arange(T).expand(B, T).T < lengths) & ids.bool()
    people, n = ids[heard].unique(return_counts=True)
    people, n = people[n >= 2], n[n >= 2]
    if len(people) == 0:
        return torch.zeros(()) * x.sum()
    share = (ids[None] == people[:, None, None]) & heard
    share = share / n[:, None, None]
    first = torch.einsum("stb,tbd->sd", share, x)
    apart = (x[None] - first[:, None, None]) ** 2
    spread = torch.einsum("stb,stbd->sd", share, apart)
    mu = first.mean(dim=0, keepdim=True)
    v = torch.mean(spread + (first - mu) ** 2, dim=0)
    ratio = (spread + 0.001) / (v + 0.001)
    return torch.mean((first - mu) ** 2 / (v + 0.001) + torch.log(ratio) ** 2 / 4)
