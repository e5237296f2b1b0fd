"""What "Gates and the adversary" hands you: a small world whose trust is known, and a network."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

MODALITIES = ("text", "audio", "visual")
EMOTIONS = ("neutral", "joy", "sadness", "anger")
PEOPLE = ("Ada", "Ben", "Chioma", "Dev", "Elif", "Femi", "Greta", "Hugo", "Ines", "Jun", "Kofi",
          "Lena")
REACH, SIZE, VECTOR, HIDDEN = 4.0, 6, 8, 16


def world(seed: int = 0, turns: int = 250) -> dict:
    """Utterances of twelve people, their features drawn around what they feel.

    Returns ``x`` (3, N, 6) float32, a missing modality being NaN in all of its six numbers;
    ``speaker`` (N,), where -1 is somebody unknown; ``emotion`` (N,); and ``planted`` (3, 12), the
    share of each person's expressiveness in each modality, which no network is shown.
    """
    rng = np.random.default_rng(seed)
    planted = np.exp(rng.uniform(-1.3, 1.3, (3, len(PEOPLE))))
    planted /= planted.sum(0)
    basis = np.stack([np.linalg.qr(rng.normal(size=(SIZE, SIZE)))[0] for _ in MODALITIES])
    prototypes = 1.8 * basis[:, :len(EMOTIONS)]
    habits = rng.normal(size=(3, len(PEOPLE), SIZE)) * np.repeat([0.25, 1.0], [4, SIZE - 4])
    shift = habits @ basis                                # a person's, whatever they feel
    speaker = rng.permutation(np.repeat(np.arange(len(PEOPLE)), turns))
    emotion = rng.integers(len(EMOTIONS), size=len(speaker))
    x = 2 * planted[:, speaker, None] * prototypes[:, emotion] + shift[:, speaker]
    x = x + rng.normal(size=x.shape)
    lost = rng.integers(0, 12, len(speaker))              # 0, 1, 2: that modality; else none
    x[lost[lost < 3], np.flatnonzero(lost < 3)] = np.nan
    told = np.where(rng.random(len(speaker)) < 0.05, -1, speaker)
    return {"x": torch.tensor(x, dtype=torch.float32), "speaker": torch.tensor(told),
            "emotion": torch.tensor(emotion), "planted": planted}


class Listener(nn.Module):
    """Encodes each modality, weighs the encodings by your gates, joins them by your ``fuse``."""

    def __init__(self, stage, fuse, n_people):
        super().__init__()
        self.people = nn.Embedding(n_people, VECTOR)
        self.encoders = nn.ModuleList(nn.Linear(SIZE, HIDDEN) for _ in MODALITIES)
        self.classify = nn.Linear(HIDDEN, len(EMOTIONS))
        self.stage, self.fuse = stage, fuse

    def encode(self, x):
        """(M, N, D) -> (M, N, H), NaN again where a modality is missing."""
        missing = x.isnan().any(-1, keepdim=True)
        seen = x.masked_fill(missing, 0.0)                # a NaN would spoil the encoders' gradient
        h = torch.stack([encode(part) for encode, part in zip(self.encoders, seen, strict=True)])
        return h.masked_fill(missing, torch.nan)

    def gates(self, told):
        """(N,) ids, -1 being somebody unknown -> (M, N)."""
        return self.stage(self.people(told.clamp(min=0)), told >= 0)

    def fused(self, x, told):
        return self.fuse(self.encode(x), self.gates(told))

    def forward(self, x, told):
        return self.classify(self.fused(x, told))


def fit(listener, reverse, paths, data, strength=0.1, steps=80):
    """Train on ``x``, ``speaker`` and ``emotion`` in ``data``, changing ``listener`` in place.

    Returns the adversary's head, which was trained beside the listener. Whatever is left to chance
    in here is drawn from torch's own generator.
    """
    x, speaker, emotion = (data[k] for k in ("x", "speaker", "emotion"))
    head = nn.Linear(HIDDEN, listener.people.num_embeddings)
    both = [*listener.parameters(), *head.parameters()]
    adam = torch.optim.AdamW(both, lr=0.03, weight_decay=0.01)
    for _ in range(steps):
        to = paths(speaker.clone(), torch.rand(len(speaker)) < 0.05)
        asked = to["asked"]
        loss = cross_entropy(listener(x, to["emotion"]), emotion)
        h = reverse(listener.fused(x, to["closed"]), strength)
        loss = loss + cross_entropy(head(h)[asked], speaker[asked])
        adam.zero_grad()
        loss.backward()
        adam.step()
    return head


def closed_features(listener, data):
    """(n, H) what is fused with the gates told nobody, and (n,) who spoke; known people only."""
    known = data["speaker"] >= 0
    with torch.no_grad():
        h = listener.fused(data["x"], torch.full_like(data["speaker"], -1))
    return h[known], data["speaker"][known]
