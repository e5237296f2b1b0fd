"""A hook on h turns every loss's gradient round, not this one's alone."""

import torch

LOSES = {"reverse": 7}
SAYS = "A second loss reads the same h"


def reverse(h, strength):
    strength = torch.as_tensor(strength, dtype=h.dtype)
    strength = strength[:, None] if strength.ndim else strength
    h.register_hook(lambda gradient: -strength * gradient)
    return h
