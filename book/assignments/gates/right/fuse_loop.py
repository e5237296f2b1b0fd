"""Modality by modality, with a running total."""

import torch


def fuse(h, gates):
    total, fused = torch.zeros(h.shape[1], 1), torch.zeros(h.shape[1:])
    for encoding, gate in zip(h, gates, strict=True):
        there = ~torch.isnan(encoding).any(dim=1, keepdim=True)
        weight = torch.where(there, gate[:, None], torch.zeros_like(total))
        total = total + weight
        fused = fused + weight * torch.where(there, encoding, torch.zeros_like(encoding))
    return fused / torch.where(total == 0, torch.ones_like(total), total)
