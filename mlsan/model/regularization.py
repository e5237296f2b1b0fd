"""Stage 3, output-level regularization: an auxiliary task keeps speakers apart in the latent space.

    L = L_emotion + lambda CE(speaker head(h), s)                           (Eq. regularization)

(ML-SAN, arXiv 2604.25383; lambda and the head are not published.) Stages 1 and 2 write the speaker
into h, so a head that reads h could copy the speaker from there and teach the encoders nothing.
While the auxiliary loss is computed, that path is closed: calibration and gates see the unknown
speaker, and the head has only what the features themselves tell. ``studies.records.speaker_head``
reports its accuracy both ways.
"""

from __future__ import annotations

import torch
from torch import nn


class Regularization(nn.Module):
    """The speaker head, and its loss."""

    def __init__(self, hidden: int, rows: int):
        super().__init__()
        self.head = nn.Linear(hidden, rows)

    def forward(self, h: torch.Tensor) -> torch.Tensor:
        """(…, H) -> (…, S) speaker logits, row 0 being the unknown speaker."""
        return self.head(h)

    def loss(self, h: torch.Tensor, speaker: torch.Tensor) -> torch.Tensor:
        """Cross-entropy over the utterances of known speakers; 0 where there are none."""
        known = speaker > 0                                                       # (n,)
        if not known.any():
            return h.sum() * 0
        return nn.functional.cross_entropy(self.head(h[known]), speaker[known])
