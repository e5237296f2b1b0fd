"""Uses the causal mask of language models, in which a turn hears itself as well."""

import torch

LOSES = {"attend": 4}
SAYS = "nobody to hear"


def attend(x, lengths):
    turn = torch.arange(len(x))
    real = turn[:, None] >= len(x) - lengths
    x = torch.where(real[..., None], x, 0.0)
    hears = (turn <= turn[:, None])[..., None] & real
    scores = torch.einsum("tbd,ubd->tub", x, x) / x.shape[2] ** 0.5
    nobody = ~hears.any(1, keepdim=True)
    weights = scores.masked_fill(~hears, -torch.inf).masked_fill(nobody, 0.0).softmax(1)
    return torch.einsum("tub,ubd->tbd", weights * hears, x)
