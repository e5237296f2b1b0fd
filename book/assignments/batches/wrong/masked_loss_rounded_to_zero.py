"""Takes the logarithm of a softmax that was rounded to 0, with a small number added."""

import torch

LOSES = {"masked_loss": 1}
SAYS = "very sure and wrong"


def masked_loss(logits, emotion, lengths):
    T, C = len(logits), logits.shape[2]
    counts = (torch.arange(T)[:, None] >= T - lengths) & (emotion > 0)
    logits = torch.where(counts[..., None], logits, 0.0)
    column = torch.where(counts, emotion - 1, C - 1)[..., None]
    p = logits.softmax(-1).gather(-1, column)[..., 0]
    each = -(p + 1e-12).log() * counts
    n = counts.sum(0)
    return (each.sum(0) / n.clamp(min=1)).sum() / (n > 0).sum().clamp(min=1)
