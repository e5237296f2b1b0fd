"""Dropout for wide inputs: a byte decides where torch's own draws a double."""

from __future__ import annotations

import torch
from torch import nn


class ByteDropout(nn.Dropout):
    """``nn.Dropout`` with its rate rounded to a 256th, as a random byte decides for each number.

    The law is otherwise the same: every number is kept or zeroed by itself, and the mean stays. On
    2,280 inputs torch's own took more time than the layer behind it.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kept = 256 - round(256 * self.p)
        if not self.training or kept == 256:
            return x
        words = torch.empty(-(-x.numel() // 8), dtype=torch.int64, device=x.device)
        drawn = words.random_(-2 ** 63, None).view(torch.uint8)[:x.numel()].view(x.shape)
        return x * drawn.lt_(kept).to(x.dtype).mul_(256 / kept)
