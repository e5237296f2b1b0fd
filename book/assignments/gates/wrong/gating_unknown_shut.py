"""Whom nobody knows deserves no trust: a gate of 0."""

import torch
from torch import nn

LOSES = {"gating": 4}
SAYS = "neither 0 nor"


class Gating(nn.Module):
    def __init__(self, n_modalities, speaker_dim, reach):
        super().__init__()
        self.linear = nn.Linear(speaker_dim, n_modalities)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)
        self.reach = reach

    def forward(self, speaker, known):
        return (self.reach ** torch.tanh(self.linear(speaker)) * known[:, None]).T
