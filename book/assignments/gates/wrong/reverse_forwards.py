"""The strength scales the values as well: minus strength times h."""

import torch

LOSES = {"reverse": 6}
SAYS = "bit for bit"


def reverse(h, strength):
    strength = torch.as_tensor(strength, dtype=h.dtype)
    return -(strength[:, None] if strength.ndim else strength) * h
