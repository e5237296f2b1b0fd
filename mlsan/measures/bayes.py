"""The best that anyone could do on simulated conversations, computed exactly.

The generator (``mlsan.sources.simulated``) is known, so the posterior of every emotion is too:

(a) ``utterance``: p(e | x, s), the utterance alone, its speaker known;
(b) ``utterance_speaker_unknown``: p(e | x), the speaker summed out;
(c) ``dialogue``: p(e_t | x_1 … x_T, s_1 … s_T), by forward-backward over the joint state of all
    speakers' last emotions, at most 7^5 = 16,807 of them.

No model of the same input can have a better expected accuracy. Weighted F1 is not accuracy: on
skewed classes the argmax of a posterior is not its best decision, so ``report`` gives the argmax
and, beside it, the best prior-adjusted rule, argmax log p(e | x) - tau log prior[e], with tau
chosen on dev.
"""

from __future__ import annotations

import numpy as np
from scipy.special import log_softmax, logsumexp

from mlsan.data.corpus import Corpus
from mlsan.measures.scores import f1_scores

TAUS = np.linspace(-0.5, 1.0, 31)


def _speaker_rows(corpus: Corpus, rows: np.ndarray) -> np.ndarray:
    order = {name: i for i, name in enumerate(corpus.truth.speakers)}
    return corpus.table.speaker.iloc[rows].map(order).to_numpy()


def log_likelihood(corpus: Corpus, rows: np.ndarray, speaker: np.ndarray) -> np.ndarray:
    """Eq. likelihood: log p(x | s, e) for ``rows`` said to be spoken by ``speaker`` (n,).

    Its shape is (n, C); a constant is left out that is the same for every speaker and emotion.
    """
    truth, total = corpus.truth, 0.0
    for i, (m, prototype) in enumerate(truth.prototypes.items()):
        x = corpus.features[m][rows].astype(float)
        log_gain = truth.log_gain[m][speaker]
        z = (x - truth.shift[m][speaker]) * np.exp(-log_gain)                   # Eq. likelihood
        loud = truth.expressiveness[speaker, i, None]
        zz, pp = (z ** 2).sum(1, keepdims=True), (prototype ** 2).sum(1)
        # |z - a mu_e|^2, multiplied out: an array (n, C, D) of the differences would be large.
        squared = zz - 2 * loud * z @ prototype.T + loud ** 2 * pp              # Eq. likelihood
        log_jacobian = log_gain.sum(1, keepdims=True)                           # of x by z
        total = total - squared / 2 - log_jacobian                              # Eq. likelihood
    return total


def utterance(corpus: Corpus, rows: np.ndarray) -> np.ndarray:
    """Level (a): log p(e | x, s), shape (n, C) (Eq. posterior)."""
    likelihood = log_likelihood(corpus, rows, _speaker_rows(corpus, rows))
    return log_softmax(likelihood + np.log(corpus.truth.prior), axis=1)         # Eq. posterior


def utterance_speaker_unknown(corpus: Corpus, rows: np.ndarray) -> np.ndarray:
    """Level (b): log p(e | x), shape (n, C) (Eq. summed-out); speakers are drawn equally likely."""
    speakers = range(len(corpus.truth.speakers))
    each = [log_likelihood(corpus, rows, np.full(len(rows), s)) for s in speakers]
    summed = logsumexp(each, axis=0)
    return log_softmax(summed + np.log(corpus.truth.prior), axis=1)             # Eq. summed-out


def dialogue(corpus: Corpus, rows: np.ndarray) -> np.ndarray:
    """Level (c): log p(e_t | the whole dialogue), shape (n, C). ``rows`` hold whole dialogues."""
    speaker = _speaker_rows(corpus, rows)
    likelihood = log_likelihood(corpus, rows, speaker)
    out, s = np.empty_like(likelihood), corpus.truth.strengths
    group = corpus.dialogue_of_row[rows]
    for d in np.unique(group):
        where = np.flatnonzero(group == d)
        cast = np.unique(speaker[where], return_inverse=True)[1]
        posterior = forward_backward(likelihood[where], cast, corpus.truth.prior,
                                     s.inertia, s.contagion)
        out[where] = np.log(posterior + 1e-300)         # one that underflowed has a log as well
    return out


def forward_backward(log_likelihood, speaker, prior, inertia, contagion) -> np.ndarray:
    """p(e_t | all turns), shape (T, C), exact (Eq. transition).

    The state is every speaker's last emotion: an array with one axis of length C per speaker. A
    turn rewrites its speaker's axis only, by a mixture of three simple moves (draw from the prior,
    keep one's own, copy the last turn's), so that each step costs a few array operations. An axis
    whose speaker has not spoken yet holds all its mass at index 0 and is not read.

    Args:
        log_likelihood: (T, C).
        speaker: (T,) ints from 0, at most 5 different.
        prior: (C,).
    """
    T, C = log_likelihood.shape
    S = int(speaker.max()) + 1
    likelihood = np.exp(log_likelihood - log_likelihood.max(1, keepdims=True))
    steps, spoken = [], set()
    for t, s in enumerate(speaker):
        before = speaker[t - 1] if t else None
        steps.append((s, before, s in spoken))
        spoken.add(s)

    def shares(before, has_own):
        keep, copy = inertia * has_own, contagion * (before is not None)
        return 1 - keep - copy, keep, copy

    def along(vector, axis):                       # (C,) laid along one axis of the state
        return vector.reshape([C if a == axis else 1 for a in range(S)])

    state = np.zeros([C] * S)
    state[(0,) * S] = 1.0
    forward = []
    for t, (s, before, has_own) in enumerate(steps):
        draw, keep, copy = shares(before, has_own)
        summed = state.sum(s, keepdims=True)                           # old own emotion summed out
        new = draw * along(prior, s) * summed + keep * state
        if copy:
            new = new + copy * _copied(state, summed, s, before, C, S)
        new = new * along(likelihood[t], s)
        state = new / new.sum()                        # else it would underflow in a long dialogue
        forward.append(state)

    posterior = np.empty((T, C))
    future = np.ones([C] * S)
    for t in range(T - 1, -1, -1):
        s, before, has_own = steps[t]
        both = forward[t] * future
        posterior[t] = both.sum(tuple(a for a in range(S) if a != s))
        ahead = future * along(likelihood[t], s)                       # read at the new emotion k
        draw, keep, copy = shares(before, has_own)
        back = draw * (ahead * along(prior, s)).sum(s, keepdims=True) + keep * ahead
        if copy:
            back = back + copy * _read_copied(ahead, s, before, C)
        future = np.broadcast_to(back, [C] * S)
        future = future / future.max()
    return posterior / posterior.sum(1, keepdims=True)


def _copied(state, summed, s, before, C, S):
    """Mass that lands where speaker s's new emotion equals the last turn's."""
    if s == before:
        return state                               # the last turn was one's own
    diagonal = np.eye(C).reshape([C if a in (s, before) else 1 for a in range(S)])
    return summed * diagonal


def _read_copied(ahead, s, before, C):
    """What the future holds if s copies the last turn's emotion, for every old state."""
    if s == before:
        return ahead
    picked = np.diagonal(ahead, axis1=s, axis2=before)                 # (..., C): k = j
    return np.expand_dims(np.moveaxis(picked, -1, before - (s < before)), s)


LEVELS = {"utterance": utterance, "utterance_speaker_unknown": utterance_speaker_unknown,
          "dialogue": dialogue}


def report(corpus: Corpus) -> dict:
    """Every level's weighted and macro F1 on test: by argmax, and by the best prior-adjusted rule.

    Returns per level ``weighted_f1``, ``macro_f1`` and ``adjusted``: its ``tau`` and again the two.
    """
    log_prior = np.log(corpus.truth.prior)

    def scores(rows, posterior, tau):
        predicted = (posterior - tau * log_prior).argmax(1)
        return f1_scores(corpus.emotion[rows], predicted, len(log_prior))

    dev, test = corpus.rows("dev"), corpus.rows("test")
    out = {}
    for level, posterior in LEVELS.items():
        on_dev, on_test = (posterior(corpus, rows) for rows in (dev, test))
        on_tau = [scores(dev, on_dev, tau)["weighted_f1"] for tau in TAUS]
        tau = float(TAUS[np.argmax(on_tau)])
        plain, adjusted = (scores(test, on_test, t) for t in (0.0, tau))
        out[level] = {"weighted_f1": plain["weighted_f1"], "macro_f1": plain["macro_f1"],
                      "adjusted": {"tau": tau, "weighted_f1": adjusted["weighted_f1"],
                                   "macro_f1": adjusted["macro_f1"]}}
    return out
