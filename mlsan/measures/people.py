"""What a mean hides: how well each person is read, and how far the probabilities can be believed.

Everything here takes plain arrays and knows no model.
"""

from __future__ import annotations

import numpy as np

from mlsan.measures.scores import dialogue_confusions, f1_of_confusion

BINS = 15               # of the calibration error, as in Guo et al. 2017


def recall_by_person(true, predicted, speaker, n_classes: int) -> dict[str, float]:
    """speaker -> unweighted recall over the emotions that they show, from (N,) arrays."""
    confusions = dialogue_confusions(true, predicted, speaker, n_classes)
    recall = f1_of_confusion(confusions)["unweighted_recall"]
    return dict(zip(map(str, np.unique(speaker)), recall.tolist(), strict=True))


def worst_tenth(values) -> float:
    """The mean of the lowest tenth, rounded up: of up to ten values, the lowest."""
    values = np.sort(values)
    return float(values[:-(-len(values) // 10)].mean())


def gini(values) -> float:
    """Inequality of numbers >= 0: 0 where all are alike, near 1 where one has everything.

    Half the mean absolute difference between two of them, drawn with replacement, by their mean.
    """
    values = np.sort(np.asarray(values, float))
    n, total = len(values), values.sum()
    if total == 0:
        return 0.0
    return float((2 * np.arange(1, n + 1) - n - 1) @ values / (n * total))


def calibration_error(true, probability) -> float:
    """Expected calibration error of (N,) labels and (N, C) probabilities (Guo et al. 2017).

    The probability of what was named, in 15 bins of equal width; the mean over utterances of how
    far a bin's accuracy lies from its mean probability. It counts chance too: with few utterances
    it lies above 0 for a perfectly calibrated reader.
    """
    probability = np.asarray(probability, float)
    top, right = probability.max(1), probability.argmax(1) == true
    bins = np.clip(np.ceil(top * BINS) - 1, 0, BINS - 1).astype(int)        # (0, 1/15], ...
    return float(np.abs(np.bincount(bins, right - top)).sum() / len(top))


def by_person(true, predicted, probability, speaker) -> dict:
    """What a mean over utterances hides of (N,) labels, with (N, C) probabilities and (N,) names.

    Returns ``recall`` (``recall_by_person``), the ``worst_tenth`` and ``gini`` of it over people,
    ``calibration_error`` and, speaker by speaker, ``calibration_error_by_person``.
    """
    true, speaker = np.asarray(true), np.asarray(speaker)
    recall = recall_by_person(true, predicted, speaker, np.shape(probability)[1])
    mine = {str(s): speaker == s for s in np.unique(speaker)}
    return {"recall": recall, "worst_tenth": worst_tenth(list(recall.values())),
            "gini": gini(list(recall.values())),
            "calibration_error": calibration_error(true, probability),
            "calibration_error_by_person": {s: calibration_error(true[m], probability[m])
                                            for s, m in mine.items()}}
