"""Who is it, if nobody says? Recordings sorted by voice: embeddings of Resemblyzer's encoder.

The encoder (Wan and others, 2018, GE2E; Resemblyzer's weights, Apache 2.0) was trained to tell
speakers apart. The network is built here and only its weights are taken from the package, whose
own code imports modules that newer SciPy and setuptools no longer have.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from sklearn.cluster import AgglomerativeClustering
from torch import nn

from mlsan.data.validation import CorpusError
from mlsan.sources.download import Unavailable

RATE, MELS = 16000, 40
WINDOW, STEP = 160, 80          # frames of 10 ms: what the encoder was trained on, half overlapping
LEAST = 0.5                     # seconds; ours


class VoiceEncoder(nn.Module):
    """Mel spectrograms (B, frames, MELS) to embeddings (B, 256) of length 1."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(MELS, 256, 3, batch_first=True)
        self.linear = nn.Linear(256, 256)

    def forward(self, mels: torch.Tensor) -> torch.Tensor:
        _, (hidden, _) = self.lstm(mels)
        return nn.functional.normalize(self.linear(hidden[-1]).relu(), dim=1)


def embed(paths: Sequence[Path]) -> np.ndarray:
    """(N, 256), an embedding for each recording: the mean over its windows, of length 1.

    Raises:
        CorpusError: a file cannot be read, is silent or too short; it is named.
        Unavailable: the encoder is not installed.
    """
    found = find_spec("resemblyzer")
    try:
        import librosa
    except ImportError:
        found = None
    if not found:
        raise Unavailable('telling voices apart needs an encoder: pip install "mlsan[voices]"; or '
                          "give a column of speakers")
    encoder = VoiceEncoder().eval()
    weights = Path(found.submodule_search_locations[0]) / "pretrained.pt"
    state = torch.load(weights, map_location="cpu", weights_only=True)["model_state"]
    encoder.load_state_dict({k: v for k, v in state.items() if not k.startswith("similarity")})
    return np.stack([_embedding(encoder, librosa, path) for path in paths])


@torch.no_grad()
def _embedding(encoder: VoiceEncoder, librosa, path: Path) -> np.ndarray:
    try:
        wave, _ = librosa.load(path, sr=RATE)       # mixed down to one channel
    except Exception as error:      # whatever the readers of audio raise
        raise CorpusError(f"{path}: cannot be read ({type(error).__name__}); mend it, or leave "
                          "its row out") from error
    wave, _ = librosa.effects.trim(wave, top_db=30)
    if len(wave) < LEAST * RATE or not np.ptp(wave):
        raise CorpusError(f"{path}: under {LEAST} s of sound, too little to know a voice by; leave "
                          "its row out, or name its speaker")
    loudness = np.sqrt(np.mean(wave ** 2))
    wave = wave * max(1, 10 ** (-30 / 20) / loudness)       # soft ones up to -30 dB, as in training
    mels = librosa.feature.melspectrogram(y=wave, sr=RATE, n_fft=400, hop_length=160, n_mels=MELS)
    frames = torch.from_numpy(mels.T.astype(np.float32))
    frames = nn.functional.pad(frames, (0, 0, 0, max(0, WINDOW - len(frames))))
    mean = encoder(frames.unfold(0, WINDOW, STEP).transpose(1, 2)).mean(0)
    return nn.functional.normalize(mean, dim=0).numpy()


def sort_by_voice(embeddings: np.ndarray, people: int) -> list[str]:
    """Names "voice 1", "voice 2", …, numbered as they appear, for (N, D) embeddings.

    Average linkage on the cosine. ``people`` has to be known, for no threshold serves all: one
    actor's emotions lie up to .28 apart (RAVDESS), two synthetic voices .25 on the average.

    Raises:
        CorpusError: more people than recordings, or none.
    """
    if not 1 <= people <= len(embeddings):
        raise CorpusError(f"{people} people in {len(embeddings)} recordings; give a number from 1 "
                          f"to {len(embeddings)}")
    if people == len(embeddings):
        groups = range(people)
    else:
        groups = AgglomerativeClustering(people, metric="cosine",
                                         linkage="average").fit_predict(embeddings)
    number = {}
    return [f"voice {number.setdefault(group, len(number) + 1)}" for group in groups]
