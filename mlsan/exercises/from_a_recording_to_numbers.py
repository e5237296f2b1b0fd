"""Exercises of "From a recording to numbers"."""

from __future__ import annotations

import numpy as np

from mlsan.exercises import Wrong, exercise, expect


@exercise
def semitones(answer) -> str:
    """``answer(hz)``: pitch in semitones above 27.5 Hz, of a number or an array."""
    expect(answer(27.5), 0.0, "The scale begins at 27.5 Hz: that is 0.")
    expect(answer(55.0), 12.0, "Twice the pitch is an octave, which has twelve semitones.")
    expect(answer(np.array([110.0, 220.0, 41.25])), [24.0, 36.0, 12 * np.log2(1.5)],
           "Each doubling adds twelve more, and what lies between follows the logarithm.")
    ana, ben = (answer(1.3 * hz) - answer(hz) for hz in (210.0, 115.0))
    expect(ana, ben, "A pitch that rises by three tenths rises by as many semitones for everybody.")
    return "What multiplies pitch in Hz adds in semitones, the same for a high voice and a low one."


@exercise
def shares(answer) -> str:
    """``answer(x, groups)``: (N,) numbers, (N,) names -> the share between the groups' means."""
    groups = np.array(["Ana"] * 6 + ["Ben"] * 6)
    mood = np.array(["calm", "angry", "sad"] * 4)
    who = np.where(groups == "Ana", 3.0, 1.0)
    expect(answer(who, groups), 1.0, "Where everybody always says the same number, it is all who.")
    expect(answer(who, mood), 0.0, "Both people are in every mood equally often: their difference "
           "cancels within each mood, and none is left between them.")
    felt = np.select([mood == "angry", mood == "sad"], [4.0, -2.0], 1.0)
    expect(answer(who + felt, groups), 1 / 7, "Replace each number by its group's mean, and take "
           "the variance of that over the variance of the numbers.", 1e-3)
    skewed = np.array(["Ana"] * 9 + ["Ben"])
    expect(answer(np.arange(10.0), skewed), 2.25 / 8.25, "A group with more clips counts for "
           "more: each clip stands for itself.", 1e-3)
    expect(answer(1000 * (who + felt) + 7, groups), 1 / 7,
           "A share does not change with the unit, nor with where zero lies.", 1e-3)
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
    expect(answer(np.tile(clips, (9, 1)), everybody, 2), [15.4, 1.6],
           "Eighteen clips against k = 2: nine tenths of the way. The share grows with the clips.")
    far, near = (np.abs(answer(clips, everybody, k) - everybody).sum() for k in (1, 8))
    if not near < far:
        raise Wrong("A larger k asks for more clips before it lets go of everybody's mean.")
    return "The more that was heard, the less everybody's mean counts. It does not know yet what."
