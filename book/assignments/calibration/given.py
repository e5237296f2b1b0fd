"""What this assignment gives you: a small simulated world, a training loop, probes, a counter.

Nothing here is an answer. Arrays are NumPy's; people have ids from 1 on, id 0 is nobody known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from mlsan import Strengths, probe, simulate


@dataclass(frozen=True)
class World:
    """N utterances of 8 people in dialogues, 20 audio and visual features each.

    Attributes:
        x: (N, 20) features as they were heard, float64.
        ids: (N,) who speaks, 1 to 8.
        emotion: (N,) 0 to 6.
        in_train: (N,) bool; the other rows are test.
        dialogue, turn: (N,) where an utterance stands.
    """

    x: np.ndarray
    ids: np.ndarray
    emotion: np.ndarray
    in_train: np.ndarray
    dialogue: np.ndarray
    turn: np.ndarray

    def time_major(self, values, rows):
        """(N, …) values of ``rows`` (bool, N) -> (T, B, …) with zeros as padding, and (B,) lengths.

        B dialogues stand side by side, the turns run down: utterance t of dialogue b is at [t, b].
        """
        _, b = np.unique(self.dialogue[rows], return_inverse=True)
        t = self.turn[rows]
        out = np.zeros((t.max() + 1, b.max() + 1, *values.shape[1:]), values.dtype)
        out[t, b] = values[rows]
        return out, np.bincount(b)


def world() -> World:
    """The same world at every call: 350 simulated conversations; their text is left out."""
    strengths = Strengths(gain=0.8, shift=0.7, spread=0.5, loudness=3.2)
    corpus = simulate(350, 8, text_dim=7, audio_dim=12, visual_dim=8, strengths=strengths, seed=2)
    table = corpus.table[corpus.table.split != "dev"]
    rows = table.index.to_numpy()
    x = np.hstack([corpus.features[m][rows] for m in ("audio", "visual")]).astype(float)
    ids = 1 + table.speaker.map(corpus.truth.speakers.index).to_numpy()
    dialogue = np.unique(table.dialogue, return_inverse=True)[1]
    return World(x, ids, corpus.emotion[rows], (table.split == "train").to_numpy(),
                 dialogue, table.turn.to_numpy())


def reads(w: World, x) -> dict[str, float]:
    """How often probes, fitted on train's rows of ``x`` (N, D), name the speaker and the emotion
    of test's rows."""
    fit, held = w.in_train, ~w.in_train
    return {name: round(probe(x[fit], y[fit], x[held], y[held], kind), 2)
            for name, y, kind in (("speaker, linear", w.ids, "linear"),
                                  ("speaker, MLP", w.ids, "mlp"),
                                  ("emotion, linear", w.emotion, "linear"))}


def trained(w: World, Film, neutrality, weight: float, steps: int = 200):
    """Train your ``Film`` before a small reader of emotions, with ``weight`` times your N added.

    Features go in standardised by train's moments. Returns what Film makes of them, (N, 20).
    """
    torch.manual_seed(0)
    seen = (w.x - w.x[w.in_train].mean(0)) / w.x[w.in_train].std(0)
    (x, lengths), (ids, _), (felt, _) = (
        w.time_major(values, w.in_train) for values in (seen, w.ids, w.emotion))
    x, lengths = torch.tensor(x, dtype=torch.float32), torch.tensor(lengths)
    ids, felt = torch.tensor(ids), torch.tensor(felt)
    heard = torch.arange(len(x))[:, None] < lengths                               # (T, B)
    film = Film(9, 8, x.shape[-1])
    reader = nn.Sequential(nn.Linear(x.shape[-1], 32), nn.ReLU(), nn.Linear(32, 7))
    optimiser = torch.optim.Adam([*film.parameters(), *reader.parameters()], lr=1e-2,
                                 weight_decay=1e-4)
    for _ in range(steps):
        moved = film(x, ids)
        loss = nn.functional.cross_entropy(reader(moved[heard]), felt[heard])
        if weight:
            loss = loss + weight * neutrality(moved, ids, lengths, 9)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        return film(torch.tensor(seen, dtype=torch.float32), torch.tensor(w.ids)).numpy()


class Counted(TorchFunctionMode):
    """Counts the torch functions and methods that are called within ``with Counted() as calls``."""

    number = 0

    def __torch_function__(self, function, types, args=(), kwargs=None):
        self.number += 1
        return function(*args, **(kwargs or {}))
