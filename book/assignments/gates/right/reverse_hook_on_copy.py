"""A hook, but on a tensor of its own."""

import torch


def reverse(h, strength):
    own = h.clone()
    factor = torch.as_tensor(strength, dtype=h.dtype)
    if factor.dim():
        factor = factor.unsqueeze(1)
    if own.requires_grad:
        own.register_hook(lambda gradient: -factor * gradient)
    return own
