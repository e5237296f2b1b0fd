"""Other splits of the same conversations: with whom a model is tested whom training never met."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mlsan.data.corpus import Corpus
from mlsan.data.validation import SPLITS, UNLABELLED, CorpusError


def leave_speakers_out(corpus: Corpus, folds: int, fold: int) -> Corpus:
    """The same conversations, tested on people of whom neither train nor dev has a turn.

    The speakers are dealt into ``folds`` groups, by name, each gender evenly where the corpus knows
    it; over all folds everybody is tested once. Group ``fold`` is test, the next one dev, the rest
    train. A dialogue in which anybody of test speaks is test, else one with anybody of dev is dev.
    There, the turns of everybody else are context without a label: nobody is scored whom training
    may have met.

    Raises:
        CorpusError: fewer than three folds or more than speakers, no such fold, or a split without
            a labelled turn.
    """
    people = dealt(corpus.table)
    if not 3 <= folds <= len(people):
        raise CorpusError(f"{corpus.name}: {folds} folds of {len(people)} speakers; test, dev and "
                          "train want one each, and a fold at least one speaker: use 3 to "
                          f"{len(people)} folds")
    if not 0 <= fold < folds:
        raise CorpusError(f"{corpus.name}: no fold {fold}; {folds} folds are 0 to {folds - 1}")
    group = (np.arange(len(people)) - fold) % folds             # 0: test, 1: dev, all else train
    part = corpus.table.speaker.map(dict(zip(people, np.minimum(group, 2), strict=True)))
    whole = part.groupby(corpus.table.dialogue, sort=False).transform("min")
    split = whole.map(dict(enumerate(reversed(SPLITS))))
    emotion = corpus.table.emotion.where(part == whole, UNLABELLED)
    made = corpus.replaced(table=corpus.table.assign(split=split, emotion=emotion))
    for name in SPLITS:
        if len(made.labelled_rows(name)) == 0:
            raise CorpusError(f"{corpus.name}: fold {fold} of {folds} leaves no labelled turn for "
                              f"{name}; deal the speakers into another number of folds")
    return made


def dealt(table: pd.DataFrame) -> list[str]:
    """The speakers, by name within each gender: every n-th of them makes one of n even groups."""
    people = table.drop_duplicates("speaker")
    return people.sort_values(["gender"] * ("gender" in people) + ["speaker"]).speaker.tolist()
