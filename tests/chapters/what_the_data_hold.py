"""Answers to the exercises of "What the data hold", and its equation by hand."""

import inspect
import math
from fractions import Fraction
from itertools import product

import numpy as np
import pandas as pd
import torch
from book_code import Answers, Equation
from scipy.special import log_softmax
from scipy.stats import binom, norm, poisson

PRIOR, OWN, HEARD = (0.5, 0.3, 0.2), 0.35, 0.20


def messages_hold(thing):
    """Every message summed over all that two turns may have felt, from the table of Eq. transition;
    with people who go on and people who answer, after two rounds."""
    rng = np.random.default_rng(0)
    party, rounds = [0, 1, 1, 0, 2, 0], 2
    says = rng.uniform(0.1, 1, (len(party), 3))
    got = (_cell if inspect.isfunction(thing) else _package)(thing, says, party, rounds)
    assert np.abs(got - _by_hand(says, party, rounds)).max() < 1e-5


def _cell(read, says, party, rounds):
    ties = [{} for _ in party]
    for t, (i, j) in enumerate(_ties(party)):
        for tie, share in ((i, OWN), (j, HEARD)):
            if tie is not None:
                ties[t][tie] = ties[t].get(tie, 0) + share
    return read(says, np.array(PRIOR), ties, rounds)


def _package(Messages, says, party, rounds):
    messages = Messages(3, rounds)
    with torch.no_grad():
        messages.prior.copy_(torch.tensor(PRIOR).log())
        messages.share.copy_(torch.tensor([OWN, HEARD, 1 - OWN - HEARD]).log())
        alone = torch.tensor(np.log(says * PRIOR))[None]
        party = torch.tensor(party)[None]
        return messages(alone, party, party >= 0)[0].exp().numpy()


def _ties(party):
    """Of each turn, its speaker's own last turn and the turn before; None: there is none."""
    return [(max((u for u in range(t) if party[u] == who), default=None), t - 1 if t else None)
            for t, who in enumerate(party)]


def _by_hand(says, party, rounds):
    ties, T, E = _ties(party), len(party), range(3)
    down, up = [list(PRIOR) for _ in range(T)], {}

    def p(e, i, j):
        lasts, spreads = OWN * (i is not None), HEARD * (j is not None)
        return (1 - lasts - spreads) * PRIOR[e] + lasts * (e == i) + spreads * (e == j)

    def believes(u, told_by=None, by_earlier=True):
        weight = [says[u][e] * (down[u][e] if by_earlier else 1) * math.prod(
            message[e] for (t, to), message in up.items() if to == u and t != told_by) for e in E]
        return [w / sum(weight) for w in weight]

    for _ in range(rounds):
        new_down, new_up = [], {}
        for t, (i, j) in enumerate(ties):
            r = believes(t, by_earlier=False)
            # What each of the two earlier turns may have felt, or nothing where there is none.
            mine = [(None, 1)] if i is None else list(enumerate(believes(i, t)))
            theirs = [(None, 1)] if j is None else list(enumerate(believes(j, t)))
            both = [(a, b, x * y) for (a, x), (b, y) in product(mine, theirs)]
            if i is not None and i == j:
                both = [(a, a, x) for a, x in mine]
            new_down.append([sum(p(e, a, b) * w for a, b, w in both) for e in E])
            if i is not None and i == j:
                new_up[t, i] = [sum(p(e, a, a) * r[e] for e in E) for a in E]
                continue
            if i is not None:
                new_up[t, i] = [sum(p(e, a, b) * y * r[e] for e in E for b, y in theirs)
                                for a in E]
            if j is not None:
                new_up[t, j] = [sum(p(e, a, b) * x * r[e] for e in E for a, x in mine)
                                for b in E]
        down, up = new_down, new_up
    return np.array([believes(t) for t in range(T)])


EQUATIONS = {"messages": Equation("read", "mlsan.model.messages:Messages", messages_hold)}


def _linear(prototypes, loud, log_gain, shift, log_prior, *, gain=-1, halved=2, power=2, moved=1,
            prior=1):
    W = loud * prototypes * np.exp(gain * log_gain)
    b = -(loud ** power) * (prototypes ** 2).sum(1) / halved - moved * W @ shift + prior * log_prior
    return W, b


def _linear_by_probing(prototypes, loud, log_gain, shift, log_prior):
    """The posterior at 0 and one step along each feature: what is linear needs no more."""
    def logits(x):
        z = (x - shift) * np.exp(-log_gain)
        full = [p - sum((z - loud * mu) ** 2) / 2
                for p, mu in zip(log_prior, prototypes, strict=True)]
        return log_softmax(full)

    b = logits(np.zeros(len(shift)))
    steps = np.array([logits(x) - b for x in np.eye(len(shift))])
    return [(steps - steps.mean(1, keepdims=True)).T, b]


def _linear_torch(*given):
    mu, a, g, shift, log_prior = (torch.as_tensor(v) for v in given)
    W = torch.einsum("cd,d->cd", mu, torch.exp(-g)) * a
    return {"W": W, "b": log_prior - (a * mu).square().sum(-1) / 2 - torch.mv(W, shift)}.values()


def _linear_lists(mu, a, g, shift, log_prior):
    W = [[a * m / math.exp(h) for m, h in zip(row, g, strict=True)] for row in mu]
    b = [p - sum((a * m) ** 2 for m in row) / 2 - sum(w * s for w, s in zip(v, shift, strict=True))
         for p, row, v in zip(log_prior, mu, W, strict=True)]
    return W, b


def _linear_in_place(mu, a, g, shift, log_prior):
    mu *= a
    log_prior -= (mu * mu).sum(1) / 2
    mu /= np.exp(g)
    log_prior -= mu @ shift
    return mu - mu.mean(0), log_prior + 5           # the same for all emotions: it counts nowhere


def _held(d, v, *, power=2, luck=1, least=0.0, about=0.0, spare=0):
    b = max((np.abs(d - about) ** power - luck * v).sum() / (len(d) - spare), least)
    return d * b / (b + v)


def _held_torch(d, v):
    d, v = torch.tensor(d), torch.tensor(v)
    b = (d.square() - v).mean().relu()
    return d - d * v / (b + v)


def _held_lists(d, v):
    b = sum(x * x - y for x, y in zip(d.tolist(), v.tolist(), strict=True)) / len(d)
    return [x * b / (b + y) if b > 0 else 0 for x, y in zip(d, v, strict=True)]


def _held_pandas(d, v):
    people = pd.DataFrame({"d": d, "v": v})
    b = (people.d ** 2 - people.v).mean().clip(min=0)
    return people.d.mul(b).div(people.v.add(b))


def _held_by_precision(d, v):
    """Two sources of one number, weighed by their precisions: people's, which says 0, and one's."""
    b = np.clip(np.mean(d ** 2) - np.mean(v), 1e-12, None)
    return (d / v) / (1 / b + 1 / v)


def _held_in_place(d, v):
    b = max(np.mean(d ** 2 - v), 0)
    d *= b
    v += b
    d /= v
    return d


def _back_loops(table, m_j, r):
    out = []
    for i in range(len(r)):
        total = 0.0
        for e in range(len(r)):
            for j in range(len(r)):
                total += float(table[e, i, j] * m_j[j] * r[e])
        out.append(total)
    return out


def _back_in_place(table, m_j, r):
    table *= m_j
    table *= r[:, None, None]
    return table.sum((0, 2))


def _chosen(side):
    return max(map(tuple, side), key=lambda row: row[0])[1]


def _fair_frames(static, stages, best):
    base, ours = (pd.DataFrame(side, columns=["dev", "test"]).sort_values("dev").test.iloc[-1]
                  for side in (static, stages))
    return (ours - base) / (best - base)


def _fair_sorted(static, stages, best):
    base = static[np.argsort(static[:, 0])[-1], 1]
    return 1 - (best - stages[np.argsort(stages[:, 0])[-1], 1]) / (best - base)


def _fair_torch(static, stages, best):
    base, ours = (s[s[:, 0].argmax(), 1] for s in (torch.tensor(static), torch.tensor(stages)))
    return (ours - base) / (best - base)


def _share(base, ours, best):
    return (ours - base) / (best - base)


def _fair_one_recipe(static, stages, best):
    which = stages[:, 0].argmax()
    return _share(static[which, 1], stages[which, 1], best)


def _surprise_recursive(excluded, pairs):
    if excluded <= 0:
        return 1.0
    if pairs == 0:
        return 0.0
    return 0.05 * _surprise_recursive(excluded - 1, pairs - 1) + 0.95 * _surprise_recursive(
        excluded, pairs - 1)


def _surprise_exact(excluded, pairs):
    p = Fraction(1, 20)
    return sum(math.comb(pairs, k) * p ** k * (1 - p) ** (pairs - k)
               for k in range(excluded, pairs + 1))


ANSWERS = {
    "linear": Answers(
        right=[_linear, _linear_by_probing, _linear_torch, _linear_lists, _linear_in_place],
        wrong=[lambda *given: _linear(*given, gain=1),
               lambda *given: _linear(*given, gain=0),
               lambda *given: _linear(*given, halved=1),
               lambda *given: _linear(*given, power=1),
               lambda *given: _linear(*given, moved=0),
               lambda *given: _linear(*given, moved=-1),
               lambda *given: _linear(*given, prior=0),
               lambda *given: _linear(*given, prior=2),
               lambda *given: _linear(*given)[::-1],
               lambda *given: (_linear(*given)[0].T, _linear(*given)[1]),
               lambda mu, a, g, shift, log_prior: (mu, log_prior),
               lambda mu, a, g, shift, log_prior: (mu / np.exp(g), log_prior - mu @ shift),
               lambda mu, a, g, shift, log_prior: (a * mu / np.exp(g), np.exp(log_prior)),
               lambda mu, a, g, shift, log_prior: a * mu / np.exp(g)]),
    "held_back": Answers(
        right=[_held, _held_torch, _held_lists, _held_pandas, _held_by_precision, _held_in_place],
        wrong=[lambda d, v: _held(d, v, luck=0),
               lambda d, v: _held(d, v, power=1),
               lambda d, v: _held(d, v, least=-np.inf),
               lambda d, v: _held(d, v, least=0.1),
               lambda d, v: _held(d, v, about=d.mean()),
               lambda d, v: _held(d, v, spare=1),
               lambda d, v: _held(d, v.mean() + 0 * v),
               lambda d, v: d - _held(d, v),
               lambda d, v: d * np.maximum(d ** 2 - v, 0) / d ** 2,         # each by himself
               lambda d, v: d * np.sqrt(_held(d, v) / d),
               lambda d, v: d / (1 + v),
               lambda d, v: 0 * d,
               lambda d, v: d,
               lambda d, v: _held(d, v)[::-1],
               lambda d, v: _held(d, v).mean()]),
    "say_back": Answers(
        right=[lambda table, m_j, r: np.einsum("eij,j,e->i", table, m_j, r),
               _back_loops, _back_in_place,
               lambda table, m_j, r: (table @ m_j).T @ r,
               lambda table, m_j, r: 7 * np.tensordot(r, table, 1) @ m_j,
               lambda table, m_j, r: torch.softmax(torch.einsum(
                   "eij,j,e->i", *map(torch.tensor, (table, m_j, r))).log(), 0)],
        wrong=[lambda table, m_j, r: np.einsum("eij,e->i", table, r),
               lambda table, m_j, r: np.einsum("eij,j->i", table, m_j),
               lambda table, m_j, r: np.einsum("eij,j,e->j", table, m_j, r),
               lambda table, m_j, r: np.einsum("eij,i,e->j", table, m_j, r),
               lambda table, m_j, r: np.einsum("eij,i,j->e", table, m_j, r),
               lambda table, m_j, r: np.einsum("eij,j,i->e", table, m_j, r),
               lambda table, m_j, r: np.einsum("eij,j,e->i", table, r, m_j),
               lambda table, m_j, r: np.einsum("iej,j,e->i", table, m_j, r),
               lambda table, m_j, r: (table * (m_j * r)).sum((0, 2)),
               lambda table, m_j, r: np.log(np.einsum("eij,j,e->i", table, m_j, r)),
               lambda table, m_j, r: r,
               lambda table, m_j, r: r * m_j,
               lambda table, m_j, r: np.einsum("eij,j,e->", table, m_j, r),
               lambda table, m_j, r: (table * m_j * r[:, None, None]).max((0, 2))]),
    "fair": Answers(
        right=[_fair_frames, _fair_sorted, _fair_torch,
               lambda static, stages, best: _share(_chosen(static), _chosen(stages), best)],
        wrong=[_fair_one_recipe,
               lambda static, stages, best: _share(static[0, 1], _chosen(stages), best),
               lambda static, stages, best: _share(static[:, 1].max(), stages[:, 1].max(), best),
               lambda static, stages, best: _share(static[:, 0].max(), stages[:, 0].max(), best),
               lambda static, stages, best: _share(static[:, 1].mean(), stages[:, 1].mean(), best),
               lambda static, stages, best: _share(static[:, 1].min(), stages[:, 1].max(), best),
               lambda static, stages, best: _chosen(stages) / best,
               lambda static, stages, best: _chosen(stages) - _chosen(static),
               lambda static, stages, best: 100 * _share(_chosen(static), _chosen(stages), best),
               lambda static, stages, best: (_chosen(stages) - _chosen(static)) / best,
               lambda static, stages, best: _share(static, stages, best)]),
    "surprise": Answers(
        right=[lambda excluded, pairs: binom.sf(excluded - 1, pairs, 0.05),
               lambda excluded, pairs: 1 - binom.cdf(excluded - 1, pairs, 0.05),
               _surprise_recursive, _surprise_exact,
               lambda excluded, pairs: (np.random.default_rng(1).binomial(
                   pairs, 0.05, 2_000_000) >= excluded).mean()],
        wrong=[lambda excluded, pairs: binom.sf(excluded, pairs, 0.05),
               lambda excluded, pairs: binom.pmf(excluded, pairs, 0.05),
               lambda excluded, pairs: binom.cdf(excluded, pairs, 0.05),
               lambda excluded, pairs: 0.05 ** excluded,
               lambda excluded, pairs: min(1, 0.05 * excluded),
               lambda excluded, pairs: excluded / pairs,
               lambda excluded, pairs: poisson.sf(excluded - 1, 0.05 * pairs),
               lambda excluded, pairs: binom.sf(excluded - 1, pairs, 0.025),
               lambda excluded, pairs: binom.sf(excluded - 1, pairs, 0.95),
               lambda excluded, pairs: norm.sf((excluded - 0.05 * pairs)
                                               / (0.05 * 0.95 * pairs) ** 0.5),
               lambda excluded, pairs: 100 * binom.sf(excluded - 1, pairs, 0.05)]),
}
