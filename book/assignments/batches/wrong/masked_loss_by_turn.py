"""Averages over all labelled turns, so that long dialogues count more."""

import torch
from torch.nn.functional import cross_entropy

LOSES = {"masked_loss": 3}
SAYS = "as much as one of seven"


def masked_loss(logits, emotion, lengths):
    T = len(logits)
    counts = (torch.arange(T)[:, None] >= T - lengths) & (emotion > 0)
    if not counts.any():
        return logits.nan_to_num().sum() * 0
    return cross_entropy(logits[counts], emotion[counts] - 1)
