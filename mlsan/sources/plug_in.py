"""The fourth reader: the exact posterior, with everything in it estimated from train.

The readers of ``mlsan.measures.bayes`` are told what was planted. This one is told the form of the
generator (Eq. simulated) and nothing else: every prototype, every speaker's gain, shift and
expressiveness, the prior, inertia and contagion are the likeliest ones given train's features,
speakers and emotions. So it says how much of the optimum the examples hold, whoever learns from
them.
"""

from __future__ import annotations

from copy import copy

import numpy as np
from scipy.optimize import minimize
from scipy.special import softmax

from mlsan.data.corpus import Corpus
from mlsan.data.validation import CorpusError
from mlsan.sources.simulated import Strengths, Truth, transition

# Every speaker is taken to have said one utterance more, as everybody says them on average: it
# keeps the gain of somebody heard twice finite, and it is all there is of a stranger.
BORROWED = 1.0
ROUNDS, ENOUGH = 200, 1e-6      # of the climb to the likeliest prototypes and speakers


def fit(corpus: Corpus, rows: np.ndarray | None = None) -> Corpus:
    """The same conversations with estimates for their ``truth``, as ``bayes``'s functions take it.

    ``rows`` are whole labelled dialogues, by default train's. Nothing else is looked at, not even
    ``corpus.truth``. Who doesn't speak in ``rows`` gets everybody's average: of the log-gains and
    the shifts feature by feature, of the expressiveness modality by modality.

    Raises:
        CorpusError: an utterance of ``rows`` lacks a modality.
    """
    rows = corpus.rows("train") if rows is None else rows
    for m, there in corpus.present.items():
        if not there[rows].all():
            raise CorpusError(f"{m}: {(~there[rows]).sum()} of {len(rows)} utterances lack it; "
                              "leave them or the modality out")
    speakers = tuple(sorted(corpus.table.speaker.unique()))
    order = {name: i for i, name in enumerate(speakers)}
    speaker = corpus.table.speaker.iloc[rows].map(order).to_numpy()
    voices = {m: _voices(x[rows].astype(float), speaker, corpus.emotion[rows],
                         (len(speakers), len(corpus.emotions)), calibrated=m != "text")
              for m, x in corpus.features.items()}
    prototypes, log_gain, shift, loud = ({m: voice[k] for m, voice in voices.items()}
                                         for k in range(4))
    prior, inertia, contagion = _habits(corpus, rows, speaker)
    fitted = copy(corpus)
    fitted.truth = Truth(speakers, prior, prototypes, log_gain, shift,
                         np.stack(list(loud.values()), axis=1),
                         Strengths(*[np.nan] * 5, inertia, contagion))  # no other one is read
    return fitted


def _voices(x, speaker, emotion, shape, calibrated):
    """One modality's prototypes (C, D), log-gain and shift (S, D), and expressiveness (S,).

    Each in turn is given its likeliest value, the others held, until none moves: the likelihood
    needs no more of ``x`` than counts, sums and squares per speaker and emotion.
    """
    S, C = shape
    count = np.zeros(shape)
    np.add.at(count, (speaker, emotion), 1)
    total = np.zeros((*shape, x.shape[1]))
    np.add.at(total, (speaker, emotion), x)                             # (S, C, D)
    n, mean = count.sum(1)[:, None], total.sum(1) / np.maximum(count.sum(1), 1)[:, None]
    # Around each speaker's own mean: around 0 a large shift would swallow the difference.
    scatter = np.zeros((S, x.shape[1]))
    np.add.at(scatter, speaker, (x - mean[speaker]) ** 2)
    loud, log_gain, shift = np.ones(S), np.zeros(mean.shape), np.zeros(mean.shape)
    prototypes = np.zeros((C, x.shape[1]))
    if calibrated:                                      # a start: everybody's own moments
        usual = scatter.sum(0) / n.sum()
        log_gain = np.log((scatter + BORROWED * usual) / (n + BORROWED)) / 2
        shift = (n * mean + BORROWED * x.mean(0)) / (n + BORROWED)
    for _ in range(ROUNDS):
        before = loud[:, None, None] * prototypes
        z_total = (total - count[..., None] * shift[:, None]) * np.exp(-log_gain)[:, None]
        power = (count * loud[:, None] ** 2).sum(0)
        prototypes = (loud[:, None, None] * z_total).sum(0) / np.maximum(power, 1e-9)[:, None]
        if calibrated:                                  # a middle of theirs would be a shift
            prototypes -= count.sum(0) @ prototypes / n.sum()
        lengths = (prototypes ** 2).sum(1)
        size, match = count @ lengths, (z_total * prototypes).sum((1, 2))
        borrowed = BORROWED * lengths.mean()
        usual = (match / (size + borrowed)).sum() / (size / (size + borrowed)).sum()
        loud = (match + borrowed * usual) / (size + borrowed)           # usual is their mean
        prototypes, loud = prototypes * usual, loud / usual             # one of the two is free
        if calibrated:
            log_gain, shift = _calibrations(loud, prototypes, count, total, mean, scatter,
                                            log_gain, shift)
        if np.abs(loud[:, None, None] * prototypes - before).max() < ENOUGH:
            break
    return prototypes, log_gain, shift, loud


def _calibrations(loud, prototypes, count, total, mean, scatter, log_gain, shift):
    """The likeliest log-gain and shift (S, D), what is felt and how loudly being known.

    With k = 1 / gain and u = a mu_e, the log-likelihood n log k - sum (k (x - b) - u)^2 / 2 has
    its maximum where k is the root of a square and k (mean x - b) = mean u.
    """
    n = count.sum(1)[:, None]
    felt = loud[:, None, None] * prototypes                             # u, (S, C, D)
    mean_felt = (count[..., None] * felt).sum(1) / np.maximum(n, 1)
    both = (total * felt).sum(1) - n * mean * mean_felt                 # sum (x - mean x) u
    spread = scatter + BORROWED * np.exp(2 * log_gain.mean(0))
    k = (both + np.sqrt(both ** 2 + 4 * (n + BORROWED) * spread)) / (2 * spread)
    own = n / (n + BORROWED)
    return -np.log(k), own * (mean - mean_felt / k) + (1 - own) * shift.mean(0)


def _habits(corpus, rows, speaker):
    """The likeliest prior (C,), inertia and contagion of train's sequences of emotions."""
    C = len(corpus.emotions)
    dialogue, last, count = corpus.dialogue_of_row[rows], {}, {}
    for d, s, e in zip(dialogue, speaker, corpus.emotion[rows], strict=True):
        # Kept for every answer: how often it came, given one's own last emotion and the last turn's
        context = last.get((d, s)), last.get(d)
        count.setdefault(context, np.zeros(C))[e] += 1
        last[d, s] = last[d] = e

    def unlikelihood(free):
        _, inertia, contagion = softmax([0, *free[C:]])
        prior = softmax(free[:C])
        return -sum(n @ np.log(transition(prior, inertia, contagion, *context))
                    for context, n in count.items()) / len(rows)

    # Half an utterance of each emotion, so that one that never came has a log.
    start = np.log(np.bincount(corpus.emotion[rows], minlength=C) + 0.5)
    found = minimize(unlikelihood, [*start, -1, -1], method="L-BFGS-B").x
    _, inertia, contagion = softmax([0, *found[C:]])
    return softmax(found[:C]), float(inertia), float(contagion)
