"""The chapter's gate: twice a sigmoid, utterances first."""

import torch
from torch import nn

LOSES = {"gating": 16, "three_seeds": 10}
SAYS = "modalities first"


class Gating(nn.Module):
    def __init__(self, n_modalities, speaker_dim, reach):
        super().__init__()
        self.linear = nn.Linear(speaker_dim, n_modalities)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)
        self.reach = reach

    def forward(self, speaker, known):
        return 2 * torch.sigmoid(self.linear(speaker))
