"""Exercises of "New people"."""

from __future__ import annotations

import numpy as np

from mlsan.exercises import drawn, exercise, expect


@exercise
def pays_from(answer) -> str:
    """``answer(clips, low)``: numbers of clips, and the lower end of the gain's interval at each ->
    the number from which on every interval lies above 0; infinity where there is none."""
    never = float("inf")
    expect(answer([1, 2, 4, 8], [-0.03, -0.01, 0.02, 0.04]), 4,
           "Of one and of two clips the interval reaches below zero; from four on it does not.",
           mistakes={"That is a place in the list; asked is the number of clips there.": 2})
    expect(answer([1, 2, 4, 8, 16], [0.01, 0.02, -0.01, 0.02, 0.05]), 8,
           "A gain that is lost again at four clips can't be relied upon before that.")
    expect(answer([16, 1, 8, 2], [0.05, -0.02, 0.03, 0.01]), 2,
           "The cases need not come in order of their size.")
    expect(answer([1, 2, 4], [0.01, 0.02, 0.03]), 1, "Here the first already pays, and all after.")
    expect(answer([1, 2, 4], [0.01, 0.02, -0.03]), never,
           "Where the most clips of all do not pay, no number of them is enough: infinity.")
    expect(answer([1, 2, 4], [-0.02, 0.0, 0.03]), 4,
           "An interval that begins at 0 itself does not lie above it.")
    for rng in drawn(12):
        clips = np.sort(rng.choice(np.arange(1, 60), rng.integers(3, 9), replace=False))
        low = rng.choice([-1, 1], len(clips), p=[0.3, 0.7]) * rng.uniform(0.005, 0.06, len(clips))
        fails = np.flatnonzero(low < 0)
        later = clips[fails[-1] + 1:] if len(fails) else clips
        mixed = rng.permutation(len(clips))
        expect(answer(clips[mixed].tolist(), low[mixed].round(3).tolist()),
               later[0] if len(later) else never,
               "Right in the small cases, and not for " + ", ".join(
                   f"{k} ({end:+.3f})" for k, end in zip(clips[mixed], low[mixed], strict=True))
               + ": from which number on do all larger ones pay too?")
    return "An interval above zero once may be luck; from some number on, it is a rule to act by."


@exercise
def heard_mean(answer) -> str:
    """``answer(x, between, within)``: k utterances (k, D), variances (D,) -> the person (D,)."""
    between, within = np.array([1.0, 0.5, 2.0]), np.array([2.0, 4.0, 1.0])
    expect(answer(np.zeros((0, 3)), between, within), [0.0, 0.0, 0.0],
           "Of somebody unheard nothing is known but that people lie around zero: return zeros, "
           "one for each feature.",
           mistakes={"A mean of no rows is 0 / 0, and so not a number; give zeros.": [np.nan] * 3})
    for k, hint in ((1, "One utterance strays from its speaker by V; believe it T / (T + V), "
                        "feature by feature."),
                    (6, "A mean of k strays by V / k only: put that in the place of V.")):
        (rng,) = drawn(1)
        x = rng.normal(size=(k, 3)) + 2
        mean, believed = x.mean(0), between / (between + within / k)
        expect(answer(x, between, within), mean * believed, hint, mistakes={
            "That is the plain mean, believed wholly.": mean,
            "That is the sum of what was heard, and should be believed less.": x.sum(0),
            "That weighs the mean by what is left open, and not by what is known.":
                mean * (1 - believed)})
    for rng in drawn(4):
        k, D = rng.integers(7, 15), rng.integers(4, 8)
        between, within = rng.uniform(0.3, 3, (2, D))
        x = rng.normal(rng.normal(size=D), within ** 0.5, (k, D))
        expect(answer(x, between, within), x.mean(0) * k * between / (k * between + within),
               f"Right in the small cases, and not for {k} utterances of {D} features: the weight "
               "follows from k and from each feature's own two variances.")
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
           "Two utterances of one emotion: what it does to a feature is in both; take it out.",
           mistakes={"The sign: what an emotion adds is to be taken away.":
                         person + 2 * effect[1]})
    x = np.array([[3.0, 1.0], [0.0, 4.0]])
    expect(answer(x, np.tile(prior, (2, 1)), prior, effect), x.mean(0),
           "Whoever can't tell what was felt says the prior, and then nothing is taken away.")
    half = np.array([[0.5, 0.5, 0.0], [0.25, 0.0, 0.75]])
    expect(answer(x, half, prior, effect), x.mean(0) - ((half - prior) @ effect).mean(0),
           "Each utterance by its own probabilities, times effect, and then the mean.")
    for rng in drawn(4):
        k, D, C = rng.integers(3, 9), rng.integers(2, 6), rng.integers(4, 7)
        prior, felt = rng.dirichlet(np.full(C, 3)), rng.dirichlet(np.full(C, 0.7), k)
        x, effect = rng.normal(size=(k, D)), rng.normal(0, 2, (C, D))
        taken = ((felt - prior) @ effect).mean(0)
        expect(answer(x, felt, prior, effect), x.mean(0) - taken,
               "Right in the small cases, and not in a larger one: of each emotion's effect, take "
               "away what its probability is above the prior, and then average over utterances.",
               mistakes={
                   "The prior is left out: of an emotion that is always likely, only what is more "
                   "than usual is to be taken away.": x.mean(0) - felt.mean(0) @ effect,
                   "That takes away the likeliest emotion as if it were certain.":
                       x.mean(0) - (np.eye(C)[felt.argmax(1)] - prior).mean(0) @ effect,
                   "That is the sum over the utterances.": k * (x.mean(0) - taken)})
    return "It takes the model's own word for what was felt, so it is as good as that word."


@exercise
def clips_needed(answer) -> str:
    """``answer(between, within, left)``: the fewest clips that leave that share open, or less."""
    expect(answer(1.0, 3.0, 0.5), 3, "V / (k T + V) with T = 1, V = 3: after three it is 3 / 6.",
           mistakes={"After three clips just that share is open, and that is allowed.": 4})
    expect(answer(1.0, 3.0, 0.4), 5, "At four clips 3 / 7 are left open, which is more than 0.4: "
           "there are no parts of clips, so it takes five.")
    expect(answer(2.0, 3.0, 0.1), 14, "People who differ more are sooner known: T stands beside k.")
    expect(answer(1.0, 3.0, 1.0), 0, "All may be left open: nothing need be heard.")
    for rng in drawn(4):                       # just reached, and exactly so in any precision
        V, halvings = int(rng.integers(1, 9)), int(rng.integers(1, 5))
        wanted = V * (2 ** halvings - 1)
        expect(answer(1.0, float(V), 0.5 ** halvings), wanted,
               f"With T = 1 and V = {V}, when is 1 / {2 ** halvings} left open, or less?",
               mistakes={"Where just that share is open, it is enough: \"or less\" holds the "
                         "share itself.": wanted + 1})
    for rng, part in zip(drawn(6), (0.2, 0.8) * 3, strict=True):     # between two numbers of clips
        T, V = rng.uniform(0.5, 2), rng.uniform(1, 4)
        k = int(rng.integers(2, 25))
        left = V / ((k - part) * T + V)
        T, V, left = map(float, (T, V, left))
        expect(answer(T, V, left), k, f"With T = {T:.3f} and V = {V:.3f}, after how many clips is "
               f"no more than {left:.3f} open for the first time?")
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
           "Sure is not right: the fourth is named with 0.6, and wrongly.",
           mistakes={"Divide by how many are answered, not by how many there are.": 0.5})
    expect(answer(probability[[2]], true[[2]] - 1, 1.0), 0.0, "One alone, named wrongly.")
    expect(answer(np.array([[0.50, 0.45, 0.05], [0.46, 0.27, 0.27]]), np.array([0, 1]), 0.5), 1.0,
           "How the others share what remains does not count: the first turn is the surer one.")
    for rng in drawn(12):
        n, C = 4 * int(rng.integers(4, 10)), int(rng.integers(3, 6))
        named, top = rng.integers(0, C, n), rng.permutation(np.linspace(0.52, 0.97, n))
        true = np.where(rng.random(n) < 0.6, named, rng.integers(0, C, n))
        probability = (1 - top[:, None]) * np.insert(rng.dirichlet(np.ones(C - 1), n), 0, 0, 1)
        probability[:, 0] = top
        probability = np.array([np.roll(row, i) for row, i in zip(probability, named, strict=True)])
        m = int(rng.integers(1, 4)) * n // 4
        right = (named == true)[np.argsort(-top)]
        expect(answer(probability, true, m / n), right[:m].mean(),
               f"Right in the small cases, and not for {n} turns of {C} emotions: the {m} surest, "
               "by the highest probability in each row, and of these the share that is right.",
               mistakes={"Those are the least sure.": right[-m:].mean()})
    return "Whoever may say 'I don't know' is right more often in what they do say, if p means it."
