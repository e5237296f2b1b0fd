"""Corpora that were converted once are kept, so that a second load takes a second."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from mlsan.data.corpus import Corpus
from mlsan.data.validation import CorpusError
from mlsan.sources.download import data_dir, locked


def folder_of(name: str, key: Iterable[object]) -> Path:
    """Where ``converted`` keeps the corpus; it need not be there yet."""
    digest = hashlib.sha256(repr(tuple(key)).encode()).hexdigest()[:12]
    return data_dir() / "corpora" / f"{name}-{digest}"


def converted(name: str, key: Iterable[object], build: Callable[[], Corpus]) -> Corpus:
    """``build()``, kept on disk as a corpus folder.

    ``key`` holds all that the result depends on: the pins of the raw files, the encoder, a number
    that grows with the converter's code. Another key is another folder, so nothing stale is read.
    Several processes may ask at once: one of them builds. A damaged folder is built again.
    """
    folder = folder_of(name, key)
    try:
        return Corpus.load(folder)
    except CorpusError:                 # not there yet, or damaged
        pass
    with locked(folder):
        try:
            return Corpus.load(folder)  # while we waited, another process built it
        except CorpusError:
            shutil.rmtree(folder, ignore_errors=True)
        corpus = build()
        corpus.save(folder)
        return corpus
