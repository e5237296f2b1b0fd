"""Training people by ear: in every step everybody is known by a few utterances, as at test.

An episode is what a new person will be: of everybody in train a few utterances are drawn, in some
draws all of one emotion, and everybody is known by these alone. The utterances that are learned
from in the same step are never among them.
"""

from __future__ import annotations

from copy import copy

import numpy as np
import torch

from mlsan.data.batches import Tensors, padded
from mlsan.data.corpus import Corpus
from mlsan.data.speaker_ids import UNKNOWN
from mlsan.model.mlsan import MLSAN

DRAWN = (0, 1, 2, 4, 8, 16, 32, 64)         # utterances in an episode, each number as likely
ONE_EMOTION = 0.1                           # of the episodes: a guess


class Episodes:
    """The people of train: heard a little in every step, and in full where the model is tried."""

    def __init__(self, model: MLSAN, corpus: Corpus, tensors: Tensors):
        self.model, self.tensors = model, tensors
        device, train = tensors.speaker.device, corpus.rows("train")
        with torch.no_grad():
            self.x = model.standardised(tensors.features)                       # m -> (N, D_m)
        model.speakers.prepare({m: x[train] for m, x in self.x.items()},
                               {m: p[train] for m, p in tensors.present.items()},
                               tensors.speaker[train], tensors.emotion[train])
        self.who = torch.as_tensor(corpus.table.speaker.factorize()[0], device=device)      # (N,)
        ids = tensors.speaker[train].cpu().numpy()
        self.rows, self.there = (part.to(device) for part in padded(            # (people, most)
            [train[ids == i] for i in range(1, model.config.speakers)]))

    def vectors(self, rows: torch.Tensor, heard: torch.Tensor) -> torch.Tensor:
        """(P, R) of the people who spoke ``rows`` (P, K), where ``heard`` (P, K)."""
        return self.model.hear({m: x[rows] for m, x in self.x.items()},
                               {m: p[rows] for m, p in self.tensors.present.items()}, heard)

    def draw(self, learned: torch.Tensor) -> None:
        """Everybody of train as a few utterances make them, none of these ``learned`` (n,) rows."""
        device, emotion = self.rows.device, self.tensors.emotion[self.rows]
        free = self.there & ~torch.isin(self.rows, learned)
        wish = torch.tensor(DRAWN, device=device)[
            torch.randint(len(DRAWN), (len(free), 1), device=device)]
        # The emotion of somebody's own utterance, so that they have shown it.
        one = (torch.rand(free.shape, device=device) * free).argmax(1, keepdim=True)
        alike = emotion == emotion.gather(1, one)
        alike |= torch.rand(len(free), 1, device=device) >= ONE_EMOTION
        order = torch.rand(free.shape, device=device).masked_fill(~(free & alike), 2.0)
        order, chosen = order.topk(min(max(DRAWN), free.shape[1]), largest=False)
        heard = (order < 2) & (torch.arange(order.shape[1], device=device) < wish)
        self.model.speakers.know(self.vectors(self.rows.gather(1, chosen), heard))

    @torch.no_grad()
    def settle(self) -> None:
        """Everybody of train by all they said there, for tests and for the day after."""
        self.model.speakers.know(torch.cat([
            self.vectors(rows[there][None], there[there][None])
            for rows, there in zip(self.rows, self.there, strict=True)]))

    @torch.no_grad()
    def strangers(self, rows: np.ndarray) -> Tensors | None:
        """The same utterances, but whoever of ``rows`` is unknown is known by ear: each utterance
        by its speaker's others among ``rows``. None where everybody is known."""
        tensors, device = self.tensors, self.rows.device
        rows = torch.as_tensor(rows, device=device)
        rows = rows[tensors.speaker[rows] == UNKNOWN]
        if len(rows) == 0:
            return None
        same = (self.who[rows][:, None] == self.who[rows]).fill_diagonal_(False)
        there, chosen = same.long().sort(dim=1, descending=True, stable=True)
        most = max(int(same.sum(1).max()), 1)
        vectors = [self.vectors(rows[c], t > 0) for c, t in zip(
            chosen[:, :most].split(256), there[:, :most].split(256), strict=True)]
        heard = copy(tensors)
        heard.speaker = tensors.speaker.clone()
        heard.speaker[rows] = len(self.model.speakers.vectors) + torch.arange(
            len(rows), device=device)
        self.model.speakers.know(torch.cat([self.model.speakers.vectors[1:], *vectors]))
        return heard
