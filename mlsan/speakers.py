"""Who speaks, as the model is told: speaker modes, and the table that turns a speaker into a vector.

Published feature files call an utterance's *slot* (order of first appearance in its dialogue) or
*gender* a speaker. So every experiment names its mode:

- ``identity``: the person;
- ``slot``: the order of first appearance in the dialogue;
- ``gender``: where the corpus has it;
- ``none``: everyone is the unknown speaker;
- ``shuffled``: a person drawn anew for every utterance from the speakers' frequencies in train. It has
  the parameters of ``identity`` and none of its information.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from mlsan.corpus import Corpus
from mlsan.validation import CorpusError

MODES = ("identity", "slot", "gender", "none", "shuffled")
UNKNOWN = 0


@dataclass(frozen=True)
class SpeakerIds:
    """``ids`` (N,): 0 for a speaker unknown in train, else 1 + the index into ``names``."""

    mode: str
    ids: np.ndarray
    names: tuple[str, ...]

    @property
    def rows(self) -> int:
        """Rows of the speaker table, the unknown one included."""
        return len(self.names) + 1


def speaker_ids(corpus: Corpus, mode: str = "identity", seed: int = 0) -> SpeakerIds:
    """What the model is told of each utterance's speaker. ``seed`` matters for ``shuffled`` only.

    Raises:
        CorpusError: unknown mode, or ``gender`` for a corpus without a gender column.
    """
    if mode not in MODES:
        raise CorpusError(f"speakers: unknown mode {mode!r}; use one of {', '.join(MODES)}")
    table = corpus.table
    if mode == "none":
        return SpeakerIds(mode, np.zeros(len(table), np.int64), ())
    if mode == "gender" and "gender" not in table.columns:
        raise CorpusError(f"speakers: {corpus.name} has no gender column; use another mode")
    if mode == "slot":
        order = table.groupby("dialogue", sort=False).speaker.transform(lambda s: s.factorize()[0])
        value = order.map("slot {}".format)
    else:
        value = table.gender if mode == "gender" else table.speaker
    counts = value[table.split == "train"].value_counts()
    names = tuple(sorted(counts.index))
    row = {name: i for i, name in enumerate(names, start=1)}
    if mode == "shuffled":
        frequency = counts[list(names)].to_numpy() / counts.sum()
        ids = 1 + np.random.default_rng(seed).choice(len(names), len(table), p=frequency)
    else:
        ids = value.map(row).fillna(UNKNOWN).to_numpy()
    return SpeakerIds(mode, ids.astype(np.int64), names)


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
