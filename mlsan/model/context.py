"""The dialogue around a turn: read by attention that knows who spoke, or by a recurrent network."""

from __future__ import annotations

import torch
from torch import nn

from mlsan.data.batches import laid_out
from mlsan.model.dropout import ByteDropout, Dropout
from mlsan.model.gru import read


class Context(nn.Module):
    """What the turns around say: attention by who spoke and how far away (Eq. context).

    A head's score is a content term plus a learned bias for the relation of the two turns: the same
    speaker's k-th turn before or after (k counted in that speaker's own turns), or another
    speaker's turn k places away, both clipped at ``reach``. So "my own last turn" and "what was
    just said to me" are each one step away, however many turns lie between. Padding is masked out
    of every sum. Who spoke is the turn's ``party`` (``Batch``): strangers, and people under another
    name, are told apart like everybody else.
    """

    def __init__(self, hidden: int, dropout: float, heads: int = 4, reach: int = 4):
        super().__init__()
        self.heads, self.reach = heads, reach
        self.bias = nn.Embedding(2 * (2 * reach + 1), heads)
        self.qkv, self.out = nn.Linear(hidden, 3 * hidden), nn.Linear(hidden, hidden)
        self.feed = nn.Sequential(nn.Linear(hidden, 2 * hidden), nn.GELU(), Dropout(dropout),
                                  nn.Linear(2 * hidden, hidden))
        self.before_attention, self.before_feed = nn.LayerNorm(hidden), nn.LayerNorm(hidden)
        self.dropout = Dropout(dropout)

    def relation(self, party: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """(B, T, T) index of each pair's relation."""
        T = party.shape[1]
        same = (party[:, :, None] == party[:, None, :]) & mask[:, None, :]          # (B, T, T)
        turn = torch.arange(T, device=party.device)
        own = (same & (turn[None, :] <= turn[:, None])).sum(-1)         # own turns up to t
        apart = torch.where(same, own[:, None, :] - own[:, :, None], turn[None, :] - turn[:, None])
        return apart.clamp(-self.reach, self.reach) + self.reach + same * (2 * self.reach + 1)

    def forward(self, h: torch.Tensor, party: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """(B, T, H), (B, T), (B, T) -> (B, T, H)."""
        relation = self.relation(party, mask)
        padding = torch.where(mask, 0.0, -torch.inf)[:, None, None, :]
        bias = self.bias(relation).permute(0, 3, 1, 2) + padding    # Eq. context, (B, heads, T, T)
        qkv = self.qkv(self.dropout(self.before_attention(h)))          # (B, T, 3 H)
        q, k, v = (x.unflatten(-1, (self.heads, -1)).transpose(1, 2)    # (B, heads, T, H/heads)
                   for x in qkv.chunk(3, -1))
        heard = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        h = h + self.dropout(self.out(heard.transpose(1, 2).flatten(2)))    # Eq. context
        return h + self.dropout(self.feed(self.before_feed(h)))


class Recurrence(nn.Module):
    """What the turns around say, read turn by turn in both directions, whoever's they are.

    A bidirectional GRU, added to what it reads. Padding is not read.
    """

    def __init__(self, hidden: int, dropout: float):
        super().__init__()
        self.gru = nn.GRU(hidden, hidden // 2, batch_first=True, bidirectional=True)
        self.dropout = ByteDropout(dropout)

    def forward(self, h: torch.Tensor, party: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """(B, T, H), (B, T), (B, T) -> (B, T, H)."""
        heard = read(self.gru, self.dropout(h[mask]), mask)                     # (n, H)
        return h + laid_out(self.dropout(heard), mask)
