"""Conversations as tensors: flat, one row for an utterance, and padded, with a mask."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch


class Padded(Mapping):
    """modality -> (B, T, D_m), zeros where there is no utterance; laid out when it is asked for.

    ``flat[m]`` (n, D_m) are the utterances alone, in the order of ``mask`` (B, T). They are what is
    computed with: in MELD's batches more than half of the places are padding.
    """

    def __init__(self, flat: dict[str, torch.Tensor], mask: torch.Tensor):
        self.flat, self.mask = flat, mask

    def __getitem__(self, modality: str) -> torch.Tensor:
        return laid_out(self.flat[modality], self.mask)

    def __iter__(self) -> Iterator[str]:
        return iter(self.flat)

    def __len__(self) -> int:
        return len(self.flat)

    def __or__(self, other: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return dict(self) | dict(other)


def laid_out(x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """(n, …) of the n utterances in their places of (B, T, …), zeros elsewhere."""
    out = x.new_zeros(*mask.shape, *x.shape[1:])
    out[mask] = x
    return out


@dataclass(frozen=True)
class Batch:
    """B dialogues padded to T turns. ``mask`` is True where there is an utterance.

    Shapes: ``features[m]`` (B, T, D_m); ``present[m]``, ``mask``, ``speaker``, ``party``,
    ``emotion`` and ``row`` (B, T). ``speaker`` is the row of the speaker table that a turn gets;
    ``party`` whose turn it is within the dialogue, whoever that may be (``Corpus.party``); ``row``
    the utterance's row in the corpus. Padding holds zeros everywhere; an ``emotion`` of -1 was not
    labelled.
    """

    features: Mapping[str, torch.Tensor]
    present: dict[str, torch.Tensor]
    mask: torch.Tensor
    speaker: torch.Tensor
    party: torch.Tensor
    emotion: torch.Tensor
    row: torch.Tensor

    @property
    def labelled(self) -> torch.Tensor:
        """(B, T): True where there is an utterance and its emotion is known."""
        return self.mask & (self.emotion >= 0)

    @cached_property
    def flat(self) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
        """The n utterances alone: modality -> features (n, D_m), and -> bool (n,), if present."""
        if isinstance(self.features, Padded) and self.features.mask is self.mask:
            features = self.features.flat
        else:                                               # somebody replaced one or the other
            features = {m: x[self.mask] for m, x in self.features.items()}
        return features, {m: p[self.mask] for m, p in self.present.items()}


def padded(rows) -> tuple[torch.Tensor, torch.Tensor]:
    """P lists of rows as one (P, K), and bool (P, K) where there is one; K is 1 at least."""
    most = max(max(map(len, rows)), 1)
    there = np.stack([np.arange(most) < len(r) for r in rows])
    filled = np.stack([np.pad(np.asarray(r, np.int64), (0, most - len(r))) for r in rows])
    return torch.as_tensor(filled), torch.as_tensor(there)


class Tensors:
    """A ``Corpus`` on a device, from which batches are cut without a loop over turns.

    On a CPU its ``features`` are the corpus's own: to be read, not written.
    """

    def __init__(self, corpus, speaker, device="cpu"):
        def put(x):
            return torch.tensor(x, device=device)

        with warnings.catch_warnings():     # joblib's memory maps are not writable: nobody writes
            warnings.filterwarnings("ignore", "The given NumPy array is not writable")
            self.features = {m: torch.as_tensor(x, device=device)       # wide: on a CPU no copy
                             for m, x in corpus.features.items()}
        self.present = {m: put(p) for m, p in corpus.present.items()}
        self.emotion, self.speaker = put(corpus.emotion), put(np.asarray(speaker, np.int64))
        self.party = put(corpus.party)
        self.start, self.length = put(corpus._start), put(corpus._length)

    def batch(self, dialogues, turns: int | None = None) -> Batch:
        """The named dialogues as a ``Batch``, padded to the longest of them, or to ``turns``."""
        dialogues = torch.as_tensor(dialogues, device=self.start.device)
        length = self.length[dialogues][:, None]
        position = torch.arange(turns or int(length.max()), device=length.device)
        mask = position < length                                                   # (B, T)
        row = torch.where(mask, self.start[dialogues][:, None] + position, 0)
        said = row[mask]                                                            # (n,)
        return Batch(features=Padded({m: x[said] for m, x in self.features.items()}, mask),
                     present={m: p[row] & mask for m, p in self.present.items()},
                     mask=mask,
                     speaker=self.speaker[row] * mask,
                     party=self.party[row] * mask,
                     emotion=self.emotion[row] * mask,
                     row=row)
