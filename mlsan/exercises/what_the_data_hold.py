"""Exercises of "What the data hold"."""

from __future__ import annotations

import numpy as np
from scipy.stats import binom

from mlsan.exercises import Wrong, array, drawn, exercise, expect, number, parts


@exercise
def linear(answer) -> str:
    """``answer(prototypes, loud, log_gain, shift, log_prior)``: (C, D), a number, (D,), (D,), (C,)
    -> the W (C, D) and b (C,) for which softmax(W x + b) is the posterior of one person's x."""
    def asked(hint, prototypes, loud, log_gain, shift, log_prior):
        C, D = prototypes.shape
        kind = "Return two things: W, a row for each emotion, then b, a number for each."
        W, b = parts(answer(prototypes, loud, log_gain, shift, log_prior), 2, kind)
        W, b = array(W, (C, D), kind), array(b, (C,), kind)
        x = np.random.default_rng(0).normal(size=(2 * D, D))
        z = (x - shift) * np.exp(-log_gain)
        wanted = -((z[:, None] - loud * prototypes) ** 2).sum(-1) / 2 + log_prior
        got = x @ W.T + b
        # What moves all logits alike moves no probability.
        expect(got - got.mean(1, keepdims=True), wanted - wanted.mean(1, keepdims=True), hint, 1e-3)

    zero, even = np.zeros(3), np.log(np.full(3, 1 / 3))
    prior = np.log([0.6, 0.3, 0.1])
    asked("Where nobody shows anything (prototypes of 0), only the prior is left to go by.",
          np.zeros((3, 3)), 1.0, zero, zero, prior)
    asked("Loudness 1, no gain, no shift, prototypes of one length: multiply out the square. Which "
          "of its parts differ from emotion to emotion?", np.eye(3), 1.0, zero, zero, even)
    for rng in drawn(3):
        C, D = rng.integers(3, 6, 2)
        prototypes = rng.normal(size=(C, D))
        loud, even = rng.uniform(0.3, 0.8), np.full(C, -np.log(C))
        log_gain, shift, log_prior = rng.normal(size=D), rng.normal(size=D), rng.normal(size=C)
        zero = np.zeros(D)
        asked("Not with loudness other than 1, or prototypes of unequal length: with z = x the "
              "square is |z|² − 2 a μ·z + a² |μ|², halved and with a minus before it.",
              prototypes, loud, zero, zero, even)
        asked("Right without gain. With one, what is recorded is e^g times z, so z is x times …?",
              prototypes, loud, log_gain, zero, even)
        asked("Right without shift. Put z = (x − shift) e^−g into your line and sort: what has no "
              "x in it belongs to b.", prototypes, loud, log_gain, shift, even)
        asked("Right where all emotions are equally common. Add the prior's logarithm, once.",
              prototypes, loud, log_gain, shift, log_prior)
    return "One person's exact posterior is a softmax of something linear: no hidden layer is due."


@exercise
def held_back(answer) -> str:
    """``answer(d, v)``: how far K people's means lie from everybody's (K,), and the variance of the
    luck in each (K,) -> how far they probably lie (K,)."""
    def asked(d, v):
        return array(answer(d.copy(), v.copy()), d.shape, "One number for each person.")

    d, one = np.array([3.0, -3.0, 3.0, -3.0]), np.ones(4)
    expect(asked(d, one), d * 8 / 9, "All lie 3 away, with luck of variance 1: 9 is b and luck "
           "together, so b is 8, and of each d remain 8 parts in 9.", mistakes={
        "Of each d remains the part that is people's, b / (b + v). You return the part that is "
        "luck.": d / 9,
        "The mean of d² holds the luck as well: take v off for b.": d * 9 / 10,
        "b is about 0, everybody's mean, and divided by the number of people.": d * 11 / 12})
    little = np.array([0.1, -0.2, 0.05, 0.1])
    expect(asked(little, one), np.zeros(4), "Where all lie nearer than luck alone would put them, "
           "there is no sign that people differ: b is 0, never less, and all d' are 0.")
    for rng in drawn(4):
        K = int(rng.integers(5, 12))
        v = rng.uniform(0.2, 3, K)
        d = rng.normal(0.5, 1, K) * np.sqrt(2 + v)
        d *= np.sqrt((v.mean() + 1.5) / (d ** 2).mean())            # so that b is 1.5
        expect(asked(d, v), d * 1.5 / (1.5 + v), "Right where luck is the same for all. b is one "
               "number for all people, the mean of d² − v; the v below the line is each person's "
               "own.", mistakes={
            "Everybody's own v stands below the line, not the mean of v: who was heard more keeps "
            "more.": d * 1.5 / (1.5 + v.mean()),
            "b is about 0, everybody's mean, not about the mean of d.":
                d * (b := max(d.var() - v.mean(), 0)) / (b + v)})
    return "How far people differ is estimated too; nobody had to guess it."


@exercise
def say_back(answer) -> str:
    """``answer(table, m_j, r)``: (C, C, C) of p[e, i, j], (C,), (C,) -> the message to i, (C,)."""
    def asked(table, m_j, r):
        got = array(answer(table, m_j, r), r.shape, "One number for each emotion i.").astype(float)
        if not np.isfinite(got).all() or got.min() < 0 or got.sum() <= 0:
            raise Wrong("A message weighs each emotion i: no number below 0, and not all of them "
                        "0. (Not logarithms.)")
        return got / got.sum()

    def wanted(table, m_j, r):
        told = np.array([sum(table[e, i, j] * m_j[j] * r[e] for e in range(C) for j in range(C))
                         for i in range(C)])
        return told / told.sum()

    C = 3
    keeps = np.repeat(np.eye(C)[:, :, None], C, axis=2)             # e is i, whatever j
    even, r = np.full(C, 1 / C), np.array([0.7, 0.2, 0.1])
    expect(asked(keeps, even, r), r, "Where a turn always keeps its speaker's last emotion, the "
           "message is what the turn believes by itself: r.")
    copies = np.transpose(keeps, (0, 2, 1))                         # e is j, whatever i
    expect(asked(copies, r, r), even, "Where a turn always takes over what was just heard, it has "
           "nothing to say about its speaker's own last emotion: all of them equally.")
    for rng in drawn(4):
        C = rng.integers(3, 6)
        table = rng.dirichlet(np.full(C, 0.5), (C, C)).transpose(2, 0, 1)
        m_j, r = rng.dirichlet(np.ones(C), 2)
        expect(asked(table, m_j, r), wanted(table, m_j, r),
               "For each i, add up over every e and every j: the table's p(e | i, j), times how "
               "far j is believed, times how far e is.", 1e-4,
               mistakes={"That is what the turn is told, not what it tells: the sum runs over e "
                         "and j, and i is left.": (w := np.einsum("eij,i,j->e", table, m_j, r))
                         / w.sum()})
    return "With Eq. transition for a table these C² terms shrink to three."


@exercise
def fair(answer) -> str:
    """``answer(static, stages, best)``: dev and test scores (R, 2) of either's R recipes, and the
    optimum -> the share of the way from static to best that the stages go, on test."""
    static = np.array([[0.60, 0.59], [0.66, 0.65], [0.64, 0.66]])
    stages = np.array([[0.72, 0.71], [0.70, 0.69], [0.73, 0.70]])
    only = np.array([[0.60, 0.60]])
    expect(answer(only, np.array([[0.70, 0.70]]), 0.80), 0.5,
           "One recipe each, static .60, stages .70, best .80: half of the way.")
    expect(answer(static, stages, 0.75), 0.5, "Each side is to have the recipe that is best on "
           "*its* dev scores, and is then read on test.", mistakes={
        "You chose on test. Choose on dev; test is only for the report.": 0.05 / 0.09,
        "You report dev. It was used to choose, so the report is test's.": 0.07 / 0.09,
        "The static model got its first recipe, the stages their best: then the recipe's gain is "
        "counted as theirs.": 0.11 / 0.16,
        "The static model got the recipe that is best for the stages; its own best is another.":
        0.04 / 0.09})
    for rng in drawn(4):
        R = rng.integers(3, 7)
        static, stages = (np.round(rng.uniform(*ends, (R, 2)), 4)
                          for ends in ((0.5, 0.65), (0.6, 0.74)))
        best = rng.uniform(0.75, 0.8)
        base, ours = (side[side[:, 0].argmax(), 1] for side in (static, stages))
        expect(answer(static, stages, best), (ours - base) / (best - base),
               "The two sides may have different recipes: choose each one's on dev by itself.")
    return "Who tunes one side only measures the tuning."


@exercise
def surprise(answer) -> str:
    """``answer(excluded, pairs)``: the probability that so many intervals or more exclude 0."""
    def asked(excluded, pairs):
        return number(answer(excluded, pairs), "Give one number, a probability.")

    expect(asked(0, 20), 1.0, "None or more: that is certain.")
    expect(asked(1, 1), 0.05, "A single interval that is right excludes 0 one time in twenty.",
           0.002)
    expect(asked(1, 10), 1 - 0.95 ** 10, "At least one of ten: all but the case in which none "
           "does.", 0.002, mistakes={"That is exactly one of ten; asked is one or more.":
                                     10 * 0.05 * 0.95 ** 9,
                                     "That is two or more: one counts, too.":
                                     float(binom.sf(1, 10, 0.05))})
    for rng in drawn(4):
        pairs = int(rng.integers(8, 60))
        excluded = int(rng.integers(2, 5))
        expect(asked(excluded, pairs), float(binom.sf(excluded - 1, pairs, 0.05)),
               f"Not for {excluded} of {pairs}: add up the probabilities of {excluded}, of "
               f"{excluded + 1}, and so on up to {pairs}.", 0.002)
    return "An alarm rate is measured like any other rate: it has its own luck."
