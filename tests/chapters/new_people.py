"""Answers to the exercises of "New people"."""

import math

import numpy as np
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


def each_by_its_own(x, felt, prior, effect):
    return np.mean([row - (p - prior) @ effect for row, p in zip(x, felt, strict=True)], 0)


def surest_by_sorting(probability, true, share):
    ranked = sorted(zip(probability.max(1), probability.argmax(1) == true, strict=True),
                    key=lambda pair: -pair[0])
    kept = [right for _, right in ranked][:round(share * len(true))]
    return sum(kept) / len(kept)


def margin_to_one_class(probability, true, share):
    """Sure of class 0, not of what was named."""
    order = np.argsort(-probability[:, 0])[:round(share * len(true))]
    return (probability.argmax(1) == true)[order].mean()


ANSWERS = {
    "pays_from": Answers(right=[from_the_largest],
                         wrong=[first_that_pays, in_the_order_given,
                                lambda clips, low: max(clips), lambda clips, low: math.inf]),
    "heard_mean": Answers(
        right=[as_if_heard, one_by_one],
        wrong=[lambda x, between, within: x.mean(0) if len(x) else 0 * between,
               lambda x, between, within: (
                   between / (between + within) * x.mean(0) if len(x) else 0 * between),
               lambda x, between, within: x.sum(0) / (len(x) + between / within),
               lambda x, between, within: (
                   within / (len(x) * between + within) * x.mean(0) if len(x) else 0 * between),
               lambda x, between, within: one_by_one(x, between, within / 2)]),
    "without_felt": Answers(
        right=[each_by_its_own,
               lambda x, felt, prior, effect: x.mean(0) - (felt.mean(0) - prior) @ effect],
        wrong=[lambda x, felt, prior, effect: x.mean(0),
               lambda x, felt, prior, effect: (x + (felt - prior) @ effect).mean(0),
               lambda x, felt, prior, effect: (x - effect[felt.argmax(1)]).mean(0)]),
    "clips_needed": Answers(
        right=[lambda between, within, left: next(
                   k for k in range(10 ** 4) if within <= left * (k * between + within) + 1e-9),
               lambda between, within, left: math.ceil(
                   round(within / between * (1 / left - 1), 9))],
        wrong=[lambda between, within, left: within / between * (1 / left - 1),
               lambda between, within, left: math.floor(within / between * (1 / left - 1)),
               lambda between, within, left: math.ceil(within / between / left),
               lambda between, within, left: math.ceil(between / within * (1 / left - 1))]),
    "answered": Answers(
        right=[surest_by_sorting],
        wrong=[margin_to_one_class,
               lambda probability, true, share: (probability.argmax(1) == true).mean(),
               lambda probability, true, share: (
                   probability.argmax(1) == true)[:round(share * len(true))].mean(),
               lambda probability, true, share: surest_by_sorting(1 - probability, true, share)]),
}
