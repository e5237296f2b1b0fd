"""Answers to the exercises of "When it fails, and whom it may harm"."""

import re
from collections import Counter

import numpy as np
import pandas as pd
import torch
from book_code import Answers
from scipy.optimize import brentq
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score

EQUATIONS = {}


def by_ranks(members, others):
    n = len(members)
    ranks = rankdata([*members, *others])[:n]
    return (ranks.sum() - n * (n + 1) / 2) / n / len(others)


def pairs_in_torch(members, others):
    members, others = torch.tensor(members).float(), torch.tensor(others).float()
    return torch.heaviside(members[:, None] - others, torch.tensor(0.5)).mean()


def pairs_in_place(members, others):
    """A win is worth 1, a tie a half: taken away from the members one by one."""
    points = 0
    while len(members):
        last, members = members[-1], members[:-1]
        others -= last
        points += (others < 0).sum() + (others == 0).sum() / 2
        others += last
    return [points]


def pairs_in_place_averaged(members, others):
    size = len(members) * len(others)
    members.sort()
    return [part / size for part in pairs_in_place(members[::-1], others)]


def one_to_one(members, others):
    """Each member with one other, in the order given."""
    pairs = list(zip(members, others, strict=False))
    return sum(1.0 if m > o else 0.5 if m == o else 0.0 for m, o in pairs) / len(pairs)


def best_threshold(members, others):
    return max(((members >= t).mean() + (others < t).mean()) / 2 for t in [*members, *others])


def count_pairs(members, others):
    points = sum(1.0 if m > o else 0.5 if m == o else 0.0 for m in members for o in others)
    return points / (len(members) * len(others))


def differences(members, others):
    return np.asarray(members)[:, None] - np.asarray(others)


def by_counting(speaker):
    names, index, count = np.unique(speaker, return_inverse=True, return_counts=True)
    return len(speaker) / len(names) / count[index]


def by_counting_in_torch(speaker):
    _, index, count = torch.unique(torch.tensor([hash(s) for s in speaker]), return_inverse=True,
                                   return_counts=True)
    weight = 1 / count[index].float()
    return weight / weight.mean()


def by_a_group(speaker):
    own = pd.Series(1.0, range(len(speaker))).groupby(speaker).transform("size")
    return (1 / own) * (len(own) / (1 / own).sum())


def by_a_counter(speaker):
    often = Counter(speaker.tolist())
    return (len(speaker) / len(often) / often[s] for s in speaker)


def in_the_order_of_names(speaker):
    """Group after group, and not utterance by utterance."""
    return np.sort(by_counting(speaker)[np.argsort(speaker, kind="stable")])


def group_after_group(speaker):
    return by_counting(np.sort(speaker))


def all_on_the_first(speaker):
    names, first = np.unique(speaker, return_index=True)
    out = np.zeros(len(speaker))
    out[first] = len(speaker) / len(names)
    return out


def spared(text, names):
    """Whole words, any case, each name by itself."""
    for name in names:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "someone", text, flags=re.IGNORECASE)
    return text


def by_tokens(text, names):
    """Word by word; what is no word stays as it is."""
    low = {name.lower() for name in names}
    return "".join("someone" if part.lower() in low else part
                   for part in re.split(r"([\w.]*\w)", text))


def one_by_one_in_place(text, names):
    while names:
        text = re.compile(pattern([names.pop()]), re.I).sub("someone", text)
    return np.str_(text)


def by_a_lambda(text, names):
    low = [name.lower() for name in names]
    return re.sub(r"\w+(\.\w+)*", lambda m: "someone" if m[0].lower() in low else m[0], text)


def pattern(names, form=r"\b({})\b", escape=re.escape):
    return form.format("|".join(map(escape, names)))


def report(before, after, decile=0.1):
    change = after - before
    return [np.mean(after) - np.mean(before), np.quantile(change, decile), int(sum(change < 0))]


def report_in_place(before, after):
    after -= before
    after.sort()
    return after.mean(), after[len(after) // 10], np.searchsorted(after, 0)


def report_in_torch(before, after):
    before, after = torch.tensor(before).float(), torch.tensor(after).float()
    return torch.stack([(after - before).mean(), (after - before).quantile(0.1),
                        (after < before).sum()])


def report_in_a_series(before, after):
    gains = pd.Series(after - before)
    return pd.Series([gains.mean(), gains.quantile(0.1), gains.lt(0).sum()], [*"abc"])


def report_of_the_sorted(before, after):
    """In place: the first of one list need not be the first of the other."""
    before.sort()
    after.sort()
    return report(before, after)


def report_with(place, value):
    """The right report, but for one of its numbers."""
    def changed(before, after):
        out = report(before, after)
        out[place] = value(after - before, out[place])
        return out
    return changed


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
        right=[report, report_in_place, report_in_torch, report_in_a_series,
               lambda before, after: np.array(report(before, after), "float32")],
        wrong=[other_deciles, report_of_the_sorted,
               lambda before, after: report(before, after, decile=0.9),
               lambda before, after: report(before, after)[:2],
               lambda before, after: report(after, before),
               report_with(0, lambda gains, right: np.median(gains)),
               report_with(1, lambda gains, right: np.percentile(gains, 0.1)),
               report_with(1, lambda gains, right: gains.min()),
               report_with(1, lambda gains, right: gains.mean() - 1.2816 * gains.std()),
               report_with(2, lambda gains, right: (gains <= 0).sum()),
               report_with(2, lambda gains, right: (gains > 0).sum()),
               report_with(2, lambda gains, right: right / len(gains)),
               report_with(2, lambda gains, right: np.flatnonzero(gains < 0)),
               lambda before, after: print(report(before, after))]),
    "weights": Answers(
        right=[by_counting, by_counting_in_torch, by_a_group, by_a_counter],
        wrong=[lambda speaker: np.ones(len(speaker)),
               lambda speaker: [1 / list(speaker).count(s) for s in speaker],
               lambda speaker: [list(speaker).count(s) for s in speaker],
               lambda speaker: [len(speaker) / list(speaker).count(s) for s in speaker],
               lambda speaker: by_counting(speaker) / len(speaker),
               lambda speaker: by_counting(speaker) ** 0.5,
               lambda speaker: dict(zip(speaker, by_counting(speaker), strict=True)),
               lambda speaker: np.unique(by_counting(speaker)),
               in_the_order_of_names, group_after_group, all_on_the_first]),
    "break_even": Answers(
        right=[lambda own, none, other: 1 - (own - none) / (own - other),
               lambda own, none, other: torch.tensor(none - other) / (own - other),
               lambda own, none, other: [np.interp(none, [other, own], [0, 1])],
               lambda own, none, other: np.linalg.solve(
                   [[own - other]], [none - other]),
               lambda own, none, other: brentq(
                   lambda p: p * own + (1 - p) * other - none, -1, 2)],
        wrong=[lambda own, none, other: (own - none) / (own - other),
               lambda own, none, other: none / own,
               lambda own, none, other: (none - other) / own,
               lambda own, none, other: (none - other) / (own - none),
               lambda own, none, other: none - other,
               lambda own, none, other: (own - other) / (none - other),
               lambda own, none, other: none / (own + other),
               lambda own, none, other: (none - other) / (none + own)]),
    "auc": Answers(
        right=[count_pairs, by_ranks, pairs_in_torch, pairs_in_place_averaged,
               lambda members, others: roc_auc_score(
                   [1] * len(members) + [0] * len(others), [*members, *others])],
        wrong=[lambda members, others: float(np.mean(members) > np.mean(others)),
               lambda members, others: (differences(members, others) > 0).mean(),
               lambda members, others: (differences(members, others) >= 0).mean(),
               lambda members, others: count_pairs(others, members),
               lambda members, others: count_pairs(np.unique(members), np.unique(others)),
               lambda members, others: (members > np.mean(others)).mean(),
               pairs_in_place, one_to_one, best_threshold]),
    "blind": Answers(
        right=[spared, by_tokens, one_by_one_in_place, by_a_lambda],
        wrong=[by_word,
               lambda text, names: re.sub("|".join(names), "someone", text),
               lambda text, names: re.sub(pattern(names), "someone", text),
               lambda text, names: re.sub(pattern(names, escape=str), "someone", text, flags=re.I),
               lambda text, names: re.sub(pattern(names, r"\b({})"), "someone", text, flags=re.I),
               lambda text, names: re.sub(pattern(names, r"({})\b"), "someone", text, flags=re.I),
               lambda text, names: re.sub(pattern(names), "", text, flags=re.I),
               lambda text, names: re.sub(pattern(names), "someone", text, count=1, flags=re.I),
               lambda text, names: re.sub(pattern(names, r"\b({})\b(?!')"), "someone", text,
                                          flags=re.I),
               lambda text, names: spared(text, names).lower(),
               lambda text, names: spared(text, names).split(),
               lambda text, names: spared(text, names[:1])]),
    "precision": Answers(
        right=[by_bayes,
               lambda p, r, f: torch.tensor(p * r) / (p * r + (1 - p) * f),
               lambda p, r, f: [1 - (1 - p) * f / ((1 - p) * f + p * r)],
               lambda p, r, f: np.float32(p) * r / np.dot([p, 1 - p], [r, f])],
        wrong=[lambda p, r, f: r,
               lambda p, r, f: r / (r + f),
               lambda p, r, f: p * r,
               lambda p, r, f: p * r / (r + f),
               lambda p, r, f: (1 - p) * f / (p * r + (1 - p) * f),
               lambda p, r, f: p * (1 - f) / (p * (1 - f) + (1 - p) * r),
               lambda p, r, f: 100 * by_bayes(p, r, f),
               of_everybody]),
    "use": Answers(right=["c", "C ", "(c)", np.array("c."), ["C"]],
                   wrong=["a", "b", "d", "e", "all of them", 3, "c and b"]),
}
