"""From the records of several seeds to what is said of them: means, differences, intervals."""

from __future__ import annotations

import numpy as np

from mlsan.data.corpus import Corpus
from mlsan.measures.scores import bootstrap, mean_sd

SCORES = ("weighted_f1", "macro_f1", "unweighted_recall", "accuracy")


def means_of(group: list[dict]) -> dict[str, float | None]:
    """Mean and sd over one model's seeds of each score that it has; the sd of one run is None."""
    row = {}
    for score in (*SCORES, "unseen_speaker_f1"):
        if group[0].get(score) is not None:
            mean, sd = mean_sd([r[score] for r in group])
            row |= {score: mean, f"{score}_sd": sd if len(group) > 1 else None}   # JSON has no nan
    return row


def averaged(values: list):
    """The mean of numbers; of dicts that are alike, the dict of means."""
    if isinstance(values[0], dict):
        return {key: averaged([value[key] for value in values]) for key in values[0]}
    return float(np.mean(values))


def predictions(*groups: list[dict]) -> np.ndarray:
    """(M, K, N) test predictions of M models, one record per seed."""
    return np.array([[r["predicted"] for r in group] for group in groups])


def compare(corpus: Corpus, plus: list[list[dict]], minus: list[list[dict]],
            by: str = "dialogue") -> dict:
    """The sum of some models' scores less that of others, on the test split, with intervals.

    Each model is its records, one per seed. Returns ``difference``, ``low`` and ``high`` of each
    score of ``f1_of_confusion``. ``by``: what is resampled, dialogue or speaker.
    """
    rows = plus[0][0]["rows"]
    unit = corpus.dialogue_of_row if by == "dialogue" else corpus.table[by].to_numpy()
    return bootstrap(corpus.emotion[rows], predictions(*plus), unit[rows], len(corpus.emotions),
                     minus=predictions(*minus))


def difference(corpus: Corpus, ours: list[dict], theirs: list[dict]) -> dict[str, float]:
    """Paired difference of weighted F1 between two models: ``difference``, ``low``, ``high``."""
    return compare(corpus, [ours], [theirs])["weighted_f1"]


def commonest_share(corpus: Corpus) -> float:
    """The commonest speaker's share of test: what a probe that learned nothing would reach."""
    return float(corpus.table.speaker[corpus.rows("test")].value_counts(normalize=True).max())
