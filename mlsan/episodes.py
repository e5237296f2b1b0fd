"""Hearing people: sets of utterances of a corpus as vectors, at test and, in episodes, in training.

An episode is what a new person will be: of everybody in train a few utterances are drawn, of one
emotion in some of the draws, and everybody is known by these alone. The utterances that are learned
from in the same step are never among them.
"""

from __future__ import annotations

from copy import copy

import numpy as np
import torch

from mlsan.data.batches import Tensors
from mlsan.data.corpus import Corpus
from mlsan.data.speaker_ids import UNKNOWN
from mlsan.model.mlsan import MLSAN

import os
ROUNDS=int(os.environ.get('ROUNDS','1'))
HEARD = (0, 1, 2, 4, 8, 16, 32, 64)         # utterances in an episode, each as likely
ONE_EMOTION = 0.1                           # of the episodes: a guess


class Ear:
    """A model's ``Enrolment`` with the utterances of one corpus: sets of rows -> vectors."""

    def __init__(self, model: MLSAN, tensors: Tensors):
        self.model, self.tensors = model, tensors
        with torch.no_grad():
            self.x = model.standardised(tensors.features)               # modality -> (N, D_m)
        self.listen()

    @torch.no_grad()
    def listen(self) -> None:
        """What the model takes every utterance for, alone and said by a stranger: (N, C)."""
        training = self.model.training
        self.model.eval()
        rows = torch.arange(len(self.tensors.emotion), device=self.tensors.emotion.device)
        nobody = self.model.speakers.vectors.new_zeros(self.model.speakers.vectors.shape[1])
        self.felt = torch.cat([self.model.alone(
            {m: x[part] for m, x in self.x.items()},
            {m: p[part] for m, p in self.tensors.present.items()},
            nobody.expand(len(part), -1)) for part in rows.split(4096)])
        self.model.train(training)

    def vectors(self, rows: torch.Tensor, heard: torch.Tensor) -> torch.Tensor:
        """(P, R) of the people who spoke ``rows`` (P, K), where ``heard`` (P, K)."""
        x = {m: x[rows] for m, x in self.x.items()}
        present = {m: p[rows] for m, p in self.tensors.present.items()}
        vectors = self.model.speakers.hear(x, present, heard, self.felt[rows])
        for _ in range(ROUNDS):
            with torch.no_grad():
                felt = self.model.alone(x, present, vectors[:, None].expand(-1, rows.shape[1], -1))
            vectors = self.model.speakers.hear(x, present, heard, felt)
        return vectors

    @torch.no_grad()
    def vectors_of(self, groups: list[np.ndarray]) -> torch.Tensor:
        """(P, R): each person by all of their rows, one after the other, so that nobody's vector
        depends on who else is heard."""
        device = self.felt.device
        vectors = [self.vectors(torch.as_tensor(rows, device=device)[None],
                                torch.ones(1, len(rows), dtype=torch.bool, device=device))
                   for rows in groups]
        return torch.cat(vectors) if vectors else self.model.speakers.vectors[:0]


class Episodes:
    """The people of train: heard a little in every step, and in full where the model is tried."""

    def __init__(self, model: MLSAN, corpus: Corpus, tensors: Tensors):
        train = corpus.rows("train")
        speaker, emotion = tensors.speaker[train], tensors.emotion[train]
        self.ear = Ear(model, tensors)
        model.speakers.prepare({m: x[train] for m, x in self.ear.x.items()},
                               {m: p[train] for m, p in tensors.present.items()}, speaker, emotion)
        ids = tensors.speaker.cpu().numpy()
        self.people = [train[ids[train] == i] for i in range(1, model.config.speakers)]
        most = max(map(len, self.people))
        padded = np.stack([np.pad(rows, (0, most - len(rows))) for rows in self.people])
        there = np.stack([np.arange(most) < len(rows) for rows in self.people])
        device = tensors.speaker.device
        self.rows = torch.as_tensor(padded, device=device)              # (people, most)
        self.there = torch.as_tensor(there, device=device)
        self.who = torch.as_tensor(corpus.table.speaker.factorize()[0], device=device)     # (N,)

    def draw(self, learned: torch.Tensor) -> None:
        """Everybody of train as a few utterances make them, none of them of the rows ``learned``.
        """
        emotion = self.ear.tensors.emotion[self.rows]
        free = self.there & ~torch.isin(self.rows, learned)
        device = free.device
        wish = torch.tensor(HEARD, device=device)[
            torch.randint(len(HEARD), (len(free), 1), device=device)]
        # The emotion of somebody's utterance, so that they have shown it.
        one = emotion.gather(1, (torch.rand_like(free, dtype=torch.float) * free).argmax(1)[:, None])
        only = (emotion == one) | (torch.rand(len(free), 1, device=device) >= ONE_EMOTION)
        order = torch.rand(free.shape, device=device).masked_fill(~(free & only), 2.0)
        order, chosen = order.topk(min(max(HEARD), free.shape[1]), largest=False)
        heard = (order < 2) & (torch.arange(order.shape[1], device=device) < wish)
        vectors = self.ear.vectors(self.rows.gather(1, chosen), heard)
        self.ear.model.speakers.vectors = torch.cat([torch.zeros_like(vectors[:1]), vectors])

    def settle(self) -> None:
        """Everybody of train by all they said there, for tests and for the day after."""
        self.ear.listen()
        vectors = self.ear.vectors_of(self.people)
        self.ear.model.speakers.vectors = torch.cat([torch.zeros_like(vectors[:1]), vectors])

    @torch.no_grad()
    def strangers(self, rows: np.ndarray) -> Tensors | None:
        """The same utterances, but whoever of ``rows`` is unknown is known by ear: each utterance
        by its speaker's others among ``rows``. None where everybody is known."""
        tensors, device = self.ear.tensors, self.there.device
        rows = torch.as_tensor(rows, device=device)
        rows = rows[tensors.speaker[rows] == UNKNOWN]
        if len(rows) == 0:
            return None
        same = (self.who[rows][:, None] == self.who[rows]).fill_diagonal_(False)
        there, chosen = same.long().sort(dim=1, descending=True, stable=True)
        most = int(same.sum(1).max())
        vectors = [self.ear.vectors(rows[c], t > 0) for c, t in zip(
            chosen[:, :most].split(256), there[:, :most].split(256), strict=True)]
        known = self.ear.model.speakers.vectors
        heard = copy(tensors)
        heard.speaker = tensors.speaker.clone()
        heard.speaker[rows] = len(known) + torch.arange(len(rows), device=device)
        self.ear.model.speakers.vectors = torch.cat([known, *vectors])
        return heard
