"""Answers to the exercises of "Who is speaking?", and its equations by hand."""

import math

import numpy as np
import pandas as pd
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


def _own_mean(x, who):
    x, who = np.array(x, float), np.asarray(who)
    for name in set(who):
        x[who == name] -= x[who == name].mean(0)
    return x


def _own_scale(x, who):
    x, who = np.array(x, float), np.asarray(who)
    for name in set(who):
        x[who == name] = (x[who == name] - x[who == name].mean(0)) / x[who == name].std(0)
    return x


def _rings(n):
    rng = np.random.default_rng(1)
    y, angle = np.arange(n) % 2, rng.uniform(0, 2 * np.pi, n)
    radius = 1 + 2 * y + 0.1 * rng.standard_normal(n)
    return np.c_[radius * np.cos(angle), radius * np.sin(angle)], y


def _two_clouds(n):
    rng = np.random.default_rng(1)
    y = np.arange(n) % 2
    return rng.standard_normal((n, 3)) + 4 * y[:, None], y


def _nothing(n):
    rng = np.random.default_rng(1)
    return rng.standard_normal((n, 3)), np.arange(n) % 2


def _rare(n):
    x, y = _rings(n)
    return x, (y == 1) & (np.arange(n) % 10 == 1)


def _purity_in_a_loop(names, slots):
    heard = [[n for n, t in zip(names, slots, strict=True) if t == slot] for slot in set(slots)]
    return sum(max(own.count(name) for name in own) for own in heard) / len(names)


def _table(names, slots, **options):
    return pd.crosstab(np.array(names), np.array(slots), **options)


def _names(joint, log_prior):
    p = np.exp(joint) * np.exp(log_prior)
    return np.log(p.sum(2) / p.sum((1, 2))[:, None])


ANSWERS = {
    "centred": Answers(
        right=[_own_mean],
        wrong=[lambda x, who: x - x.mean(0),
               lambda x, who: x - x.mean(1, keepdims=True),
               _own_scale,
               lambda x, who: pd.DataFrame(x).groupby(who).mean().to_numpy()]),
    "blind": Answers(right=[_rings], wrong=[_two_clouds, _nothing, _rare]),
    "purity": Answers(
        right=[_purity_in_a_loop],
        wrong=[lambda names, slots: _table(names, slots).max(axis=1).sum() / len(names),
               lambda names, slots: _table(names, slots, normalize="columns").max(axis=0).mean(),
               lambda names, slots: pd.Series(names).value_counts(normalize=True).max()]),
    "names": Answers(
        right=[_names],
        wrong=[lambda joint, log_prior: np.exp(_names(joint, log_prior)),
               lambda joint, log_prior: logsumexp(joint + log_prior, axis=2),
               lambda joint, log_prior: log_softmax(logsumexp(joint, axis=2), axis=1),
               lambda joint, log_prior: log_softmax(logsumexp(joint + log_prior, axis=1), axis=1),
               lambda joint, log_prior: log_softmax((joint + log_prior).max(2), axis=1)]),
    "tenth": Answers(right=[50], wrong=[100, 10, 5, 0.02]),
}
