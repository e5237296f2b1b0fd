"""Generated stand-ins for RAVDESS's and CREMA-D's published files: their layout, nobody's voice."""

from __future__ import annotations

import hashlib
import pickle
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlsan.sources import cremad, ravdess
from mlsan.sources.download import Deposit, Pin, git_blob_id

COMMIT = "0" * 40
SAME = [("1003", "IEO", "happy"), ("1003", "IEO", "sad")]      # one recording, two labels
SILENT = ("1005", "MTI", "sad")


def clips() -> list[str]:
    """RAVDESS's names, shuffled: neutral has one intensity, everything else two."""
    ids = [f"01-01-{e:02}-{i:02}-{s:02}-{r:02}-{a:02}" for e, i, s, r, a in product(
        range(1, 9), (1, 2), (1, 2), (1, 2), range(1, 25)) if (e, i) != (1, 2)]
    return list(np.random.default_rng(0).permutation(ids))


def vector(clip: str, size: int) -> np.ndarray:
    """Numbers of a clip's own."""
    return np.random.default_rng(int(clip.replace("-", "")[4:])).normal(size=size)


def voices() -> pd.DataFrame:
    ids = ["03" + clip[2:] for clip in reversed(clips())]
    return pd.DataFrame([vector(clip, 88) for clip in ids], [f"{clip}.wav" for clip in ids],
                        [f"f{i}" for i in range(88)])


def crema() -> pd.DataFrame:
    """14 actors, every sentence in every emotion once."""
    rows = pd.DataFrame([(1001 + a, s, e) for a, s, e in product(
        range(14), cremad.SENTENCES, cremad.EMOTIONS)], columns=["actor_id", "sentence", "emotion"])
    rows = rows.assign(intensity="XX", audio_duration=2.5, sample_rate=22050)
    names = [*(f"mfcc_{i}" for i in range(34)), "rms_mean"]
    x = np.random.default_rng(0).uniform(1, 2, (len(rows), 35))
    first, second, silent = ([(str(a), s, e) for a, s, e in zip(
        rows.actor_id, rows.sentence, rows.emotion, strict=True)].index(key)
        for key in (*SAME, SILENT))
    x[second], x[silent] = x[first], 0
    return rows.join(pd.DataFrame(x, columns=names)).sample(
        frac=1, random_state=0).reset_index(drop=True)


@pytest.fixture
def acted(tmp_path, monkeypatch) -> Path:
    """A mirror of such files, pinned in the place of the published ones; an empty data folder."""
    mirror = tmp_path / "mirror"
    monkeypatch.setenv("MLSAN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MLSAN_MIRROR", str(mirror))
    monkeypatch.setattr("mlsan.sources.download.PUBLIC", "http://127.0.0.1:9")
    for name in ("ravdess", "cremad", "voices"):
        (mirror / "o" / name / COMMIT).mkdir(parents=True)
    faces, table, ready = (mirror / f"o/{name}/{COMMIT}/{name}{end}" for name, end in (
        ("ravdess", ".pkl"), ("cremad", ".csv"), ("voices", ".csv")))
    faces.write_bytes(pickle.dumps({str(clip): vector(clip, 294) for clip in clips()}))
    crema().to_csv(table)
    voices().to_csv(ready)
    monkeypatch.setattr(ravdess, "FACES", Pin("o/ravdess", COMMIT, faces.name, git_blob_id(faces)))
    monkeypatch.setattr(cremad, "TABLE", Pin("o/cremad", COMMIT, table.name, git_blob_id(table)))
    pin_voices(monkeypatch, ready, mirror)
    return mirror


def pin_voices(monkeypatch, path: Path, mirror: Path) -> None:
    """What lies there now is the measured table that is asked for."""
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    deposit = Deposit(path.relative_to(mirror).as_posix(), "sha256", checksum)
    monkeypatch.setattr(ravdess, "VOICES", deposit)
