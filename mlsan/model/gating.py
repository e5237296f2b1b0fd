"""Stage 2, interaction-level gating: whose voice, face and words to trust, and how much.

    g(s) = 2 sigmoid(W s + w),      h = sum_m g_m(s) h_m                    (Eq. gating)

One gate per modality, from the speaker's vector s, applied before fusion (ML-SAN, arXiv 2604.25383;
its exact gate and fusion are not published, these are ours). W and w start at zero: every gate is 1
and an untrained stage changes nothing. A gate lies between 0 (ignore) and 2 (trust double).
"""

from __future__ import annotations

import torch
from torch import nn


class Gating(nn.Module):
    """Eq. gating: one trust per modality, in ``modalities``' order."""

    def __init__(self, n_modalities: int, speaker_dim: int):
        super().__init__()
        self.linear = nn.Linear(speaker_dim, n_modalities)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, speaker: torch.Tensor) -> torch.Tensor:
        """(B, T, E) speaker vectors -> (B, T, M) gates in (0, 2)."""
        return 2 * torch.sigmoid(self.linear(speaker))                            # Eq. gating
