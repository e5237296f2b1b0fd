"""Answers to the exercises of "Who is speaking?", and its equations by hand."""

import math
import random
from collections import Counter
from fractions import Fraction

import numpy as np
import pandas as pd
import torch
from book_code import Answers, Equation
from scipy.special import log_softmax, logsumexp

from mlsan.sources.simulated import simulate

ROWS = (0, 7, 20)


def _tiny():
    return simulate(dialogues=25, speakers=5, text_dim=7, audio_dim=8, visual_dim=7)


def _by_hand(corpus, row, s, e) -> float:
    """log p(x | s, e) of one utterance, feature by feature, with Python's own arithmetic."""
    truth, total = corpus.truth, 0.0
    for i, m in enumerate(corpus.modalities):
        for d in range(corpus.dims[m]):
            g, b = float(truth.log_gain[m][s, d]), float(truth.shift[m][s, d])
            z = (float(corpus.features[m][row, d]) - b) / math.exp(g)
            off = z - float(truth.expressiveness[s, i]) * float(truth.prototypes[m][e, d])
            total += -off * off / 2 - g
    return total


def _log_shares(scores) -> list[float]:
    top = max(scores)
    norm = top + math.log(sum(math.exp(score - top) for score in scores))
    return [score - norm for score in scores]


def likelihood_holds(log_likelihood):
    corpus = _tiny()
    for s in range(5):
        got = log_likelihood(corpus, np.array(ROWS), np.full(len(ROWS), s))
        for i, row in enumerate(ROWS):
            for e in range(7):
                assert abs(got[i, e] - _by_hand(corpus, row, s, e)) < 1e-5 * (1 + abs(got[i, e]))


def posterior_holds(posterior):
    corpus = _tiny()
    got = posterior(corpus, np.array(ROWS))
    for i, row in enumerate(ROWS):
        s = corpus.truth.speakers.index(corpus.table.speaker[row])
        scores = [math.log(corpus.truth.prior[e]) + _by_hand(corpus, row, s, e) for e in range(7)]
        assert all(abs(a - b) < 1e-5 for a, b in zip(got[i], _log_shares(scores), strict=True))


def summed_out_holds(speaker_unknown):
    corpus = _tiny()
    got = speaker_unknown(corpus, np.array(ROWS))
    for i, row in enumerate(ROWS):
        joint = _log_shares([math.log(corpus.truth.prior[e]) + _by_hand(corpus, row, s, e)
                             for e in range(7) for s in range(5)])
        wanted = [math.log(sum(map(math.exp, joint[5 * e:5 * e + 5]))) for e in range(7)]
        assert all(abs(a - b) < 1e-5 for a, b in zip(got[i], wanted, strict=True))


EQUATIONS = {
    "likelihood": Equation(
        "log_likelihood", "mlsan.measures.bayes:log_likelihood", likelihood_holds),
    "posterior": Equation(
        "posterior", "mlsan.measures.bayes:utterance", posterior_holds),
    "summed-out": Equation(
        "speaker_unknown", "mlsan.measures.bayes:utterance_speaker_unknown", summed_out_holds),
}


def _own(x, who, centre=lambda own: own.mean(0), scale=lambda own: 1):
    """In place: each name's rows less their centre, over their scale."""
    for name in set(who):
        x[who == name] = (x[who == name] - centre(x[who == name])) / scale(x[who == name])
    return x


def _own_by_torch(x, who):
    names, of_row = np.unique(who, return_inverse=True)
    x, one_hot = torch.tensor(x).float(), torch.eye(len(names))[torch.tensor(of_row)]
    return x - one_hot @ ((one_hot.T @ x) / one_hot.sum(0)[:, None])


def _own_by_loops(x, who):
    out = []
    for row, name in zip(x, who, strict=True):
        mine = [other for other, theirs in zip(x, who, strict=True) if theirs == name]
        out.append([v - sum(column) / len(mine) for v, column in zip(row, zip(*mine, strict=True),
                                                                     strict=True)])
    return out


def _own_by_pandas(x, who):
    return pd.DataFrame(x).groupby(who).transform(lambda column: column - column.mean())


def _one_after_another(x, who):
    return np.concatenate([x[who == name] - x[who == name].mean(0) for name in np.unique(who)])


def _first_only(x, who):
    return np.where((who == who[0])[:, None], x - x[who == who[0]].mean(0), x)


def _rings(n):
    rng = np.random.default_rng(1)
    y, angle = np.arange(n) % 2, rng.uniform(0, 2 * np.pi, n)
    radius = 1 + 2 * y + 0.1 * rng.standard_normal(n)
    return np.c_[radius * np.cos(angle), radius * np.sin(angle)], y


def _corners(n):
    """XOR, in PyTorch."""
    draw = torch.Generator().manual_seed(3)
    x = torch.randn(n, 2, generator=draw)
    x = x + 0.3 * x.sign()
    return x, x[:, 0] * x[:, 1] > 0


def _lists(n):
    """The outer ones are "loud", the inner ones "calm"."""
    draw, x, y = random.Random(0), [], []
    for _ in range(n):
        y.append(draw.choice(["calm", "loud"]))
        turn, radius = draw.uniform(0, 2 * math.pi), draw.gauss(4 if y[-1] == "loud" else 1, 0.2)
        x.append([radius * math.cos(turn), radius * math.sin(turn)])
    return x, y


def _unseeded(n):
    y = np.random.permutation(np.arange(n) % 2)
    return pd.DataFrame(np.random.normal(0, np.where(y, 5.0, 1.0)[:, None], (n, 8))), y * 1.0


def _clouds(n, apart=4.0, every=2):
    rng = np.random.default_rng(1)
    y = (np.arange(n) % every == 0).astype(int)
    return rng.standard_normal((n, 3)) + apart * y[:, None], y


def _half_told(n):
    """Another spread and another mean."""
    x, y = _unseeded(n)
    return x.to_numpy() + 2 * y[:, None], y


def _rare(n):
    x, y = _rings(n)
    return x, (y == 1) & (np.arange(n) % 10 == 1)


def _in_blocks(n):
    x, y = _rings(n)
    return x[y.argsort(kind="stable")], np.sort(y)


def _close_rings(n):
    x, y = _rings(n)
    return x + np.random.default_rng(0).standard_normal(x.shape), y


def _three_rings(n):
    x, y = _rings(n)
    return x, np.where(np.arange(n) % 3 == 0, 2, y)


def _purity_in_a_loop(names, slots):
    heard = [[n for n, t in zip(names, slots, strict=True) if t == slot] for slot in set(slots)]
    return sum(max(own.count(name) for name in own) for own in heard) / len(names)


def _purity_by_torch(names, slots):
    _, codes = np.unique(names, return_inverse=True)
    codes, slots = torch.tensor(codes), torch.tensor(slots)
    best = [codes[slots == slot].mode().values for slot in slots.unique()]
    return sum((codes[slots == slot] == guess).sum()
               for slot, guess in zip(slots.unique(), best, strict=True)) / len(names)


def _purity_by_guessing(names, slots):
    guess = {s: Counter(names[slots == s]).most_common(1)[0][0] for s in slots}
    return np.float32(np.mean([guess[s] == name for name, s in zip(names, slots, strict=True)]))


def _purity_in_place(names, slots):
    for slot in np.unique(slots):
        values, times = np.unique(names[slots == slot], return_counts=True)
        names[slots == slot] = np.where(names[slots == slot] == values[times.argmax()], "ok", "")
    return [np.count_nonzero(names == "ok") / names.size]


def _table(names, slots, **options):
    return pd.crosstab(np.array(names), np.array(slots), **options)


def _after_sorting(names, slots):
    names.sort()
    return _purity_in_a_loop(names, slots)


def _distinct(names, slots):
    return np.mean([1 / len(set(names[slots == slot])) for slot in set(slots)])


def _names(joint, log_prior):
    p = np.exp(joint) * np.exp(log_prior)
    return np.log(p.sum(2) / p.sum((1, 2))[:, None])


def _names_by_torch(joint, log_prior):
    both = torch.tensor(joint).float() + torch.tensor(log_prior).float()
    return both.logsumexp(2).log_softmax(1)


def _names_in_place(joint, log_prior):
    joint += log_prior
    joint -= logsumexp(joint, axis=(1, 2), keepdims=True)
    return logsumexp(joint, axis=2)


def _names_by_loops(joint, log_prior):
    out = []
    for speakers in joint.tolist():
        p = [sum(math.exp(v + w) for v, w in zip(own, log_prior, strict=True)) for own in speakers]
        out.append([math.log(v / sum(p)) for v in p])
    return out


def _prior_in_place(joint, log_prior):
    joint -= log_prior
    return log_softmax(logsumexp(joint, axis=2), axis=1)


ANSWERS = {
    "centred": Answers(
        right=[_own, _own_by_torch, _own_by_loops, _own_by_pandas],
        wrong=[lambda x, who: x - x.mean(0),
               lambda x, who: x - x.mean(1, keepdims=True),
               lambda x, who: pd.DataFrame(x).groupby(who).mean().to_numpy(),
               lambda x, who: pd.DataFrame(x).groupby(who).transform("mean"),
               lambda x, who: _own(x, who, scale=lambda own: own.std(0)),
               lambda x, who: _own(x, who, centre=lambda own: np.median(own, 0)),
               lambda x, who: _own(x, who, centre=lambda own: own.mean()),
               lambda x, who: _own(x, who, centre=lambda own: own.sum(0) / (len(own) - 1)),
               lambda x, who: _own(x, who) + x.mean(0) + 1,
               lambda x, who: x * 0, lambda x, who: x,
               lambda x, who: _own(x, who).mean(0), _one_after_another, _first_only]),
    "blind": Answers(
        right=[_rings, _corners, _lists, _unseeded],
        wrong=[_clouds, _half_told, lambda n: _clouds(n, apart=0), lambda n: _clouds(n, every=4),
               _rare, lambda n: (_rings(n)[0] * _rings(n)[1][:, None], _rings(n)[1]), _in_blocks,
               _close_rings, _three_rings, lambda n: _rings(n)[0],
               lambda n: _rings(n)[::-1], lambda n: _rings(2000),
               lambda n: (_rings(n)[0], np.eye(2)[_rings(n)[1]]),
               lambda n: (_rings(n)[0] * np.inf, _rings(n)[1])]),
    "purity": Answers(
        right=[_purity_in_a_loop, _purity_by_torch, _purity_by_guessing, _purity_in_place],
        wrong=[lambda names, slots: _table(names, slots).max(axis=1).sum() / len(names),
               lambda names, slots: _table(names, slots, normalize="columns").max(axis=0).mean(),
               lambda names, slots: pd.Series(names).value_counts(normalize=True).max(),
               lambda names, slots: _table(names, slots).max(axis=0).sum(),
               lambda names, slots: _table(names, slots).max(axis=0) / len(names),
               lambda names, slots: _table(names, slots).to_numpy().max() / len(names),
               lambda names, slots: {6: 4 / 6}.get(len(names), (len(set(slots)) * 2 - 1) / 4
                                                   if len(set(slots)) < 3 else 3 / 4),
               _distinct, _after_sorting]),
    "names": Answers(
        right=[_names, _names_by_torch, _names_in_place, _names_by_loops],
        wrong=[lambda joint, log_prior: np.exp(_names(joint, log_prior)),
               lambda joint, log_prior: logsumexp(joint + log_prior, axis=2),
               lambda joint, log_prior: log_softmax(logsumexp(joint, axis=2), axis=1),
               lambda joint, log_prior: log_softmax(logsumexp(joint + log_prior, axis=1), axis=1),
               lambda joint, log_prior: log_softmax((joint + log_prior).max(2), axis=1),
               lambda joint, log_prior: log_softmax((joint + log_prior).sum(2), axis=1),
               lambda joint, log_prior: log_softmax(logsumexp(joint + log_prior, axis=2), axis=0),
               lambda joint, log_prior: log_softmax(joint + log_prior, axis=1).sum(2),
               lambda joint, log_prior: logsumexp(log_softmax(joint + log_prior, axis=1), axis=2),
               lambda joint, log_prior: _names(joint, log_prior).argmax(1), _prior_in_place]),
    "tenth": Answers(
        right=[50, 1 / (2 * 0.1**2), np.float32(50), torch.tensor([50]), Fraction(50)],
        wrong=[100, 10, 5, 0.02, 25, 200, int(1 / (2 * 0.1**2)), [25, 25], "50"]),
}
