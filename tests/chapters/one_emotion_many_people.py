"""Answers to the exercises of "One emotion, many people", and its equation by hand."""

from fractions import Fraction
from itertools import product
from math import exp

import numpy as np
import pandas as pd
import torch
from book_code import Answers, Equation
from scipy.optimize import minimize


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


def undone_in_place(x, log_gain, shift):
    x -= shift
    x /= np.exp(log_gain)
    return x


def swapped_in_place(x, log_gain, shift):
    x /= np.exp(log_gain)
    x -= shift
    return x


def by_one(labels, nearest):
    return sum(a == labels[n] for a, n in zip(labels, nearest, strict=True)) / len(labels)


def by_torch(labels, nearest):
    labels = torch.tensor(labels)
    return (labels[torch.tensor(nearest)] == labels).float().mean()


def after_sorting(labels, nearest):
    labels.sort()
    return (labels == labels[nearest]).mean()


def per_class(labels, nearest):
    alike = labels == labels[nearest]
    return np.mean([alike[labels == c].mean() for c in np.unique(labels)])


def shown(static, model, best):
    print((model - static) / (best - static))


def shares_by_torch(gates):
    gates = torch.tensor(gates, dtype=torch.float32)
    return list(gates / gates.sum(1)[:, None])


def shares_in_place(gates):
    for row in gates:
        row /= row.sum()
    return gates


def columns_in_place(gates):
    gates /= gates.sum(0)
    return gates


def rows_where(test):
    return lambda rows: [i for i, row in enumerate(rows) if test(*row)]


def apart(rows):
    """(n,) booleans, by NumPy or by PyTorch."""
    return (rows[:, 1] > 0) | (rows[:, 2] < 0)


def marked_in_place(rows):
    rows[:, 0] = rows[:, 1] * rows[:, 2]
    return (rows[:, 0] > 0).nonzero()[0].tolist()


def by_least_squares(own, before, emotion, prior):
    """Each turn and emotion is an equation: [said] - prior = inertia (...) + contagion (...)."""
    said, mine, last = (np.eye(len(prior))[x] - prior for x in (emotion, own, before))
    return np.linalg.lstsq(np.stack([mine.ravel(), last.ravel()], 1), said.ravel())[0]


def by_torch_least_squares(*given):
    *turns, prior = map(torch.tensor, given)
    mine, last, said = (torch.eye(len(prior), dtype=prior.dtype)[x] - prior for x in turns)
    both = torch.stack([mine.ravel(), last.ravel()], 1)
    return torch.linalg.solve(both.T @ both, both.T @ said.reshape(-1, 1)).float()


def likeliest(own, before, emotion, prior):
    """What the turn's emotion had as probability, made as large as it goes."""
    seen = np.stack([own == emotion, before == emotion, prior[emotion]])
    kinds, times = np.unique(seen, axis=1, return_counts=True)

    def surprise(shares):
        kept = shares @ kinds[:2] + (1 - shares.sum()) * kinds[2]
        return -(times * np.log(np.maximum(kept, 1e-9))).sum() / times.sum()

    return minimize(surprise, [0.2, 0.2], method="Nelder-Mead").x


def moments_where_apart(own, before, emotion, prior, drop=True, common=None):
    """The notebook's way, in lists; without dropping, or with one share for both, it's off."""
    turns = [t for t in zip(own.tolist(), before.tolist(), emotion.tolist(), strict=True)
             if t[0] != t[1] or not drop]
    a = sum(o == e for o, _, e in turns) / len(turns)
    b = sum(x == e for _, x, e in turns) / len(turns)
    p = common or sum(prior[o] for o, _, _ in turns) / len(turns)
    q = common or sum(prior[x] for _, x, _ in turns) / len(turns)
    anew = (1 - a - b) / (1 - p - q)
    return a - anew * p, b - anew * q


def less_chance(own, before, emotion, prior):
    """As if whatever isn't kept from the one were drawn anew."""
    chance = (prior ** 2).sum()
    return [((emotion == x).mean() - chance) / (1 - chance) for x in (own, before)]


def less_luck(own, before, emotion, prior):
    chance = (prior ** 2).sum()
    return (emotion == own).mean() - chance, (emotion == before).mean() - chance


ANSWERS = {
    "undo": Answers(
        right=[lambda x, log_gain, shift: np.exp(-log_gain) * x - shift / np.exp(log_gain),
               undone_in_place,
               lambda *given: [(x - b) / exp(g) for x, g, b in zip(*given, strict=True)],
               lambda x, log_gain, shift: torch.tensor(x - shift, dtype=torch.float32)
               / torch.tensor(log_gain).exp()],
        wrong=[lambda x, log_gain, shift: (x - shift) * np.exp(log_gain),
               lambda x, log_gain, shift: x * np.exp(-log_gain) - shift,
               lambda x, log_gain, shift: (x - shift) / log_gain.clip(0.1),
               lambda x, log_gain, shift: x - shift,
               lambda x, log_gain, shift: (x - shift) / 10**log_gain,
               lambda x, log_gain, shift: (x - shift) / np.exp(log_gain).mean(),
               lambda x, log_gain, shift: (x + shift) * np.exp(-log_gain),
               lambda x, log_gain, shift: ((x - shift) / np.exp(log_gain))[:, None],
               swapped_in_place,
               lambda x, log_gain, shift: [1.0, -2.0, 0.5]]),
    "agreement": Answers(
        right=[by_one, by_torch,
               lambda labels, nearest: np.float32(1 - np.count_nonzero(labels - labels[nearest])
                                                  / len(labels)),
               lambda labels, nearest: [pd.Series(labels).eq(labels[nearest]).mean()]],
        wrong=[lambda labels, nearest: (labels == labels[nearest]).sum(),
               lambda labels, nearest: (np.arange(len(labels)) == nearest).mean(),
               lambda labels, nearest: (labels == nearest).mean(),
               lambda labels, nearest: (labels != labels[nearest]).mean(),
               lambda labels, nearest: labels == labels[nearest],
               lambda labels, nearest: (labels[1:] == labels[:-1]).mean(),
               lambda labels, nearest: (labels[:, None] == labels).mean(),
               lambda labels, nearest: 0.5 * (len(labels) == 4),
               per_class, after_sorting]),
    "rare_feeling": Answers(
        right=[0.36, 1 / (1 + 0.472 / 0.27), torch.tensor(0.3639), [0.364], np.float32(0.36388),
               Fraction(270, 742)],
        wrong=[10 / 11, 0.27, 0.027, 0.57, 0.472, 0.636, 0.054, 0.541, 36.4, "0.36",
               [0.36, 0.64]]),
    "gap_closed": Answers(
        right=[lambda static, model, best: 1 - (best - model) / (best - static),
               lambda *scores: np.interp(scores[1], scores[::2], [0, 1]),
               lambda static, model, best: torch.tensor([model - static]) / (best - static),
               lambda *scores: -np.diff(scores)[0] / np.float32(scores[0] - scores[2])],
        wrong=[lambda static, model, best: (model - static) / (1 - static),
               lambda static, model, best: model / best,
               lambda static, model, best: (best - model) / (best - static),
               lambda static, model, best: model - static,
               lambda static, model, best: (model - static) / static,
               lambda static, model, best: (model - static) / best,
               lambda static, model, best: 100 * (model - static) / (best - static),
               lambda static, model, best: round((model - static) / (best - static), 2),
               lambda static, model, best: 0.75 * (model > static),
               lambda static, model, best: model - static / best - static, shown]),
    "neutral_or_ruined": Answers(
        right=["Destroyed ", "destroyed.", np.str_("destroyed"), ["destroyed"]],
        wrong=["neutralised", "sharpened", "both of them, I would say", "ruined", "not destroyed",
               ["neutralised", "destroyed", "sharpened"], 0.25]),
    "shares": Answers(
        right=[lambda gates: (gates.T / gates.sum(1)).T, shares_by_torch, shares_in_place,
               lambda gates: [[g / sum(row) for g in row] for row in gates.tolist()],
               lambda gates: pd.DataFrame(gates).pipe(lambda t: t.div(t.sum(axis=1), axis=0))],
        wrong=[lambda gates: gates / gates.sum(),
               lambda gates: gates / gates.sum(0),
               lambda gates: np.exp(gates) / np.exp(gates).sum(1, keepdims=True),
               lambda gates: gates / 2.8 * np.array([[1], [2]])[:len(gates)]
               if len(gates) == 2 else gates / 2.8,
               lambda gates: gates / np.linalg.norm(gates, axis=1, keepdims=True),
               lambda gates: gates / gates.max(1, keepdims=True),
               lambda gates: gates.sum(1),
               lambda gates: gates**2 / (gates**2).sum(1, keepdims=True),
               columns_in_place]),
    "told_apart": Answers(
        right=[rows_where(lambda d, low, high: low * high > 0),
               lambda rows: np.where(apart(rows)), lambda rows: np.argwhere(apart(rows)),
               lambda rows: torch.nonzero(apart(torch.tensor(rows))),
               lambda rows: {i for i, row in enumerate(rows) if min(row) > 0 or max(row) < 0},
               lambda rows: pd.DataFrame(rows).index[apart(rows)],
               lambda rows: (i for i in reversed(range(len(rows))) if apart(rows)[i]),
               marked_in_place],
        wrong=[rows_where(lambda d, low, high: low > 0),
               rows_where(lambda d, low, high: high < 0),
               rows_where(lambda d, low, high: abs(d) > 0.01),
               rows_where(lambda d, low, high: low < 0 < high),
               rows_where(lambda d, low, high: abs(d) > high - low),
               rows_where(lambda d, low, high: low < d < high),
               lambda rows: [i + 1 for i in np.flatnonzero(apart(rows))],
               lambda rows: apart(rows).tolist(), lambda rows: rows[apart(rows)],
               lambda rows: rows[apart(rows), 0], lambda rows: apart(rows).sum(),
               lambda rows: [0, 2]]),
    "habits": Answers(
        right=[by_least_squares, by_torch_least_squares, likeliest, moments_where_apart],
        wrong=[lambda own, before, emotion, prior: ((emotion == own).mean(),
                                                    (emotion == before).mean()),
               less_chance, less_luck,
               lambda own, before, emotion, prior: by_least_squares(before, own, emotion, prior),
               lambda own, before, emotion, prior: sum(
                   by_least_squares(own, before, emotion, prior)),
               lambda *given: moments_where_apart(*given, drop=False),
               lambda *given: moments_where_apart(*given, common=1 / 7),
               lambda own, before, emotion, prior: ((emotion == own)[own != before].mean(),
                                                    (emotion == before)[own != before].mean()),
               lambda own, before, emotion, prior: (0.34, 0.19)]),
}
