"""How good, and how sure: F1 scores, probes, intervals, paired comparisons.

Everything here takes plain arrays and knows no model.
"""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits


def f1_of_confusion(confusion: np.ndarray) -> dict[str, np.ndarray]:
    """F1s from confusion counts (..., C, C), true class first; any leading shape, in one go (Eq. weighted-f1).

    A class with neither truth nor prediction has F1 0 and weight 0; macro F1 averages the classes that
    occur in the truth, so that a resample without a rare class is not punished for lacking it.
    """
    confusion = np.asarray(confusion, float)
    true, predicted = confusion.sum(-1), confusion.sum(-2)
    hit = np.diagonal(confusion, axis1=-2, axis2=-1)
    f1 = 2 * hit / np.maximum(true + predicted, 1e-12)                              # Eq. weighted-f1
    occurs = true > 0
    return {"weighted_f1": (f1 * true).sum(-1) / true.sum(-1),
            "macro_f1": (f1 * occurs).sum(-1) / occurs.sum(-1),
            "per_class_f1": f1}


def f1_scores(true: np.ndarray, predicted: np.ndarray, n_classes: int) -> dict:
    """Weighted, macro and per-class F1 of (N,) labels, as fractions."""
    scores = f1_of_confusion(confusion_matrix(true, predicted, labels=np.arange(n_classes)))
    return {k: v.tolist() if v.ndim else float(v) for k, v in scores.items()}


def report(true, predicted, emotions, unseen) -> dict:
    """F1s of (N,) labels with ``per_class_f1`` by emotion, and ``unseen_speaker_f1``: weighted, over the
    utterances where ``unseen`` (bool, N), None where there are none."""
    scores = f1_scores(true, predicted, len(emotions))
    scores["per_class_f1"] = dict(zip(emotions, scores["per_class_f1"], strict=True))
    new = f1_scores(true[unseen], predicted[unseen], len(emotions)) if unseen.any() else {"weighted_f1": None}
    return scores | {"unseen_speaker_f1": new["weighted_f1"]}


def dialogue_confusions(true, predicted, dialogue, n_classes) -> np.ndarray:
    """Confusion counts of each dialogue, (D, C, C), from (N,) labels and dialogue numbers."""
    index = np.unique(dialogue, return_inverse=True)[1]
    counts = np.zeros((index.max() + 1, n_classes, n_classes))
    np.add.at(counts, (index, true, predicted), 1)
    return counts


def _resampled(true, sides, dialogue, n_classes, resamples, seed) -> list[dict]:
    """F1s of each side (K, N), averaged over its K seeds: row 0 the sample itself, then the resamples.

    Dialogues, not utterances, are resampled (turns of one dialogue are not independent), the same ones
    for every side.
    """
    sides = [np.stack([dialogue_confusions(true, p, dialogue, n_classes) for p in np.atleast_2d(side)])
             for side in sides]                                                     # (K, D, C, C) each
    D = sides[0].shape[1]
    weights = np.random.default_rng(seed).multinomial(D, np.full(D, 1 / D), resamples)
    weights = np.vstack([np.ones(D), weights])
    scores = [f1_of_confusion(np.einsum("rd,kdij->rkij", weights, side, optimize=True)) for side in sides]
    return [{name: value.mean(1) for name, value in side.items()} for side in scores]


def bootstrap(true, predicted, dialogue, n_classes, *, resamples=2000, seed=0) -> dict:
    """F1s with their 95% intervals, by resampling dialogues; ``predicted`` (K, N), one row per seed.

    Returns ``{"weighted_f1": {"mean", "low", "high"}, "macro_f1": …, "per_class_f1": …}``, the last with
    one value per class.
    """
    (scores,) = _resampled(true, [predicted], dialogue, n_classes, resamples, seed)
    out = {}
    for name, value in scores.items():
        low, high = np.quantile(value[1:], (0.025, 0.975), axis=0)
        out[name] = {"mean": value[0].tolist(), "low": low.tolist(), "high": high.tolist()}
    return out


def paired_bootstrap(true, ours, theirs, dialogue, n_classes, *, resamples=2000, seed=0) -> dict:
    """Difference of F1 between two sets of runs on the same test dialogues, with its 95% interval.

    ``ours`` and ``theirs`` are (K, N): one row of predictions per seed; the F1s are averaged over the
    seeds within each resample, and both sides are resampled alike.

    Returns ``{"weighted_f1": {"difference", "low", "high"}, "macro_f1": {...}}``.
    """
    sides = _resampled(true, [ours, theirs], dialogue, n_classes, resamples, seed)
    out = {}
    for name in ("weighted_f1", "macro_f1"):
        difference = sides[0][name] - sides[1][name]
        low, high = np.quantile(difference[1:], (0.025, 0.975))
        out[name] = {"difference": float(difference[0]), "low": float(low), "high": float(high)}
    return out


def contrast(true, sides, signs, dialogue, n_classes, *, resamples=2000, seed=0) -> dict:
    """A signed sum of several models' F1s, per class too, with its 95% interval; all resampled alike.

    ``sides``: each (K, N), one row of predictions per seed; ``signs``: one number per side. (1, -1) is a
    difference; (1, -1, -1, 1) of both, one, other and neither of two stages is their interaction.

    Returns what ``bootstrap`` returns, with ``difference`` in the mean's place.
    """
    scores = _resampled(true, sides, dialogue, n_classes, resamples, seed)
    out = {}
    for name in ("weighted_f1", "macro_f1", "per_class_f1"):
        value = sum(sign * side[name] for sign, side in zip(signs, scores, strict=True))
        low, high = np.quantile(value[1:], (0.025, 0.975), axis=0)
        out[name] = {"difference": value[0].tolist(), "low": low.tolist(), "high": high.tolist()}
    return out


def mean_sd(values) -> tuple[float, float]:
    """Mean and sample standard deviation over seeds; the sd of a single run is nan."""
    values = np.asarray(values, float)
    return float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else float("nan")


def probe(train_x, train_y, test_x, test_y, kind: str = "linear", seed: int = 0) -> float:
    """How well a small reader names a label from features: its accuracy on test.

    Standardised on train, fitted on train, scored on test. ``linear`` is logistic regression; ``mlp``
    has one hidden layer of 64 and sees what a linear reader cannot.
    """
    if kind == "linear":
        reader = LogisticRegression(max_iter=300)
    elif kind == "mlp":
        reader = MLPClassifier((64,), max_iter=40, random_state=seed, early_stopping=True)
    else:
        raise ValueError(f"probe: unknown kind {kind!r}; use 'linear' or 'mlp'")
    # One thread: with more, so small a fit waits for its threads where other processes are busy. And a
    # probe that has not quite converged is still a probe.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = make_pipeline(StandardScaler(), reader).fit(train_x, train_y)
    return float(fitted.score(test_x, test_y))
