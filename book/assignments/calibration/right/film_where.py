"""Chooses with torch.where, multiplies by a power of e; the parameters are made by hand."""

import math

import torch
from torch import nn


class Film(nn.Module):
    def __init__(self, rows, dim, features):
        super().__init__()
        self.vectors = nn.Embedding(rows, dim)
        self.head = nn.Linear(dim, 2 * features)
        self.features = features
        with torch.no_grad():
            for parameter in self.head.parameters():
                parameter *= 0

    def forward(self, x, ids):
        step = self.head(self.vectors(ids))
        a, c = step[..., :self.features], step[..., self.features:]
        return torch.where((ids == 0)[..., None], x, torch.pow(math.e, a) * (x - c))
