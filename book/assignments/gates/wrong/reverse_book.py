"""The chapter's line with a strength: large multiples of h are added and taken away."""

import torch

LOSES = {"reverse": 3}
SAYS = "bit for bit"


def reverse(h, strength):
    strength = torch.as_tensor(strength, dtype=h.dtype)
    strength = strength[:, None] if strength.ndim else strength
    return (1 + strength) * h.detach() - strength * h
