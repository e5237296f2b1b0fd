"""Acted clips of real people: every clip a dialogue of one turn, and the splits they are tested by.

A corpus of them is had as ``NAME@SPLIT``, where a split is a protocol and the number of a fold:

- ``known``: no sentence of test is heard in train; everybody of test is met there;
- ``cells``: the same with cells of sentence and repetition, so that a sentence may be;
- ``strangers``: nobody of test or dev is met in train, see ``leave_speakers_out``.

In the first two, dev are clips of train's people and sentences; no clip is in two splits.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mlsan.data.corpus import Corpus
from mlsan.data.splits import leave_speakers_out
from mlsan.data.validation import CorpusError

DEFAULT = "known-0"
DEV_EVERY = 6


def names(folds: Mapping[str, int]) -> list[str]:
    """Every split, of protocol -> number of folds."""
    return [f"{protocol}-{fold}" for protocol, n in folds.items() for fold in range(n)]


def check(name: str, split: str, folds: Mapping[str, int]) -> None:
    """Refuse a split that the corpus ``name`` doesn't have, naming those that it has."""
    if split not in names(folds):
        raise CorpusError(f"{name}@{split}: no such split; write {name}@ and one of "
                          f"{', '.join(names(folds))}")


def split_as(corpus: Corpus, split: str, folds: Mapping[str, int],
             held: Mapping[str, np.ndarray]) -> Corpus:
    """The clips under one split (``names(folds)``), as the corpus ``NAME@SPLIT``.

    Args:
        held: protocol -> (N,) the fold whose test holds the clip; none for ``strangers``.

    Raises:
        CorpusError: there is no such split.
    """
    check(corpus.name, split, folds)
    protocol, fold = split.split("-")
    named = corpus.replaced(name=f"{corpus.name}@{split}")
    if protocol == "strangers":
        return leave_speakers_out(named, folds[protocol], int(fold))
    test = held[protocol] == int(fold)
    dev = _every_sixth(named.table[~test]).reindex(named.table.index, fill_value=False)
    return named.replaced(table=named.table.assign(
        split=np.select([test, dev], ["test", "dev"], "train")))


def _every_sixth(table: pd.DataFrame) -> pd.Series:
    """A sixth of the clips, drawn by no chance, even over people and their emotions.

    Each person's clips are counted by emotion, the first person's from 0, the next one's from 1 and
    so on: whom a class of four clips gives none to dev, gives one at the next person.
    """
    ordered = table.sort_values(["speaker", "emotion", "dialogue"])
    by_person = ordered.groupby("speaker")
    return (by_person.cumcount() + by_person.ngroup()) % DEV_EVERY == 0
