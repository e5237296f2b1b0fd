"""Works out a loss at every place and multiplies the padding's by 0 afterwards."""

import torch
from torch.nn.functional import cross_entropy

LOSES = {"masked_loss": 4}
SAYS = "replace, don't multiply"


def masked_loss(logits, emotion, lengths):
    T = len(logits)
    counts = (torch.arange(T)[:, None] >= T - lengths) & (emotion > 0)
    target = torch.where(counts, emotion - 1, 0)
    each = cross_entropy(logits.mT, target, reduction="none") * counts
    n = counts.sum(0)
    return (each.sum(0) / n.clamp(min=1)).sum() / (n > 0).sum().clamp(min=1)
