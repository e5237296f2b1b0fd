"""NaNs taken out of h first, an einsum, and a floor for the total."""

import torch


def fuse(h, gates):
    there = h.isfinite().all(-1)
    weights = gates.masked_fill(~there, 0.0)
    weights = weights / weights.sum(0, keepdim=True).clamp(min=1e-12)
    return torch.einsum("mb,mbh->bh", weights, torch.nan_to_num(h))
