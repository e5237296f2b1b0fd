"""Divides by the number of dialogues, those without a label included."""

import torch
from torch.nn.functional import cross_entropy

LOSES = {"masked_loss": 3}
SAYS = "is none to average over"


def masked_loss(logits, emotion, lengths):
    T = len(logits)
    counts = (torch.arange(T)[:, None] >= T - lengths) & (emotion > 0)
    logits = torch.where(counts[..., None], logits, 0.0)
    target = torch.where(counts, emotion - 1, 0)
    each = cross_entropy(logits.mT, target, reduction="none") * counts
    return (each.sum(0) / counts.sum(0).clamp(min=1)).mean()
