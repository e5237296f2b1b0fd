"""A loop over dialogues and PyTorch's cross-entropy on each one's labelled turns."""

import torch
from torch import nn


def masked_loss(logits, emotion, lengths):
    T, losses = logits.shape[0], []
    for b, n in enumerate(lengths.tolist()):
        said, felt = logits[T - n:, b], emotion[T - n:, b].long()
        labelled = felt != 0
        if labelled.any():
            losses.append(nn.CrossEntropyLoss()(said[labelled], felt[labelled] - 1))
    if not losses:
        return (logits[:0] * 0).sum()
    return torch.stack(losses).mean()
