"""A vector of zeros is nobody; the bias is forgotten."""

import torch
from torch import nn

LOSES = {"gating": 4}
SAYS = "or the bias"


class Gating(nn.Module):
    def __init__(self, n_modalities, speaker_dim, reach):
        super().__init__()
        self.linear = nn.Linear(speaker_dim, n_modalities)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)
        self.reach = reach

    def forward(self, speaker, known):
        score = self.linear(speaker * known[:, None])
        return (self.reach ** torch.tanh(score)).T
