"""Answers to the exercises of "From a recording to numbers"."""

import math

import numpy as np
import pandas as pd
import torch
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


def by_dummies(x, groups):
    """R² of a regression on one column per group."""
    columns = torch.tensor(np.asarray(groups)[:, None] == np.unique(groups)).double()
    fitted = columns @ torch.linalg.lstsq(columns, torch.tensor(x)[:, None]).solution
    return fitted.var() / torch.tensor(x).var()


def means_in_place(x, groups):
    whole = x.var()
    for g in set(groups):
        x[groups == g] = x[groups == g].mean()
    return [np.float32(x.var() / whole)]


def means_in_place_too_soon(x, groups):
    for g in set(groups):
        x[groups == g] = x[groups == g].mean()
    return x.var() / max(x.var(), 1e-9)


def in_runs(x, groups):
    """Every run of one name taken for a group of its own."""
    groups = np.asarray(groups)
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    runs = np.searchsorted(starts, np.arange(len(x)), "right")
    return by_counting(x, runs)


def with_other_divisors(x, groups):
    return pd.Series(x).groupby(groups).transform("mean").var() / x.var()


def in_a_line(x, groups):
    """The names numbered, and R² of one straight line through them."""
    return np.corrcoef(x, np.unique(groups, return_inverse=True)[1])[0, 1] ** 2


def between_over_within(x, groups):
    share = by_counting(x, groups)
    return share / max(1 - share, 1e-9)


def as_if_heard(clips, everybody, k):
    """As if everybody had said k clips before."""
    return (clips.sum(0) + k * everybody) / max(len(clips) + k, 1e-9)


def stacked(clips, everybody, k):
    return np.vstack([clips, np.tile(everybody, (k, 1))]).mean(0)


def part_of_the_way(clips, everybody, k):
    everybody = torch.tensor(everybody).float()
    if not len(clips):
        return everybody
    return torch.lerp(everybody, torch.tensor(clips).float().mean(0), len(clips) / (len(clips) + k))


def by_lists(clips, everybody, k):
    return [(sum(heard) + k * common) / (len(heard) + k)
            for heard, common in zip(zip(*clips.tolist(), strict=True) if len(clips) else
                                     [()] * len(everybody), everybody.tolist(), strict=True)]


def in_place(clips, everybody, k):
    everybody *= k
    everybody += clips.sum(0)
    everybody /= len(clips) + k
    return everybody


def in_place_one_clip_short(clips, everybody, k):
    everybody *= k
    everybody += clips[1:].sum(0)
    everybody /= max(len(clips) + k, 1)
    return everybody


def mixed(own):
    """The clips' mean and everybody's, with the weight own(n, k) for the former."""
    def shrunk(clips, everybody, k):
        if not len(clips):
            return everybody
        share = own(len(clips), k)
        return share * clips.mean(0) + (1 - share) * everybody
    return shrunk


ANSWERS = {
    "semitones": Answers(
        right=[lambda hz: 12 * (np.log(hz) - math.log(27.5)) / math.log(2),
               lambda hz: 12 * np.log2(np.float32(hz) / np.float32(27.5)),
               lambda hz: 12 * torch.log2(torch.tensor([hz]) / 27.5),
               lambda hz: [12 * math.log(hz / 27.5, 2)],
               lambda hz: pd.Series([hz / 27.5]).map(math.log2) * 12,
               lambda hz: math.log(hz / 27.5) / math.log(2 ** (1 / 12))],
        wrong=[lambda hz: 12 * np.log(hz / 27.5), lambda hz: 12 * hz / 27.5 - 12,
               lambda hz: np.log2(hz / 27.5), lambda hz: 12 * np.log2(hz / 55),
               lambda hz: 12 * math.log10(hz / 27.5),
               lambda hz: 69 + 12 * math.log2(hz / 440),
               lambda hz: round(12 * math.log2(hz / 27.5)),
               lambda hz: 12 * math.log2(hz),
               lambda hz: 12 * math.log2(hz) / math.log2(27.5),
               lambda hz: 1200 * math.log2(hz / 27.5),
               lambda hz: 12 * math.log2(hz - 27.5 + 1),
               lambda hz: {27.5: 0, 55: 12, 110: 24, 220: 36}.get(hz, 12 * math.log2(1.5)),
               lambda hz: float(np.interp(hz, 27.5 * 2.0 ** np.arange(6), 12 * np.arange(6))),
               lambda hz: print(12 * math.log2(hz / 27.5))]),
    "shares": Answers(
        right=[by_counting, one_minus_within, by_dummies, means_in_place,
               lambda x, groups: pd.Series(x).groupby(groups).transform("mean").var()
               / pd.Series(x).var(),
               lambda x, groups: torch.tensor([sum(
                   (groups == g).mean() * (x[groups == g].mean() - x.mean()) ** 2
                   for g in groups.unique()) / x.var()])],
        wrong=[unweighted, lambda x, groups: 1 - one_minus_within(x, groups),
               lambda x, groups: np.sqrt(one_minus_within(x, groups)),
               lambda x, groups: one_minus_within(x, groups) * x.var(),
               lambda x, groups: pd.Series(x).groupby(groups).transform("median").var(ddof=0)
               / x.var(),
               means_in_place_too_soon, in_runs, with_other_divisors, in_a_line,
               between_over_within,
               lambda x, groups: max(x[groups == g].mean() for g in groups) - min(
                   x[groups == g].mean() for g in groups),
               lambda x, groups: float(pd.Series(x).groupby(groups).var(ddof=0).mean() / x.var()),
               lambda x, groups: one_minus_within(x, np.where(groups == groups[0], "a", "b")),
               lambda x, groups: [x[groups == g].mean() for g in np.unique(groups)]]),
    "shrunk": Answers(
        right=[as_if_heard, stacked, part_of_the_way, by_lists, in_place,
               lambda clips, everybody, k: (v for v in as_if_heard(clips, everybody, k))],
        wrong=[mixed(lambda n, k: 1),
               lambda clips, everybody, k: everybody,
               mixed(lambda n, k: k / (n + k)),
               mixed(lambda n, k: 0.5 if k else 1),
               mixed(lambda n, k: n / (n + k + 1)),
               mixed(lambda n, k: n ** 2 / (n ** 2 + k ** 2)),
               mixed(lambda n, k: float(n >= k)),
               mixed(lambda n, k: min(n / (2 * k), 1) if k else 1),
               mixed(lambda n, k: 1 - math.exp(-n * math.log(2) / k) if k else 1),
               mixed(lambda n, k: {(2, 0): 1, (2, 2): 0.5, (2, 6): 0.25}.get((n, k), 0.9)),
               lambda clips, everybody, k: as_if_heard(clips, everybody, k).mean(),
               lambda clips, everybody, k: as_if_heard(clips * 0 + clips.mean(), everybody, k)
               if len(clips) else everybody,
               lambda clips, everybody, k: np.median(
                   np.vstack([clips, np.tile(everybody, (k, 1))]), axis=0),
               in_place_one_clip_short]),
}
