"""Exercises of "Calibration"."""

from __future__ import annotations

import numpy as np
import torch

from mlsan.exercises import Wrong, exercise, expect


@exercise
def film(answer) -> str:
    """``answer(x, gamma, beta)``: Eq. calibration on (n, D), (D,), (D,)."""
    x = torch.tensor([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]])
    zero = torch.zeros(3)
    expect(answer(x, zero, zero), x,
           "With gamma 0 and beta 0 nothing may change: that is what the 1 in 1 + gamma is for.")
    gamma, beta = torch.tensor([0.5, -0.5, 1.0]), torch.tensor([2.0, 0.0, -1.0])
    expect(answer(x, gamma, beta), torch.stack([(1 + gamma) * row + beta for row in x]),
           "gamma stretches each feature by 1 + gamma, then beta is added.")
    return "An untrained stage, gamma = beta = 0, leaves every feature where it was."


@exercise
def compose(answer) -> str:
    """``answer(gamma1, beta1, gamma2, beta2)``: gamma and beta of FiLM 1 followed by FiLM 2."""
    rng = np.random.default_rng(0)
    gamma1, beta1, gamma2, beta2 = rng.normal(size=(4, 5))
    gamma, beta = answer(gamma1, beta1, gamma2, beta2)
    x = rng.normal(size=5)
    wanted = (1 + gamma2) * ((1 + gamma1) * x + beta1) + beta2
    expect(answer(gamma1, 0 * beta1, 0 * gamma2, beta2)[0], gamma1,
           "A second gamma of 0 leaves the first as it is.")
    expect((1 + np.asarray(gamma)) * 0 + beta, (1 + gamma2) * beta1 + beta2,
           "Follow the point 0: the first FiLM takes it to beta1; where does the second take that?")
    expect((1 + np.asarray(gamma)) * x + beta, wanted,
           "The two stretches multiply; mind the 1 in 1 + gamma.")
    return "One FiLM after another is a FiLM, and unless 1 + gamma is 0 each can be undone by one."


@exercise
def ignored_part(answer) -> str:
    """``answer(W, x)``: the part of x (D,) that doesn't influence softmax(W x), for W (C, D)."""
    rng = np.random.default_rng(1)
    W, x = rng.normal(size=(3, 6)), rng.normal(size=6)
    part = np.asarray(answer(W, x), float)
    expect(part.shape, (6,), "It is a part of x, so it has x's shape.")
    moved = W @ part
    if np.abs(moved - moved.mean()).max() > 1e-6:
        raise Wrong("Added to x, your part changes the logits' differences, "
                    "and with them the probabilities.")
    heeded = W - W.mean(0)
    expect(part, x - np.linalg.pinv(heeded) @ (heeded @ x),
           "Your part is ignored, but more of x is: "
           "what moves all logits alike changes no probability.")
    return "C classes heed at most C - 1 directions, however many features there are."


@exercise
def blind_spot(one, other) -> str:
    """Two speakers' values of one feature, alike in mean and variance, and yet different."""
    one, other = np.asarray(one, float).ravel(), np.asarray(other, float).ravel()
    if not (4 <= len(one) <= 20 and 4 <= len(other) <= 20):
        raise Wrong("Give four to twenty values for each.")
    every = np.concatenate([one, other])
    if every.var() < 1e-9:
        raise Wrong("All values are the same; then no reader has anything to go by.")
    if abs(one.mean() - other.mean()) > 1e-3 * every.std():
        raise Wrong("Their means differ, so N is above 0.")
    if abs(one.var() - other.var()) > 1e-3 * every.var():
        raise Wrong("Their means agree, but their variances differ, so N is above 0.")
    grid = np.unique(every)
    apart = max(abs((one <= v + 1e-9).mean() - (other <= v + 1e-9).mean()) for v in grid)
    if apart < 0.2:
        raise Wrong("N is 0, and nobody could tell these two apart: "
                    "the same values come equally often.")
    return (f"N = 0, and at some threshold the two shares differ by {apart:.2f}: "
            "a reader of shapes sees it.")


@exercise
def moods(answer) -> str:
    """The distance between two people's joy once each one's own mean is taken away."""
    if np.isclose(float(answer), 0):
        raise Wrong("Before, yes. But their means differ because their moods do: 0.4 and 1.6.")
    expect(abs(float(answer)), 1.2, "Ada's mean is 0.2 × 2, Ben's 0.8 × 2; subtract each from 2.")
    return "1.2, more than half of what joy is: a correction blind to moods undoes them."
