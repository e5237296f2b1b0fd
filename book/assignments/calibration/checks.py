"""Self-checks of "Calibration": small written-out examples. The hidden tests ask more."""

from __future__ import annotations

from math import log

import numpy as np
import torch

from mlsan.exercises import Wrong, exercise, expect


@exercise
def film(answer) -> str:
    """``answer``: the class ``Film``."""
    x = torch.tensor([[[3.0, 4.0], [1.0, 6.0]], [[7.0, 7.0], [0.0, 0.0]]])            # (2, 2, 2)
    ids = torch.tensor([[1, 2], [0, 1]])
    stage = answer(3, 2, 2)
    for name, shape in (("vectors", (3, 2)), ("head", (4, 2))):
        if not hasattr(stage, name):
            raise Wrong(f"Your stage has no `self.{name}`; the text says what it should be.")
        expect(tuple(getattr(stage, name).weight.shape), shape,
               f"Film(3, 2, 2) should have a {name}.weight of shape {shape}.")
    expect(stage(x, ids), x, "A new stage has learned nothing, so it must change nothing.")
    with torch.no_grad():
        stage.vectors.weight.copy_(torch.tensor([[5.0, 5.0], [1.0, 0.0], [0.0, 1.0]]))
        stage.head.weight.copy_(torch.tensor([[log(2), 0], [0, -log(2)], [1, 0], [-1, 2]]))
        stage.head.bias.zero_()
    out = stage(x, ids)
    expect(out[0, 0], [4.0, 5.0], "Person 1 has a = [log 2, 0] and c = [1, -1] here: their "
                                  "[3, 4] should become [4, 5].")
    expect(out[0, 1], [1.0, 2.0], "Person 2 has a = [0, -log 2] and c = [0, 2] here: their "
                                  "[1, 6] should become [1, 2].")
    expect(out, [[[4, 5], [1, 2]], [[7, 7], [-2, 1]]], "Id 0 is nobody known: their [7, 7] stays.")
    return "It starts as the identity, and moves everyone by their own stretch and centre."


@exercise
def compose(answer) -> str:
    """``answer(a, c)``: (K, D), (K, D) -> a and c, (D,), of all steps in one."""
    a, c = answer(np.array([[log(2)], [log(3)]]), np.array([[1.0], [4.0]]))
    expect(a, [log(6)], "Twice as far and then three times as far: how far is that, and its log?")
    expect(c, [3.0], "The centre is what ends at 0. The first step takes 3 to 4, and the second?")
    return "Two steps are one."


@exercise
def invert(answer) -> str:
    """``answer(a, c)``: (…, D), (…, D) -> a and c of the way back."""
    a, c = answer(np.array([log(2)]), np.array([1.0]))
    expect(a, [-log(2)], "What was stretched by 2 must be stretched by 1/2; and its logarithm?")
    expect(c, [-2.0], "There, 0 becomes -2; so back, -2 must become 0. Which centre does that?")
    return "There and back again."


@exercise
def own_moments(answer) -> str:
    """``answer(x, ids, in_train, rows, k)`` -> a and c, (rows, D)."""
    x = np.array([[0.0], [2.0], [5.0], [9.0], [4.0], [100.0]])
    ids, in_train = np.array([1, 1, 2, 2, 0, 1]), np.array([True] * 5 + [False])
    a, c = (np.asarray(part) for part in answer(x, ids, in_train, 4, 0))
    expect(c.shape, (4, 1), "Four rows in the table, one feature: a and c are (4, 1).")
    expect(c[1:3, 0], [1.0, 7.0], "Person 1 said 0 and 2 in train, person 2 said 5 and 9; "
                                  "100 is a test utterance.")
    expect(a[1:3, 0], [0.0, -log(2)], "Their standard deviations are 1 and 2, dividing by n.")
    expect(c[[0, 3], 0], [4.0, 4.0], "All of train has mean 4: that is for row 0, and for person "
                                     "3, whom train never heard.")
    _, c = answer(x, ids, in_train, 4, 2)
    expect(np.asarray(c)[1, 0], 2.5, "With k = 2 person 1 has 0, 2 and two more utterances that "
                                     "have everybody's mean, 4.")
    return "Own moments from train alone."


@exercise
def neutrality(answer) -> str:
    """``answer(x, ids, lengths, rows)``: (T, B, D), (T, B), (B,) -> N."""
    x = torch.tensor([0.0, 3.0, 2.0, 5.0]).reshape(2, 2, 1)
    ids, lengths = torch.tensor([[1, 2], [1, 2]]), torch.tensor([2, 2])
    got = answer(x, ids, lengths, 3)
    if tuple(getattr(got, "shape", (1,))) != ():
        raise Wrong("N is one number: a tensor of shape ().")
    expect(answer(torch.tensor([0.0, 0.0, 2.0, 2.0]).reshape(2, 2, 1), ids, lengths, 3), 0.0,
           "Two people with the same mean and the same spread: N is 0.")
    expect(got, 1.0390, "Person 1 says 0 and 2, person 2 says 3 and 5, so mu = 2.5, v = 3.25; "
                        "N should be 1.0390.", 1e-3)
    expect(answer(10 * x + 7, ids, lengths, 3), got,
           "Ten times as large and moved, all together, N is nearly the same.", 1e-2)
    return "N sees how far people's means and spreads lie apart."
