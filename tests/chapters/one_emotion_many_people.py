"""Answers to the exercises of "One emotion, many people", and its equation by hand."""

from itertools import product
from math import exp

import numpy as np
import torch
from book_code import Answers, Equation


def express_holds(express):
    """Feature by feature, with Python's own arithmetic."""
    prototype, loud, noise = [1.0, -2.0], [0.5, 0.5], [0.1, 0.2]
    log_gain, shift = [0.3, -0.7], [2.0, -1.0]
    got = express(*map(np.array, (prototype, loud, noise, log_gain, shift)))
    for d in range(2):
        z = prototype[d] * loud[d] + noise[d]
        assert abs(got[d] - (shift[d] + z * exp(log_gain[d]))) < 1e-12


def transition_holds(transition):
    """Emotion by emotion, with and without a last emotion of either kind."""
    prior, inertia, contagion = [0.6, 0.3, 0.1], 0.35, 0.2
    for own, before in product((None, 0, 2), (None, 1, 2)):
        got = transition(np.array(prior), inertia, contagion, own, before)
        for e in range(3):
            anew = 1 - (0 if own is None else 0.35) - (0 if before is None else 0.2)
            p = anew * prior[e] + (0.35 if e == own else 0) + (0.2 if e == before else 0)
            assert abs(got[e] - p) < 1e-12


EQUATIONS = {
    "simulated": Equation("express", "mlsan.sources.simulated:express", express_holds),
    "transition": Equation("transition", "mlsan.sources.simulated:transition", transition_holds),
}


def rows_where(test):
    return lambda rows: [i for i, row in enumerate(rows) if test(*row)]


def by_one(labels, nearest):
    return sum(a == labels[n] for a, n in zip(labels, nearest, strict=True)) / len(labels)


def shares_by_torch(gates):
    gates = torch.tensor(gates)
    return gates / gates.sum(1)[:, None]


def by_least_squares(own, before, emotion, prior):
    """Each turn and emotion is an equation: [said] - prior = inertia (...) + contagion (...)."""
    said, mine, last = (np.eye(len(prior))[x] - prior for x in (emotion, own, before))
    return np.linalg.lstsq(np.stack([mine.ravel(), last.ravel()], 1), said.ravel())[0]


def less_chance(own, before, emotion, prior):
    """As if whatever isn't kept from the one were drawn anew."""
    chance = (prior ** 2).sum()
    return [((emotion == x).mean() - chance) / (1 - chance) for x in (own, before)]


ANSWERS = {
    "undo": Answers(
        right=[lambda x, log_gain, shift: np.exp(-log_gain) * x - shift / np.exp(log_gain)],
        wrong=[lambda x, log_gain, shift: (x - shift) * np.exp(log_gain),
               lambda x, log_gain, shift: x * np.exp(-log_gain) - shift,
               lambda x, log_gain, shift: (x - shift) / log_gain.clip(0.1)]),
    "agreement": Answers(
        right=[by_one],
        wrong=[lambda labels, nearest: (labels == labels[nearest]).sum(),
               lambda labels, nearest: (np.arange(len(labels)) == nearest).mean(),
               lambda labels, nearest: (labels != labels[nearest]).mean() + 0.1]),
    "rare_feeling": Answers(right=[0.36, 1 / (1 + 0.472 / 0.27), torch.tensor(0.3639)],
                            wrong=[10 / 11, 0.27, 0.027, 0.57]),
    "gap_closed": Answers(
        right=[lambda static, model, best: 1 - (best - model) / (best - static)],
        wrong=[lambda static, model, best: (model - static) / (1 - static),
               lambda static, model, best: model / best,
               lambda static, model, best: (best - model) / (best - static)]),
    "neutral_or_ruined": Answers(
        right=["Destroyed "],
        wrong=["neutralised", "sharpened", "both of them, I would say"]),
    "shares": Answers(
        right=[lambda gates: (gates.T / gates.sum(1)).T, shares_by_torch],
        wrong=[lambda gates: gates / gates.sum(),
               lambda gates: gates / gates.sum(0),
               lambda gates: np.exp(gates) / np.exp(gates).sum(1, keepdims=True)]),
    "told_apart": Answers(
        right=[rows_where(lambda d, low, high: low * high > 0)],
        wrong=[rows_where(lambda d, low, high: low > 0),
               rows_where(lambda d, low, high: abs(d) > 0.01),
               rows_where(lambda d, low, high: low < 0 < high)]),
    "habits": Answers(
        right=[by_least_squares],
        wrong=[lambda own, before, emotion, prior: ((emotion == own).mean(),
                                                    (emotion == before).mean()),
               less_chance,
               lambda own, before, emotion, prior: by_least_squares(before, own, emotion, prior),
               lambda own, before, emotion, prior: sum(
                   by_least_squares(own, before, emotion, prior))]),
}
