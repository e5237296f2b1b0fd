"""Believes that zeros in the padding do no harm, and hides later turns only."""

import torch

LOSES = {"attend": 4}
SAYS = "who shares its batch"


def attend(x, lengths):
    T = len(x)
    real = torch.arange(T)[:, None] >= T - lengths
    x = torch.where(real[..., None], x, 0.0)
    later = torch.ones(T, T).triu().bool()
    scores = torch.einsum("tbd,ubd->btu", x, x) / x.shape[2] ** 0.5
    weights = scores.masked_fill(later, -1e9).softmax(2)
    out = torch.einsum("btu,ubd->tbd", weights, x) * real[..., None]
    return torch.cat([0 * out[:1], out[1:]])
