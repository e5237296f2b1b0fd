"""Exercises of "ML-SAN"."""

from __future__ import annotations

import numpy as np

from mlsan.exercises import Wrong, exercise, expect


@exercise
def one_more(answer) -> str:
    """``answer``: by how many weights one more speaker makes the network grow."""
    if answer in (32, 65, 64):
        raise Wrong("That is one of the places. Two parts have a row for every speaker: which?")
    expect(answer, 97,
           "Look for the parts with a row for each speaker; "
           "a layer that reads a vector has none.", 0)
    return "97 for each person, and no stage grows: a bigger cast costs almost nothing."


@exercise
def reported(answer) -> str:
    """``answer(dev, test)``: the test score at dev's best epoch, and the test peak."""
    dev, test = [0.41, 0.63, 0.66, 0.65], [0.40, 0.64, 0.61, 0.62]
    got = answer(dev, test)
    if len(got) != 2:
        raise Wrong("Return two numbers: the honest one, then the peak.")
    expect(got[0], 0.61, "The honest number is test's, at the epoch that dev would choose.")
    expect(got[1], 0.64, "The peak is the highest test score of any epoch.")
    expect(answer([0.5, 0.4], [0.3, 0.2])[0], 0.3, "The best epoch may be the first.")
    return "Here the peak flatters by 0.03, more than many a published improvement."


@exercise
def interaction(answer) -> str:
    """``answer(f)``: the interaction as a share of the two single gains' sum; ``f`` by model."""
    def asked(*f):
        return answer(dict(zip(("static", "calibration", "gating", "both"), f, strict=True)))

    hint = ("Take every gain from the static model; "
            "then compare what both gain with the sum of the single gains.")
    expect(asked(0.5, 0.6, 0.55, 0.65), 0, hint + " Here they add.")
    expect(asked(0.5, 0.6, 0.55, 0.62), -0.2, hint)
    expect(asked(0.2, 0.3, 0.3, 0.2), -1, hint)
    expect(asked(0.1, 0.2, 0.2, 0.4), 0.5,
           "Two stages can also bring more together than apart: then it is positive.")
    return ("From the recorded means: -0.29 for single turns, -0.32 for dialogues. "
            "Nearly a third is missing.")


@exercise
def renamed(answer) -> str:
    """``answer``: "as identity", "as shuffled" or "as static"."""
    answer = str(answer).strip().lower().removeprefix("as ")
    if answer == "shuffled":
        raise Wrong("Shuffling draws a new name for every utterance. "
                    "Here a name still belongs to one person.")
    if answer == "static":
        raise Wrong("The static model can't tell people apart. Can this one?")
    if answer != "identity":
        raise Wrong('Answer "as identity", "as shuffled" or "as static".')
    return "A name is a label: what counts is that it stays with the same person."


@exercise
def decided(answer) -> str:
    """``answer(differences)``: (R, C) resampled -> (C,) whether the 95% interval excludes 0."""
    clear = np.linspace(0.1, 0.3, 1000)         # wholly above 0
    almost = np.linspace(-0.04, 0.96, 1000)     # 4% below 0: decided on one side, not on two
    # 1% far below 0: outside the middle 95%, so that it may not make this one undecided.
    outlier = np.concatenate([np.linspace(0.2, 0.4, 990), np.full(10, -1.0)])
    columns = np.stack([clear, -clear, almost, clear - 0.2, outlier, -almost], 1)
    got = np.asarray(answer(columns))
    expect(got[:2], [True, True], "An interval wholly below zero excludes it as well as one above.")
    expect(got[2:], [False, False, True, False],
           "The middle 95% leaves out 2.5% at either end, "
           "and only zero's place in what remains counts.")
    return "Whether an interval excludes zero says nothing about which of two gains is the greater."


@exercise
def combine(answer) -> str:
    """``answer(alone, prior)``: (M, C) posteriors, one modality each, and (C,) -> (C,) of all."""
    rng = np.random.default_rng(0)
    for M in (3, 1, 2):
        likelihood, prior = rng.uniform(0.05, 1, (M, 4)), np.array([0.6, 0.2, 0.15, 0.05])
        alone = likelihood * prior
        alone /= alone.sum(1, keepdims=True)
        right = prior * likelihood.prod(0)
        got = np.asarray(answer(alone, prior))
        if got.shape == right.shape and not np.isclose(got.sum(), 1):
            raise Wrong("Probabilities sum to 1: divide by the total at the end.")
        expect(got, right / right.sum(),
               "How often is the prior counted in your result? "
               f"It should be once, and there are {M} witnesses here.", 1e-6)
    return "Three weak witnesses who agree can be stronger than one who is sure."


@exercise
def farthest(answer) -> str:
    """``answer(probabilities, own)``: (S, C) and a row -> the row farthest from it.

    The distance is the total variation.
    """
    p = np.array([[0.4, 0.3, 0.2, 0.1],
                  [0.65, 0.05, 0.2, 0.1],      # two elements differ by 0.25: total variation 0.25
                  [0.26, 0.16, 0.34, 0.24],    # all by 0.14: 0.28, the farthest
                  [0.4, 0.3, 0.1, 0.2]])
    expect(answer(p, 0), 2,
           "Sum up the absolute differences over all emotions, for each speaker.", 0)
    expect(answer(p, 3), 1, "The differences are from the row of the one who did say it.", 0)
    return "Total variation sees every shift of belief, also those that leave the answer as it was."
