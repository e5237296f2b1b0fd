"""Answers to the exercises of "New people"."""

import math

import numpy as np
import pandas as pd
import torch
from book_code import Answers

EQUATIONS = {}


def from_the_largest(clips, low):
    """Backwards, as long as it pays."""
    best = math.inf
    for k, end in sorted(zip(clips, low, strict=True), reverse=True):
        if end <= 0:
            break
        best = k
    return best


def after_the_last_that_fails(clips, low):
    clips, low = np.asarray(clips), np.asarray(low)
    worst = clips[low <= 0].max(initial=0)
    return clips[clips > worst].min() if worst < clips.max() else np.inf


def by_a_minimum_from_here_on(clips, low):
    pays = pd.Series(low, clips).sort_index()[::-1].cummin()[::-1] > 0
    return float(pays.idxmax()) if pays.any() else float("inf")


def sorted_in_place(clips, low):
    order = sorted(range(len(clips)), key=clips.__getitem__)
    low[:] = [low[i] for i in order]
    clips.sort()
    while clips and low.pop() > 0:
        best = clips.pop()
    return torch.tensor(locals().get("best", math.inf))


def sorted_apart(clips, low):
    """In place: the clips are sorted, and their intervals are not."""
    clips.sort()
    return from_the_largest(clips, low)


def place_of_the_first(clips, low):
    clips, low = map(list, zip(*sorted(zip(clips, low, strict=True)), strict=True))
    number = from_the_largest(clips, low)
    return clips.index(number) if number in clips else math.inf


def as_if_zero_paid(clips, low):
    return from_the_largest(clips, [end + 1e-9 for end in low])


def first_that_pays(clips, low):
    return min((k for k, end in zip(clips, low, strict=True) if end > 0), default=math.inf)


def in_the_order_given(clips, low):
    """Right where the clips are sorted."""
    failing = [i for i, end in enumerate(low) if end <= 0]
    after = clips[failing[-1] + 1:] if failing else clips
    return after[0] if after else math.inf


def as_if_heard(x, between, within):
    """As if nobody in particular had said V / T utterances before."""
    return x.sum(0) / (len(x) + within / between)


def one_by_one(x, between, within):
    """Bayes' rule, utterance by utterance."""
    mean, open_ = np.zeros(x.shape[1]), between
    for row in x:
        gain = open_ / (open_ + within)
        mean, open_ = mean + gain * (row - mean), (1 - gain) * open_
    return mean


def mean_if_any(x, between, within, weight):
    return weight(len(x), between, within) * x.mean(0) if len(x) else 0 * between


def summed_in_place(x, between, within):
    x *= between / (len(x) * between + within)
    return [sum(column) for column in x.T]


def by_torch(x, between, within):
    x, T, V = (torch.tensor(a, dtype=torch.float32) for a in (x, between, within))
    return T / (len(x) * T + V) * x.sum(0)


def each_by_its_own(x, felt, prior, effect):
    return np.mean([row - (p - prior) @ effect for row, p in zip(x, felt, strict=True)], 0)


def by_einsum(x, felt, prior, effect):
    x, more, effect = (torch.tensor(a, dtype=torch.float32) for a in (x, felt - prior, effect))
    return (x - torch.einsum("kc,cd->kd", more, effect)).mean(0)


def taken_in_place(x, felt, prior, effect):
    felt -= prior
    for c in range(len(prior)):
        x -= felt[:, [c]] * effect[c]
    return x.mean(0).tolist()


def of_the_likeliest(x, felt, prior, effect):
    return (x - effect[felt.argmax(1)]).mean(0)


def by_counting_up(between, within, left):
    k = 0
    while within > left * (k * between + within):
        k += 1
    return k


def from_one_on(between, within, left):
    k = 1
    while within > left * (k * between + within):
        k += 1
    return k


def surest_by_sorting(probability, true, share):
    ranked = sorted(zip(probability.max(1), probability.argmax(1) == true, strict=True),
                    key=lambda pair: -pair[0])
    kept = [right for _, right in ranked][:round(share * len(true))]
    return sum(kept) / len(kept)


def surest_in_a_frame(probability, true, share):
    frame = pd.DataFrame({"p": probability.max(1), "right": probability.argmax(1) == true})
    return frame.nlargest(round(share * len(true)), "p").right.mean()


def surest_by_topk(probability, true, share):
    top, named = torch.tensor(probability, dtype=torch.float32).max(1)
    surest = top.topk(int(share * len(true) + 0.5)).indices
    return (named == torch.tensor(true))[surest].float().mean()


def surest_in_place(probability, true, share):
    true -= probability.argmax(1)
    probability.sort(1)
    return [np.mean(true[probability[:, -1].argsort()[::-1]][:round(share * len(true))] == 0)]


def surest_of_the_sorted(probability, true, share):
    """In place: once the rows are sorted, the last column is the largest in every one."""
    probability.sort(1)
    return surest_by_sorting(probability, true, share)


def by_the_margin(probability, true, share):
    low, high = np.sort(probability, 1)[:, -2:].T
    order = np.argsort(low - high)[:round(share * len(true))]
    return (probability.argmax(1) == true)[order].mean()


def by_the_true_ones(probability, true, share):
    order = np.argsort(-probability[np.arange(len(true)), true])[:round(share * len(true))]
    return (probability.argmax(1) == true)[order].mean()


def above_the_share(probability, true, share):
    sure = probability.max(1) >= share
    return (probability.argmax(1) == true)[sure].mean() if sure.any() else 0.0


def margin_to_one_class(probability, true, share):
    """Sure of class 0, not of what was named."""
    order = np.argsort(-probability[:, 0])[:round(share * len(true))]
    return (probability.argmax(1) == true)[order].mean()


ANSWERS = {
    "pays_from": Answers(
        right=[from_the_largest, after_the_last_that_fails, by_a_minimum_from_here_on,
               sorted_in_place,
               lambda clips, low: np.array([from_the_largest(clips, low)], "float32")],
        wrong=[first_that_pays, in_the_order_given, sorted_apart, place_of_the_first,
               as_if_zero_paid,
               lambda clips, low: max(clips), lambda clips, low: math.inf,
               lambda clips, low: min(from_the_largest(clips, low), max(clips)),
               lambda clips, low: sum(end > 0 for end in low),
               lambda clips, low: max((k for k, end in zip(clips, low, strict=True) if end <= 0),
                                      default=1),
               lambda clips, low: {(1, 4): 4, (1, 5): 8, (16, 4): 2, (1, 3): 1}.get(
                   (clips[0], len(clips)), math.inf)]),
    "heard_mean": Answers(
        right=[as_if_heard, one_by_one, summed_in_place, by_torch,
               lambda *given: as_if_heard(*given).tolist()],
        wrong=[lambda *given: mean_if_any(*given, lambda k, T, V: 1),
               lambda *given: mean_if_any(*given, lambda k, T, V: T / (T + V)),
               lambda *given: mean_if_any(*given, lambda k, T, V: V / (k * T + V)),
               lambda *given: mean_if_any(*given, lambda k, T, V: T.mean() / (T + V / k).mean()),
               lambda *given: mean_if_any(*given, lambda k, T, V: T / (T + V / k ** 0.5)),
               lambda *given: mean_if_any(*given, lambda k, T, V: T ** 0.5 / (
                   T ** 0.5 + (V / k) ** 0.5)),
               lambda x, between, within: x.sum(0) / (len(x) + between / within),
               lambda x, between, within: as_if_heard(x, within, between),
               lambda x, between, within: as_if_heard(x, between, within).sum(),
               lambda x, between, within: as_if_heard(x[:6], between, within),
               lambda x, between, within: one_by_one(x, between, within / 2)]),
    "without_felt": Answers(
        right=[each_by_its_own, by_einsum, taken_in_place,
               lambda x, felt, prior, effect: x.mean(0) - (felt.mean(0) - prior) @ effect],
        wrong=[of_the_likeliest,
               lambda x, felt, prior, effect: x.mean(0),
               lambda x, felt, prior, effect: (x + (felt - prior) @ effect).mean(0),
               lambda x, felt, prior, effect: (x - felt @ effect).mean(0),
               lambda x, felt, prior, effect: x - (felt - prior) @ effect,
               lambda x, felt, prior, effect: (x - (felt - prior) @ effect).sum(0),
               lambda x, felt, prior, effect: np.median(x - (felt - prior) @ effect, 0),
               lambda x, felt, prior, effect: of_the_likeliest(x + prior @ effect, felt, prior,
                                                               effect),
               lambda x, felt, prior, effect: each_by_its_own(x[:2], felt[:2], prior, effect)]),
    "clips_needed": Answers(
        right=[by_counting_up, lambda between, within, left: np.float32(np.ceil(
                   np.float32(round(within / between * (1 / left - 1), 6)))),
               lambda between, within, left: torch.arange(10 ** 4)[
                   within / (torch.arange(10 ** 4) * between + within) <= left + 1e-9][0],
               lambda between, within, left: math.ceil(
                   round(within / between * (1 / left - 1), 9))],
        wrong=[from_one_on,
               lambda between, within, left: within / between * (1 / left - 1),
               lambda between, within, left: math.floor(within / between * (1 / left - 1)),
               lambda between, within, left: math.floor(within / between * (1 / left - 1)) + 1,
               lambda between, within, left: round(within / between * (1 / left - 1) + 0.01),
               lambda between, within, left: math.ceil(within / between / left),
               lambda between, within, left: math.ceil((within / between) ** 0.5 * (1 / left - 1)),
               lambda between, within, left: math.ceil(within / (between + within) / left),
               lambda between, within, left: math.ceil(between / within * (1 / left - 1))]),
    "answered": Answers(
        right=[surest_by_sorting, surest_in_a_frame, surest_by_topk, surest_in_place],
        wrong=[margin_to_one_class, surest_of_the_sorted, by_the_margin, by_the_true_ones,
               above_the_share,
               lambda probability, true, share: (probability.argmax(1) == true).mean(),
               lambda probability, true, share: (
                   probability.argmax(1) == true)[:round(share * len(true))].mean(),
               lambda probability, true, share: share * surest_by_sorting(probability, true, share),
               lambda probability, true, share: 100 * surest_by_sorting(probability, true, share),
               lambda probability, true, share: surest_by_sorting(1 - probability, true, share)]),
}
