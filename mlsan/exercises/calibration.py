"""Exercises of "Calibration"."""

from __future__ import annotations

import numpy as np
import torch

from mlsan.exercises import Wrong, drawn, exercise, expect, numbers, parts


@exercise
def film(answer) -> str:
    """``answer(x, gamma, beta)``: Eq. calibration on (n, D), (D,), (D,)."""
    x = torch.tensor([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]])
    zero = torch.zeros(3)
    expect(answer(x, zero, zero), x,
           "With gamma 0 and beta 0 nothing may change: that is what the 1 in 1 + gamma is for.")
    gamma, beta = torch.tensor([0.5, -0.5, 1.0]), torch.tensor([2.0, 0.0, -1.0])
    expect(answer(x, zero, beta), [[3.0, -2.0, 2.0], [2.5, 4.0, -2.0]],
           "With gamma 0, beta is all that happens: it is added to each feature.")
    expect(answer(x, gamma, zero), [[1.5, -1.0, 6.0], [0.75, 2.0, -2.0]],
           "With beta 0, gamma is all that happens: it stretches each feature by 1 + gamma.")
    for rng in drawn(4):
        n, D = rng.integers(2, 7, 2)
        x, gamma, beta = (torch.tensor(rng.normal(size=size)).float() for size in ((n, D), D, D))
        expect(answer(x, gamma, beta), [[(1 + g) * v + b for v, g, b in
                                         zip(row, gamma.tolist(), beta.tolist(), strict=True)]
                                        for row in x.tolist()],
               "Feature by feature, in every row: first the stretching, then what is added.")
    return "An untrained stage, gamma = beta = 0, leaves every feature where it was."


@exercise
def compose(answer) -> str:
    """``answer(gamma1, beta1, gamma2, beta2)``: gamma and beta of FiLM 1 followed by FiLM 2."""
    def asked(*given):
        return parts(answer(*given), 2, "Return two things: gamma, then beta.")

    zero = np.zeros(3)
    gamma, beta = np.array([0.5, -0.5, 1.0]), np.array([2.0, 0.0, -1.0])
    expect(asked(zero, zero, zero, zero)[0], zero,
           "Twice nothing is nothing, and for gamma that is 0, not 1.")
    for given in ((gamma, beta, zero, zero), (zero, zero, gamma, beta)):
        for got, wanted in zip(asked(*given), (gamma, beta), strict=True):
            expect(got, wanted, "With a FiLM that changes nothing, before or behind, "
                                "the two are what the other one is.")
    for rng in drawn(4):
        gamma1, beta1, gamma2, beta2 = rng.normal(size=(4, rng.integers(3, 8)))
        got = asked(gamma1, beta1, gamma2, beta2)
        expect(got[1], (1 + gamma2) * beta1 + beta2, "Follow the point 0: the first FiLM "
               "takes it to beta1; where does the second take that?")
        expect(got[0], (1 + gamma1) * (1 + gamma2) - 1,
               "beta is right. For gamma: the two stretches multiply; mind the 1 in 1 + gamma.")
    return "One FiLM after another is a FiLM, and unless 1 + gamma is 0 each can be undone by one."


@exercise
def ignored_part(answer) -> str:
    """``answer(W, x)``: the part of x (D,) that doesn't influence softmax(W x), for W (C, D)."""
    kind = "It is a part of x, so give one number for each feature."
    hidden = np.array([[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]])       # heeds the first feature alone
    got = numbers(answer(hidden, np.array([3.0, 5.0, -7.0])), kind)
    expect(got, [0.0, 5.0, -7.0], "Logits x₀ and -x₀ heed the first of three features alone; "
                                  "what of x = (3, 5, -7) do they ignore?", 1e-3)
    for rng in drawn(4):
        C, D = rng.integers(3, 6), rng.integers(10, 15)
        W, x = rng.normal(size=(C, D)) + rng.normal(size=D), rng.normal(size=D)
        heeded = np.diff(W, axis=0)
        part = numbers(answer(W, x), kind)
        if part.shape == x.shape and np.abs(heeded @ part).max() > 1e-3:
            raise Wrong("Added to x, your part changes the logits' differences, "
                        "and with them the probabilities.")
        expect(part, x - np.linalg.pinv(heeded) @ (heeded @ x),
               "What you give back is ignored, but it isn't all of x that is: "
               "a softmax also ignores what moves all logits alike.", 1e-3)
    return "C classes heed at most C - 1 directions, however many features there are."


@exercise
def blind_spot(one, other) -> str:
    """Two speakers' values of one feature, alike in mean and variance, and yet different."""
    one, other = (numbers(values, "Give a list of numbers for each of the two.").ravel()
                  for values in (one, other))
    if not (4 <= one.size <= 20 and 4 <= other.size <= 20):
        raise Wrong("Give four to twenty values for each.")
    every = np.concatenate([one, other])
    mean, variance = every.mean(), every.var()
    if variance < 1e-9:
        raise Wrong("All values are the same; then no reader has anything to go by.")
    # Each would add more than 0.0001 to N: 1.41 for the root of 2 is near enough.
    if max((one.mean() - mean) ** 2, (other.mean() - mean) ** 2) > 1e-4 * variance:
        raise Wrong(f"Their means are {one.mean():.3g} and {other.mean():.3g}, so N is above 0.")
    if max(abs(one.var() - variance), abs(other.var() - variance)) > 1e-2 * variance:
        raise Wrong(f"Their means agree, but their variances are {one.var():.3g} and "
                    f"{other.var():.3g}, so N is above 0.")
    near = 0.01 * np.sqrt(variance)
    apart = max(abs((one <= v + near).mean() - (other <= v + near).mean()) for v in every)
    if apart < 0.1 - 1e-9:
        raise Wrong("N is 0, but hardly a reader could tell these two apart: almost the same "
                    f"values come almost equally often. At no threshold do the shares of values "
                    f"below it differ by a tenth (yours: {apart:.2f}).")
    return (f"N = 0, and at some threshold the two shares differ by {apart:.2f}: "
            "a reader of shapes sees it.")


@exercise
def moods(answer) -> str:
    """The distance between two people's joy once each one's own mean is taken away."""
    kind = "Give one number, the distance."
    answer = numbers(answer, kind)
    if answer.size != 1:
        raise Wrong(kind)
    if abs(answer.item()) < 1e-6:
        raise Wrong("Before, yes. But each loses their own mean, and these differ: "
                    "it holds all of a person's utterances, glad or not.")
    expect(abs(answer), 1.2, "What is the mean of all of Ada's utterances, and of all of Ben's? "
                             "Where does a joy of 2 lie once that is taken away?")
    return "1.2, more than half of what joy is: a correction blind to moods undoes them."
