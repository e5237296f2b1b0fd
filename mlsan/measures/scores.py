"""How good, and how sure: F1s, recall and accuracy, and intervals of them and their differences.

Everything here takes plain arrays and knows no model.
"""

from __future__ import annotations

import numpy as np
from sklearn.metrics import confusion_matrix

RESAMPLES = 2000        # of a bootstrap


def f1_of_confusion(confusion: np.ndarray) -> dict[str, np.ndarray]:
    """F1s from confusion counts (..., C, C), true class first (Eq. weighted-f1); any leading shape.

    A class with neither truth nor prediction has F1 0 and weight 0; macro F1 and unweighted recall
    average the classes that occur in the truth, so that a resample without a rare class is not
    punished for lacking it. Unweighted recall (UAR) is the share of each emotion that was found;
    ``accuracy`` the share of all utterances.
    """
    confusion = np.asarray(confusion, float)
    true, predicted = confusion.sum(-1), confusion.sum(-2)
    hit = np.diagonal(confusion, axis1=-2, axis2=-1)
    f1 = 2 * hit / np.maximum(true + predicted, 1e-12)                          # Eq. weighted-f1
    occurs = true > 0
    return {"weighted_f1": (f1 * true).sum(-1) / true.sum(-1),
            "macro_f1": (f1 * occurs).sum(-1) / occurs.sum(-1),
            "unweighted_recall": (hit / np.maximum(true, 1e-12)).sum(-1) / occurs.sum(-1),
            "accuracy": hit.sum(-1) / true.sum(-1),
            "per_class_f1": f1}


def f1_scores(true: np.ndarray, predicted: np.ndarray, n_classes: int) -> dict:
    """The scores of ``f1_of_confusion`` of (N,) labels, as fractions."""
    scores = f1_of_confusion(confusion_matrix(true, predicted, labels=np.arange(n_classes)))
    return {k: v.tolist() if v.ndim else float(v) for k, v in scores.items()}


def report(true, predicted, emotions, unseen) -> dict:
    """``f1_scores`` of (N,) labels with ``per_class_f1`` by emotion, and ``unseen_speaker_f1``:
    weighted, over the utterances where ``unseen`` (bool, N), None where there are none."""
    scores = f1_scores(true, predicted, len(emotions))
    scores["per_class_f1"] = dict(zip(emotions, scores["per_class_f1"], strict=True))
    of_strangers = None
    if unseen.any():
        of_strangers = f1_scores(true[unseen], predicted[unseen], len(emotions))["weighted_f1"]
    return scores | {"unseen_speaker_f1": of_strangers}


def dialogue_confusions(true, predicted, dialogue, n_classes) -> np.ndarray:
    """Confusion counts of each dialogue, (D, C, C), from (N,) labels and dialogues."""
    index = np.unique(dialogue, return_inverse=True)[1]
    counts = np.zeros((index.max() + 1, n_classes, n_classes))
    np.add.at(counts, (index, true, predicted), 1)
    return counts


def bootstrap(true, predicted, dialogue, n_classes, minus=None) -> dict:
    """Scores, or their difference between models, with 95% intervals by resampling dialogues.

    Dialogues, not utterances, are resampled, since turns of one dialogue are not independent; every
    model is resampled alike, and its scores are averaged over its seeds within each resample.

    Args:
        true: (N,) labels.
        dialogue: (N,) numbers or names of the dialogues; of the speakers where the question is how
            it would be with other people.
        predicted: (N,), (K, N) with one row per seed, or (M, K, N) for the sum of M models' scores.
        minus: the same of what is subtracted. The interaction of two stages is
            ``predicted=[both, neither], minus=[one, other]``.

    Returns:
        ``{"mean", "low", "high"}`` of each score of ``f1_of_confusion``, those of ``per_class_f1``
        with one value per class; with ``minus``, ``difference`` stands in the mean's place.
    """
    def counted(side):
        return [np.stack([dialogue_confusions(true, p, dialogue, n_classes) for p in model])
                for model in _models(side)]

    return resampled(counted(predicted), None if minus is None else counted(minus))


def resampled(plus: list[np.ndarray], minus: list[np.ndarray] | None = None) -> dict:
    """``bootstrap``, of models whose confusions are counted already: each (K seeds, D, C, C), where
    the D dialogues, or people, are the same of all."""
    D = plus[0].shape[1]
    weights = np.random.default_rng(0).multinomial(D, np.full(D, 1 / D), RESAMPLES)
    weights = np.vstack([np.ones(D), weights])              # row 0: the sample itself
    total = {}
    for sign, side in ((1, plus), (-1, minus or [])):
        for counts in side:
            f1 = f1_of_confusion(np.einsum("rd,kdij->rkij", weights, counts, optimize=True))
            for name, value in f1.items():                  # (1 + RESAMPLES, K), or (…, K, C)
                total[name] = total.get(name, 0) + sign * value.mean(1)
    out, middle = {}, "mean" if minus is None else "difference"
    for name, value in total.items():
        low, high = np.quantile(value[1:], (0.025, 0.975), axis=0)
        out[name] = {middle: value[0].tolist(), "low": low.tolist(), "high": high.tolist()}
    return out


def _models(side) -> np.ndarray:
    """(M, K, N) of labels given with fewer axes."""
    side = np.asarray(side)
    return side.reshape((1,) * (3 - side.ndim) + side.shape)


def mean_sd(values) -> tuple[float, float]:
    """Mean and sample standard deviation over seeds; the sd of a single run is nan."""
    values = np.asarray(values, float)
    return float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else float("nan")
