"""Exercises of "New people"."""

from __future__ import annotations

import numpy as np

from mlsan.exercises import exercise, expect


@exercise
def pays_from(answer) -> str:
    """``answer(clips, low)``: numbers of clips, and the lower end of the gain's interval at each ->
    the number from which on every interval lies above 0; infinity where there is none."""
    expect(answer([1, 2, 4, 8], [-0.03, -0.01, 0.02, 0.04]), 4,
           "Of one and of two clips the interval reaches below zero; from four on it does not.")
    expect(answer([1, 2, 4, 8, 16], [0.01, 0.02, -0.01, 0.02, 0.05]), 8,
           "A gain that is lost again at four clips can't be relied upon before that.")
    expect(answer([16, 1, 8, 2], [0.05, -0.02, 0.03, 0.01]), 2,
           "The cases need not come in order of their size.")
    expect(answer([1, 2, 4], [0.01, 0.02, 0.03]), 1, "Here the first already pays, and all after.")
    expect(answer([1, 2, 4], [0.01, 0.02, -0.03]), float("inf"),
           "Where the most clips of all do not pay, no number of them is enough: infinity.")
    return "An interval above zero once may be luck; from some number on, it is a rule to act by."


@exercise
def heard_mean(answer) -> str:
    """``answer(x, between, within)``: k utterances (k, D), variances (D,) -> the person (D,)."""
    rng = np.random.default_rng(0)
    between, within = np.array([1.0, 0.5, 2.0]), np.array([2.0, 4.0, 1.0])
    x = rng.normal(size=(6, 3)) + 2
    none = answer(np.zeros((0, 3)), between, within)
    expect(none, [0.0, 0.0, 0.0], "Of somebody unheard nothing is known but that people lie around "
           "zero: return zeros, one for each feature.")
    expect(answer(x[:1], between, within), x[0] * [1 / 3, 1 / 9, 2 / 3],
           "One utterance strays from its speaker by V; believe it T / (T + V).")
    expect(answer(x, between, within), x.mean(0) * [0.75, 3 / 7, 12 / 13],
           "A mean of k strays by V / k only: put that in the place of V.")
    expect(answer(x[::-1], between, within), answer(x, between, within),
           "In whatever order they were heard, it is the same person.")
    expect(answer(x, between, 1e-9 * within), x.mean(0),
           "If a person always says the same, one mean is all there is to know.", 1e-3)
    return "Two variances of train say how far a stranger's mean is believed: nothing set by hand."


@exercise
def without_felt(answer) -> str:
    """``answer(x, felt, prior, effect)``: (k, D), (k, C), (C,), (C, D) -> (D,), the mean of k
    utterances without what the model takes them to have been felt in."""
    prior = np.array([0.5, 0.25, 0.25])
    effect = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, -4.0]])
    effect = effect - prior @ effect
    person, sure = np.array([1.0, 2.0]), np.eye(3)
    expect(answer(person + effect[[1, 1]], sure[[1, 1]], prior, effect), person,
           "Two utterances of one emotion: what it does to a feature is in both; take it out.")
    x = np.array([[3.0, 1.0], [0.0, 4.0]])
    expect(answer(x, np.tile(prior, (2, 1)), prior, effect), x.mean(0),
           "Whoever can't tell what was felt says the prior, and then nothing is taken away.")
    half = np.array([[0.5, 0.5, 0.0], [0.25, 0.0, 0.75]])
    expect(answer(x, half, prior, effect), x.mean(0) - ((half - prior) @ effect).mean(0),
           "Each utterance by its own probabilities: what they are above the prior, times effect.")
    return "It takes the model's own word for what was felt, so it is as good as that word."


@exercise
def clips_needed(answer) -> str:
    """``answer(between, within, left)``: the fewest clips that leave that share open, or less."""
    expect(answer(1.0, 3.0, 0.5), 3, "V / (k T + V) with T = 1, V = 3: at k = 3 it is 3 / 6.")
    expect(answer(1.0, 3.0, 0.4), 5, "At four clips 3 / 7 are left open, which is more than 0.4: "
           "there are no parts of clips, so it takes five.")
    expect(answer(2.0, 3.0, 0.1), 14, "People who differ more are sooner known: T stands beside k.")
    expect(answer(1.0, 3.0, 1.0), 0, "All may be left open: nothing need be heard.")
    return "Halving what is left open takes twice the clips, and then twice as many again."


@exercise
def answered(answer) -> str:
    """``answer(probability, true, share)``: (n, C), (n,), of n how many are answered -> accuracy of
    these, the surest."""
    probability = np.array([[0.9, 0.1], [0.45, 0.55], [0.2, 0.8], [0.6, 0.4]])
    true = np.array([0, 0, 1, 1])
    expect(answer(probability, true, 1.0), 0.5, "Two of the four are named rightly.")
    expect(answer(probability, true, 0.5), 1.0,
           "The two surest are the first and the third, by the probability of what was named.")
    expect(answer(probability, true, 0.75), 2 / 3,
           "Sure is not right: the fourth is named with 0.6, and wrongly.")
    expect(answer(probability[[2]], true[[2]] - 1, 1.0), 0.0, "One alone, named wrongly.")
    return "Whoever may say 'I don't know' is right more often in what they do say, if p means it."
