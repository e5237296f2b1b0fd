"""How good, and how sure: F1s, recall and accuracy, and intervals of them and their differences.

Everything here takes plain arrays and knows no model.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student
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
    """Scores, or their difference between models, with 95% intervals over dialogues and seeds.

    Dialogues, not utterances, are resampled, since turns of one dialogue are not independent; every
    model is resampled alike, and its scores are averaged over its seeds within each resample. To
    the spread of the resamples comes that of each model's seeds (``interval``).

    Args:
        true: (N,) labels.
        dialogue: (N,) numbers or names of the dialogues; of the speakers where the question is how
            it would be with other people.
        predicted: (N,) of a reader who has no seed, or who is asked about as trained; (K, N) of a
            model, one row per seed; or (M, K, N) for the sum of M models' scores.
        minus: the same of what is subtracted. The interaction of two stages is
            ``predicted=[both, neither], minus=[one, other]``.

    Returns:
        ``{"mean", "low", "high", "seeds"}`` of each score of ``f1_of_confusion``, those of
        ``per_class_f1`` with one value per class; with ``minus``, ``difference`` stands in the
        mean's place. ``seeds`` is the fewest that a model has, None where none has any. At 1 the
        interval is of that run on other dialogues, and what another seed would change isn't in it.
    """
    def counted(side):
        each = [np.stack([dialogue_confusions(true, p, dialogue, n_classes) for p in model])
                for model in _models(side)]
        return [runs[0] for runs in each] if np.ndim(side) == 1 else each

    return resampled(counted(predicted), None if minus is None else counted(minus))


def resampled(plus: list[np.ndarray], minus: list[np.ndarray] | None = None) -> dict:
    """``bootstrap``, of confusions that are counted already: (K seeds, D, C, C) of each model, or
    (D, C, C) of a reader without seeds. The D dialogues, or people, are the same of all."""
    models: list[list] = []         # how often each counts; on both sides it is the same runs: 0
    for sign, side in ((1, plus), (-1, minus or [])):
        for counts in side:
            for model in models:
                if np.array_equal(model[1], counts):
                    model[0] += sign
                    break
            else:
                models.append([sign, counts])
    seeds = [len(counts) for _, counts in models if counts.ndim == 4]
    each = [(times, resamples(counts if counts.ndim == 4 else counts[None]))
            for times, counts in models]
    out, middle = {}, "mean" if minus is None else "difference"
    for name in each[0][1]:
        ends = interval([times * scores[name] for times, scores in each], plus[0].shape[-3])
        ends = np.clip(ends, -len(minus or []), len(plus))              # what a score can be
        found = zip((middle, "low", "high"), ends.tolist(), strict=True)
        out[name] = dict(found) | {"seeds": min(seeds, default=None)}
    return out


def resamples(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Each run's scores, from (K, D, C, C) confusions: (1 + R, K), of F1s by class (1 + R, K, C).

    Row 0 is of the D dialogues themselves, the others of R resamples, the same whatever the runs.
    """
    D = counts.shape[1]
    weights = np.random.default_rng(0).multinomial(D, np.full(D, 1 / D), RESAMPLES)
    weights = np.vstack([np.ones(D), weights])
    return f1_of_confusion(np.einsum("rd,kdij->rkij", weights, counts, optimize=True))


def interval(scores: list[np.ndarray], units: int) -> np.ndarray:
    """A sum of models' mean scores, and the 95% interval of it over dialogues and seeds.

    Resamples hold the runs fast: they tell how *these* would do on other dialogues. Asked is how
    the models would, and their next runs are others. So to each side of the percentile interval
    comes, in quadrature, what the standard error over seeds adds: their variance, less what is in
    the resamples' already, how each run happens to suit some dialogues. Both are estimates, one
    from ``units``, one from few runs: Student's t with the degrees of freedom of their sum
    (Satterthwaite 1946) stands for the normal quantile, and D / (D - 1) for what resampling D units
    falls short. Where test has two speakers, next to nothing can be said then, which is so.

    The record ``intervals`` could have refuted it: there runs of one model are set against others
    of the same, gains are planted, and two models are read by few runs on few dialogues.

    Args:
        scores: of each model its runs' scores, (1 + R, K) or (1 + R, K, C): the score itself, then
            R resamples of it (``resamples``); negative where a model is subtracted. The models'
            seeds are taken to vary about alike; of a single run they can't be seen.
        units: how many dialogues, or speakers, were resampled.

    Returns:
        (3,) or (3, C): the sum, and where its interval begins and ends; of one unit, nowhere.
    """
    mean = sum(runs.mean(1) for runs in scores)
    middle, others = mean[0], mean[1:]
    if units == 1:
        return np.stack([middle, middle - np.inf, middle + np.inf])
    more = units / (units - 1)
    of_units = more * others.var(0)
    several = [(runs, runs.shape[1]) for runs in scores if runs.shape[1] > 1]
    of_seeds = sum(runs[0].var(0, ddof=1) / K for runs, K in several)
    shared = sum(more * (runs - runs.mean(1, keepdims=True))[1:].var(0).sum(0) / (K - 1) / K
                 for runs, K in several)
    added = np.maximum(of_seeds - shared, 0)
    freedom = units - 1, max(sum(K - 1 for _, K in several), 1)
    squares = of_units**2 / freedom[0] + of_seeds**2 / freedom[1]
    sure = (of_units + added) ** 2 / np.maximum(squares, 1e-24)
    t = student.ppf(0.975, np.maximum(sure, min(freedom) if several else freedom[0]))
    sides = np.abs(np.quantile(others, (0.025, 0.975), axis=0) - middle) / norm.ppf(0.975)
    low, high = t * np.sqrt(more * sides**2 + added)
    return np.stack([middle, middle - low, middle + high])


def _models(side) -> np.ndarray:
    """(M, K, N) of labels given with fewer axes."""
    side = np.asarray(side)
    return side.reshape((1,) * (3 - side.ndim) + side.shape)


def mean_sd(values) -> tuple[float, float]:
    """Mean and sample standard deviation over seeds; the sd of a single run is nan."""
    values = np.asarray(values, float)
    return float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else float("nan")
