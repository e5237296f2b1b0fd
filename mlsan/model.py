"""ML-SAN: calibrate, encode, gate, fuse, read the context, classify.

Each of the three stages can be switched off; with all of them off this is the static baseline. One
class, so that a comparison differs in nothing but the stages. Shapes: B dialogues, T turns, M
modalities, D_m features, E speaker vector, H hidden, C emotions.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from mlsan.corpus import Batch
from mlsan.speakers import UNKNOWN, SpeakerTable
from mlsan.stages.calibration import Calibration
from mlsan.stages.gating import Gating
from mlsan.stages.regularization import Regularization

STAGES = ("calibration", "gating", "regularization")


@dataclass(frozen=True)
class Config:
    """What a model is made of.

    Attributes:
        dims: modality -> D_m.
        emotions: C.
        speakers: rows of the speaker table, the unknown row included.
        stages: which of ``STAGES`` are on.
        context: read the whole dialogue (True) or each utterance alone.
        recurrent: read it with a recurrent network (``Recurrence``) rather than with attention (``Context``).
        concat_speaker: the second baseline: no stage, but every encoder is told the speaker's vector.
        hidden, speaker_dim, dropout, input_dropout, speaker_dropout: sizes and rates.
    """

    dims: dict[str, int]
    emotions: int
    speakers: int
    stages: tuple[str, ...] = STAGES
    context: bool = True
    recurrent: bool = False
    concat_speaker: bool = False
    hidden: int = 64
    speaker_dim: int = 32
    dropout: float = 0.4
    input_dropout: float = 0.0
    speaker_dropout: float = 0.05

    def __post_init__(self):
        for stage in self.stages:
            if stage not in STAGES:
                raise ValueError(f"stages: unknown {stage!r}; use some of {', '.join(STAGES)}, or none")


@dataclass(frozen=True)
class Output:
    """``logits`` (B, T, C), ``gates`` (B, T, M), ``calibrated[m]`` (B, T, D_m), ``fused`` (B, T, H)."""

    logits: torch.Tensor
    gates: torch.Tensor
    calibrated: dict[str, torch.Tensor]
    fused: torch.Tensor


class MLSAN(nn.Module):
    """The network of arXiv 2604.25383, with what it leaves open chosen by us (see each stage).

    Its parts in order, p_m being 1 where modality m is there and 0 where it isn't (Eq. assembly):

        x_m <- (x_m - mean_m) / sd_m;  h = sum_m g_m(s) p_m (W_m FiLM(x_m, s) + b_m);  classify(context(h, s))
    """

    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        extra = config.speaker_dim if config.concat_speaker else 0
        for m, d in config.dims.items():             # the train split's moments, set by standardise()
            self.register_buffer(f"{m}_mean", torch.zeros(d))
            self.register_buffer(f"{m}_sd", torch.ones(d))
        self.encoders = nn.ModuleDict({
            m: nn.Sequential(nn.Dropout(config.input_dropout), nn.Linear(d + extra, config.hidden))
            for m, d in config.dims.items()})
        reader = Recurrence if config.recurrent else Context
        self.context = reader(config.hidden, config.dropout) if config.context else None
        self.classify = nn.Sequential(nn.GELU(), nn.Dropout(config.dropout),
                                      nn.Linear(config.hidden, config.emotions))
        # The stages come last: the same seed gives the same baseline weights whichever are on.
        self.speakers = SpeakerTable(config.speakers, config.speaker_dim, config.speaker_dropout)
        on = {s: s in config.stages for s in STAGES}
        self.calibration = Calibration(config.dims, config.speaker_dim) if on["calibration"] else None
        self.gating = Gating(len(config.dims), config.speaker_dim) if on["gating"] else None
        self.regularization = (Regularization(config.hidden, config.speakers)
                               if on["regularization"] else None)

    def standardise(self, features: dict[str, torch.Tensor], present: dict[str, torch.Tensor]) -> None:
        """Take each feature's mean and sd from the (N, D_m) train rows that have the modality."""
        for m, x in features.items():
            x = x[present[m]]
            getattr(self, f"{m}_mean").copy_(x.mean(0))
            getattr(self, f"{m}_sd").copy_(x.std(0).clamp(min=1e-6))

    def represent(self, batch: Batch, speaker: torch.Tensor):
        """Calibrate, encode, gate and fuse as if ``speaker`` (B, T) had spoken.

        Returns ``calibrated`` (standardised where stage 1 is off), ``gates`` and ``fused``.
        """
        vector = self.speakers(speaker)                                                 # (B, T, E)
        x = {m: (v - getattr(self, f"{m}_mean")) / getattr(self, f"{m}_sd")            # Eq. assembly
             for m, v in batch.features.items()}                                        # (B, T, D_m)
        if self.calibration:
            x = self.calibration(x, vector)
        told = (lambda v: torch.cat([v, vector], -1)) if self.config.concat_speaker else (lambda v: v)
        h = torch.stack([self.encoders[m](told(v)) for m, v in x.items()], dim=2)       # (B, T, M, H)
        present = torch.stack([batch.present[m] for m in x], dim=-1).to(h.dtype)        # (B, T, M)
        gates = self.gating(vector) if self.gating else torch.ones_like(present)
        fused = ((gates * present)[..., None] * h).sum(2)                               # Eq. assembly, (B, T, H)
        return x, gates, fused

    def forward(self, batch: Batch, speaker: torch.Tensor | None = None) -> Output:
        """``speaker`` (B, T) overrides the batch's own: give an utterance to someone else."""
        speaker = self.speakers.hide(batch.speaker) if speaker is None else speaker
        calibrated, gates, fused = self.represent(batch, speaker)
        h = fused if self.context is None else self.context(fused, speaker, batch.mask)
        return Output(self.classify(h), gates, calibrated, fused)

    def speaker_logits(self, batch: Batch, closed: bool = True) -> torch.Tensor:
        """Stage 3's guess at the speaker, (B, T, S); ``closed``: stages 1 and 2 don't know who speaks."""
        speaker = torch.full_like(batch.speaker, UNKNOWN) if closed else batch.speaker
        return self.regularization(self.represent(batch, speaker)[2])


class Context(nn.Module):
    """What the turns around say: attention by who spoke and how far away (Eq. context).

    A head's score is a content term plus a learned bias for the relation of the two turns: the same
    speaker's k-th turn before or after (k counted in that speaker's own turns), or another speaker's
    turn k places away, both clipped at ``reach``. So "my own last turn" and "what was just said to me"
    are each one step away, however many turns lie between. Padding is masked out of every sum.
    """

    def __init__(self, hidden: int, dropout: float, heads: int = 4, reach: int = 4):
        super().__init__()
        self.heads, self.reach = heads, reach
        self.bias = nn.Embedding(2 * (2 * reach + 1), heads)
        self.qkv, self.out = nn.Linear(hidden, 3 * hidden), nn.Linear(hidden, hidden)
        self.feed = nn.Sequential(nn.Linear(hidden, 2 * hidden), nn.GELU(), nn.Dropout(dropout),
                                  nn.Linear(2 * hidden, hidden))
        self.before_attention, self.before_feed = nn.LayerNorm(hidden), nn.LayerNorm(hidden)
        self.dropout = nn.Dropout(dropout)

    def relation(self, speaker: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """(B, T, T) index of each pair's relation."""
        T = speaker.shape[1]
        same = (speaker[:, :, None] == speaker[:, None, :]) & mask[:, None, :]          # (B, T, T)
        turn = torch.arange(T, device=speaker.device)
        own = (same & (turn[None, :] <= turn[:, None])).sum(-1)                         # how many own turns up to t
        apart = torch.where(same, own[:, None, :] - own[:, :, None], turn[None, :] - turn[:, None])
        return apart.clamp(-self.reach, self.reach) + self.reach + same * (2 * self.reach + 1)

    def forward(self, h: torch.Tensor, speaker: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """(B, T, H), (B, T), (B, T) -> (B, T, H)."""
        relation = self.relation(speaker, mask)
        padding = torch.where(mask, 0.0, -torch.inf)[:, None, None, :]
        bias = self.bias(relation).permute(0, 3, 1, 2) + padding                      # Eq. context, (B, heads, T, T)
        q, k, v = (x.unflatten(-1, (self.heads, -1)).transpose(1, 2)
                   for x in self.qkv(self.dropout(self.before_attention(h))).chunk(3, -1))   # (B, heads, T, H/heads)
        heard = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        h = h + self.dropout(self.out(heard.transpose(1, 2).flatten(2)))                # Eq. context
        return h + self.dropout(self.feed(self.before_feed(h)))


class Recurrence(nn.Module):
    """What the turns around say, read turn by turn in both directions; it is not told who speaks.

    A bidirectional GRU, added to what it reads. Padding is not read.
    """

    def __init__(self, hidden: int, dropout: float):
        super().__init__()
        self.gru = nn.GRU(hidden, hidden // 2, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(dropout)

    def forward(self, h: torch.Tensor, speaker: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """(B, T, H), (B, T), (B, T) -> (B, T, H)."""
        turns = nn.utils.rnn.pack_padded_sequence(self.dropout(h), mask.sum(1).cpu(), batch_first=True,
                                                  enforce_sorted=False)
        heard, _ = nn.utils.rnn.pad_packed_sequence(self.gru(turns)[0], batch_first=True,
                                                    total_length=h.shape[1])
        return h + self.dropout(heard)
