"""The table of speakers: a vector for everyone who was met in train, and one for everybody else."""

from __future__ import annotations

import torch
from torch import nn

from mlsan.data.speaker_ids import UNKNOWN


class SpeakerTable(nn.Module):
    """One vector per speaker, and one for everybody we have not met (row 0).

    In training a share ``dropout`` of the utterances is attributed to row 0, so that the unknown
    speaker's vector means "anyone" rather than whatever it was initialised to.
    """

    def __init__(self, rows: int, dim: int, dropout: float):
        super().__init__()
        self.vectors = nn.Embedding(rows, dim)
        self.dropout = dropout

    def hide(self, speaker: torch.Tensor) -> torch.Tensor:
        """(B, T) ids, some of them replaced by the unknown speaker's while training."""
        if not self.training or self.dropout == 0:
            return speaker
        hidden = torch.rand(speaker.shape, device=speaker.device) < self.dropout
        return speaker.masked_fill(hidden, UNKNOWN)

    def forward(self, speaker: torch.Tensor) -> torch.Tensor:
        return self.vectors(speaker)                                              # (B, T, E)
