"""Answers to the exercises of "When it fails, and whom it may harm"."""

import re

import numpy as np
from book_code import Answers

EQUATIONS = {}


def count_pairs(members, others):
    points = sum(1.0 if m > o else 0.5 if m == o else 0.0 for m in members for o in others)
    return points / (len(members) * len(others))


def differences(members, others):
    return np.asarray(members)[:, None] - np.asarray(others)


def by_counting(speaker):
    names, index, count = np.unique(speaker, return_inverse=True, return_counts=True)
    return len(speaker) / len(names) / count[index]


def spared(text, names):
    """Whole words, any case, each name by itself."""
    for name in names:
        text = re.sub(rf"(?<!\w){name}(?!\w)", "someone", text, flags=re.IGNORECASE)
    return text


def report(before, after, decile=0.1):
    change = after - before
    return [np.mean(after) - np.mean(before), np.quantile(change, decile), int(sum(change < 0))]


def other_deciles(before, after):
    """Each quantile by itself, as if it were the same speaker's."""
    decile = np.quantile(after, 0.1) - np.quantile(before, 0.1)
    return np.mean(after - before), decile, (after < before).sum()


def by_word(text, names):
    return " ".join("someone" if word in names else word for word in text.split())


def by_bayes(prevalence, recall, false_alarm):
    return 1 / (1 + (1 - prevalence) * false_alarm / (prevalence * recall))


def of_everybody(prevalence, recall, false_alarm):
    """As if everybody could raise a false alarm, those of the class too."""
    return prevalence * recall / (prevalence * recall + false_alarm)


ANSWERS = {
    "report": Answers(
        right=[report],
        wrong=[other_deciles,
               lambda before, after: report(before, after, decile=0.9),
               lambda before, after: [*report(before, after)[:2], (after > before).sum()]]),
    "weights": Answers(
        right=[by_counting],
        wrong=[lambda speaker: np.ones(len(speaker)),
               lambda speaker: [1 / list(speaker).count(s) for s in speaker],
               lambda speaker: [list(speaker).count(s) for s in speaker]]),
    "break_even": Answers(
        right=[lambda own, none, other: 1 - (own - none) / (own - other)],
        wrong=[lambda own, none, other: (own - none) / (own - other),
               lambda own, none, other: none / own,
               lambda own, none, other: (none - other) / (none + own)]),
    "auc": Answers(
        right=[count_pairs],
        wrong=[lambda members, others: float(np.mean(members) > np.mean(others)),
               lambda members, others: (differences(members, others) > 0).mean(),
               lambda members, others: (differences(members, others) >= 0).mean()]),
    "blind": Answers(
        right=[spared],
        wrong=[by_word,
               lambda text, names: re.sub("|".join(names), "someone", text),
               lambda text, names: re.sub(rf"\b({'|'.join(names)})\b", "someone", text)]),
    "precision": Answers(
        right=[by_bayes],
        wrong=[lambda prevalence, recall, false_alarm: recall,
               lambda prevalence, recall, false_alarm: recall / (recall + false_alarm),
               of_everybody]),
    "use": Answers(right=["c", "C "], wrong=["a", "b", "d", "e", "all of them"]),
}
