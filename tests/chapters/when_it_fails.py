"""Answers to the exercises of "When it fails, and whom it may harm"."""

import re

import numpy as np
from book_code import Answers

EQUATIONS = {}


def count_pairs(members, others):
    points = sum(1.0 if m > o else 0.5 if m == o else 0.0 for m in members for o in others)
    return points / (len(members) * len(others))


def by_counting(speaker):
    names, index, count = np.unique(speaker, return_inverse=True, return_counts=True)
    return len(speaker) / len(names) / count[index]


def spared(text, names):
    """Whole words, any case, each name by itself."""
    for name in names:
        text = re.sub(rf"(?<!\w){name}(?!\w)", "someone", text, flags=re.IGNORECASE)
    return text


ANSWERS = {
    "report": Answers(
        right=[lambda before, after: [np.mean(after) - np.mean(before), np.percentile(after - before, 10),
                                      int(np.sum(after < before))]],
        wrong=[lambda before, after: (np.mean(after - before),
                                      np.quantile(after, 0.1) - np.quantile(before, 0.1), (after < before).sum()),
               lambda before, after: (np.mean(after - before), np.quantile(after - before, 0.9), (after < before).sum()),
               lambda before, after: (np.mean(after - before), np.quantile(after - before, 0.1), (after > before).sum())]),
    "weights": Answers(
        right=[by_counting],
        wrong=[lambda speaker: np.ones(len(speaker)),
               lambda speaker: [1 / list(speaker).count(s) for s in speaker],
               lambda speaker: [list(speaker).count(s) for s in speaker]]),
    "break_even": Answers(
        right=[lambda own, none, other: 1 - (own - none) / (own - other)],
        wrong=[lambda own, none, other: (own - none) / (own - other), lambda own, none, other: none / own,
               lambda own, none, other: (none - other) / (none + own)]),
    "auc": Answers(
        right=[count_pairs],
        wrong=[lambda members, others: float(np.mean(members) > np.mean(others)),
               lambda members, others: (np.asarray(members)[:, None] > np.asarray(others)).mean(),
               lambda members, others: (np.asarray(members)[:, None] >= np.asarray(others)).mean()]),
    "blind": Answers(
        right=[spared],
        wrong=[lambda text, names: " ".join("someone" if word in names else word for word in text.split()),
               lambda text, names: re.sub("|".join(names), "someone", text),
               lambda text, names: re.sub(rf"\b({'|'.join(names)})\b", "someone", text)]),
    "precision": Answers(
        right=[lambda prevalence, recall, false_alarm: 1 / (1 + (1 - prevalence) * false_alarm / (prevalence * recall))],
        wrong=[lambda prevalence, recall, false_alarm: recall,
               lambda prevalence, recall, false_alarm: recall / (recall + false_alarm),
               lambda prevalence, recall, false_alarm: prevalence * recall / (prevalence * recall + false_alarm)]),
    "use": Answers(right=["c", "C "], wrong=["a", "b", "d", "e", "all of them"]),
}
