"""Exercises of "From a recording to numbers"."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from mlsan.exercises import drawn, exercise, expect


@exercise
def semitones(answer) -> str:
    """``answer(hz)``: a pitch in semitones above 27.5 Hz."""
    expect(answer(27.5), 0.0, "The scale begins at 27.5 Hz: that is 0.")
    expect(answer(55.0), 12.0, "Twice the pitch is an octave, which has twelve semitones.")
    expect(answer(110.0), 24.0, "Each doubling adds as many as the first did.")
    for rng in drawn(4):
        hz = rng.uniform(60, 500)
        expect(answer(hz), 12 * math.log2(hz / 27.5),
               "27.5, 55 and 110 Hz are right. What lies between follows the logarithm, "
               "and is seldom a whole number.")
    return "What multiplies pitch in Hz adds in semitones, the same for a high voice and a low one."


@exercise
def shares(answer) -> str:
    """``answer(x, groups)``: (N,) numbers, a Series of N names -> the share between the means."""
    def asked(x, groups):
        return answer(np.asarray(x, float), pd.Series(groups))

    groups = np.array(["Ana"] * 6 + ["Ben"] * 6)
    mood = np.array(["calm", "angry", "sad"] * 4)
    who = np.where(groups == "Ana", 3.0, 1.0)
    expect(asked(who, groups), 1.0, "Where everybody always says the same number, it is all who, "
                                    "and exactly 1: take both variances over the same N.")
    expect(asked(who, mood), 0.0, "Both people are in every mood equally often: their difference "
           "cancels within each mood, and none is left between them.")
    expect(asked([0, 0, 9, 1, 2, 6], list("aaabbb")), 0.0,
           "The mean of either group is 3 here, so nothing lies between the means.")
    felt = np.select([mood == "angry", mood == "sad"], [4.0, -2.0], 1.0)
    expect(asked(who + felt, groups), 1 / 7, "Replace each number by its group's mean, and take "
           "the variance of that over the variance of the numbers.")
    expect(asked(1000 * (who + felt) + 7, groups), 1 / 7,
           "A share does not change with the unit, nor with where zero lies.")
    expect(asked(np.arange(10), ["Ana"] * 9 + ["Ben"]), 2.25 / 8.25,
           "A group with more clips counts for more: each clip stands for itself.")
    for rng in drawn(4):
        people = rng.integers(3, 6)
        who = rng.permutation(np.repeat(np.arange(people), rng.integers(2, 9, people)))
        x = rng.normal(size=people)[who] + rng.normal(size=len(who))
        means = np.array([x[who == person].mean() for person in who])
        expect(asked(x, np.array(["Ana", "Ben", "Cem", "Didi", "Eva"])[who]),
               means.var() / x.var(),
               "Not for every number of groups, whatever the order that their clips come in.")
    return "Two shares of the same variance say which of two causes a number listens to."


@exercise
def shrunk(answer) -> str:
    """``answer(clips, everybody, k)``: (n, D), (D,), a number of clips -> the person's mean."""
    everybody = np.array([10.0, -2.0])
    clips = np.array([[14.0, 0.0], [18.0, 4.0]])
    expect(answer(np.zeros((0, 2)), everybody, 4), everybody,
           "Of somebody unheard, what everybody has is the best there is to say.")
    expect(answer(clips, everybody, 0), [16.0, 2.0], "With k = 0 the clips' mean is taken as is.")
    expect(answer(clips, everybody, 2), [13.0, 0.0],
           "Two clips against k = 2: halfway between the clips' mean and everybody's.")
    expect(answer(clips, everybody, 6), [11.5, -1.0],
           "A larger k asks for more clips before it lets go of everybody's mean.")
    expect(answer(np.tile(clips, (9, 1)), everybody, 2), [15.4, 1.6],
           "Eighteen clips against k = 2: nine tenths of the way. The share grows with the clips.")
    for rng in drawn(4):
        n, D, k = (int(rng.integers(*ends)) for ends in ((1, 12), (2, 6), (1, 9)))
        clips, everybody = rng.normal(2, 3, (n, D)), rng.normal(size=D)
        expect(answer(clips, everybody, k),
               [(sum(heard) + k * common) / (n + k)
                for heard, common in zip(clips.T.tolist(), everybody.tolist(), strict=True)],
               f"Not with n = {n} and k = {k}: everybody's mean counts as k clips would, "
               "in every feature.")
    return "The more that was heard, the less everybody's mean counts. It does not know yet what."
