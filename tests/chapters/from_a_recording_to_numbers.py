"""Answers to the exercises of "From a recording to numbers"."""

import math

import numpy as np
from book_code import Answers

EQUATIONS = {}


def by_counting(x, groups):
    """Between groups, by sums of squares."""
    x, names = list(map(float, x)), list(groups)
    middle = sum(x) / len(x)
    total = sum((v - middle) ** 2 for v in x)
    between = 0.0
    for name in set(names):
        own = [v for v, n in zip(x, names, strict=True) if n == name]
        between += len(own) * (sum(own) / len(own) - middle) ** 2
    return between / total


def one_minus_within(x, groups):
    within = sum(x[groups == g].var() * (groups == g).mean() for g in np.unique(groups))
    return 1 - within / x.var()


def unweighted(x, groups):
    return np.var([x[groups == g].mean() for g in np.unique(groups)]) / x.var()


def as_if_heard(clips, everybody, k):
    """As if everybody had said k clips before."""
    return (clips.sum(0) + k * everybody) / max(len(clips) + k, 1e-9)


ANSWERS = {
    "semitones": Answers(
        right=[lambda hz: 12 * (np.log(hz) - math.log(27.5)) / math.log(2),
               lambda hz: 12 * np.log2(hz / 27.5)],
        wrong=[lambda hz: 12 * np.log(hz / 27.5), lambda hz: 12 * hz / 27.5 - 12,
               lambda hz: np.log2(hz / 27.5), lambda hz: 12 * np.log2(hz / 55)]),
    "shares": Answers(
        right=[by_counting, one_minus_within],
        wrong=[unweighted, lambda x, groups: 1 - one_minus_within(x, groups),
               lambda x, groups: np.sqrt(one_minus_within(x, groups)),
               lambda x, groups: one_minus_within(x, groups) * x.var()]),
    "shrunk": Answers(
        right=[as_if_heard],
        wrong=[lambda clips, everybody, k: clips.mean(0) if len(clips) else everybody,
               lambda clips, everybody, k: everybody,
               lambda clips, everybody, k: (
                   everybody + k / (len(clips) + k) * (clips.mean(0) - everybody)
                   if len(clips) else everybody),
               lambda clips, everybody, k: (
                   (clips.mean(0) + everybody) / 2 if len(clips) and k else
                   clips.mean(0) if len(clips) else everybody)]),
}
