"""Takes a softmax over nothing but −∞ and mends the NaN in the answer; the gradient keeps it."""

import torch

LOSES = {"attend": 3}
SAYS = "mends the answer only"


def attend(x, lengths):
    turn = torch.arange(len(x))
    real = turn[:, None] >= len(x) - lengths
    x = torch.where(real[..., None], x, 0.0)
    hears = (turn < turn[:, None])[..., None] & real
    scores = torch.einsum("tbd,ubd->tub", x, x) / x.shape[2] ** 0.5
    weights = (scores + torch.where(hears, 0.0, -torch.inf)).softmax(1)
    return torch.einsum("tub,ubd->tbd", weights.nan_to_num(), x)
