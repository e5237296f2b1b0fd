"""Never reads `lengths`: padding is taken to have label 0."""

import torch
from torch.nn.functional import cross_entropy

LOSES = {"masked_loss": 2}
SAYS = "`lengths` says what is real"


def masked_loss(logits, emotion, lengths):
    counts = emotion > 0
    logits = torch.where(counts[..., None], logits, 0.0)
    target = (emotion - 1).clamp(0, logits.shape[2] - 1)
    each = cross_entropy(logits.mT, target, reduction="none") * counts
    n = counts.sum(0)
    return (each.sum(0) / n.clamp(min=1)).sum() / (n > 0).sum().clamp(min=1)
