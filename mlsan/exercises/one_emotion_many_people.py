"""Exercises of "One emotion, many people"."""

from __future__ import annotations

import numpy as np

from mlsan.exercises import Wrong, exercise, expect


@exercise
def undo(answer) -> str:
    """``answer(x, log_gain, shift)``: z of Eq. simulated, all (D,)."""
    z = np.array([1.0, -2.0, 0.5])
    nothing, shift = np.zeros(3), np.array([3.0, 0.0, -1.0])
    expect(answer(z + shift, nothing, shift), z, "Without a gain only the shift has to come off.")
    log_gain = np.log([2.0, 0.5, 4.0])
    expect(answer(np.exp(log_gain) * z + shift, log_gain, shift), z,
           "With gain and shift: which of the two was applied last, and so has to come off first? "
           "And gain is given as its logarithm.")
    return "Whoever knows a speaker's gain and shift exactly loses nothing to them."


@exercise
def agreement(answer) -> str:
    """``answer(labels, nearest)``: share of i with labels[i] == labels[nearest[i]]."""
    labels, nearest = np.array(["joy", "joy", "fear", "anger"]), np.array([1, 0, 0, 2])
    expect(answer(labels, nearest), 0.5,
           "Compare each utterance's label with its neighbour's; then take a share, not a count.")
    expect(answer(labels[:3], np.array([2, 2, 1])), 0.0,
           "Look up the label of the neighbour, not the neighbour's number.")
    return "A number for what the eye sees in the picture."


@exercise
def rare_feeling(answer) -> str:
    """``answer``: the posterior of fear."""
    answer = float(answer)
    if abs(answer - 10 / 11) < 0.01:
        raise Wrong("That would be right if fear were as common as neutral.")
    if abs(answer - 0.27) < 0.005:
        raise Wrong("Ten times how common fear is: "
                    "now divide, so that the two probabilities add up to 1.")
    expect(answer, 0.27 / (0.27 + 0.472),
           "Weigh each emotion's likelihood by how common it is, "
           "then make them add up to 1.", tolerance=0.01)
    return "Ten to one for fear, and it is still the worse bet."


@exercise
def gap_closed(answer) -> str:
    """``answer(static, model, best)``."""
    expect(answer(0.5, 0.5, 0.9), 0.0, "A model as good as the static one covers nothing.")
    expect(answer(0.5, 0.8, 0.9), 0.75,
           "The whole distance runs from the static model to the best possible score, "
           "not to 0 and not to 1.")
    return "The static model stands at 0, the exact optimum at 1."


@exercise
def neutral_or_ruined(answer) -> str:
    """``answer``: "neutralised", "destroyed" or "sharpened"."""
    hints = {"neutralised": "The speaker is gone, but look at what else is.",
             "sharpened": "Sharper features would make some probe better. Which one rose?"}
    said = str(answer).strip().lower()
    if said != "destroyed":
        raise Wrong(hints.get(said, "Answer with one of the three words."))
    return "What hides the speaker must be held against what it does to the emotion."


@exercise
def shares(answer) -> str:
    """``answer(gates)``: (S, 3) -> (S, 3) whose rows add up to 1."""
    gates = np.array([[1.6, 0.8, 0.4], [0.8, 0.4, 0.2]])
    got = answer(gates)
    expect(np.asarray(got).sum(1), np.ones(2),
           "Each speaker's three shares add up to 1: one row, one speaker.")
    expect(got, gates / 2.8 * np.array([[1], [2]]),
           "Keep the proportions between a speaker's gates as they are.")
    return "The two trust alike; the second merely shows half as much."


@exercise
def told_apart(answer) -> str:
    """``answer(rows)``: positions of the (difference, low, high) whose interval excludes 0."""
    rows = [(0.117, 0.104, 0.130), (-0.002, -0.007, 0.004),
            (-0.005, -0.009, -0.002), (0.030, -0.001, 0.061)]
    expect(list(answer(rows)), [0, 2],
           "Look at both ends of each interval: does 0 lie between them? "
           "A difference may be a loss, and a large one may still be unsure.")
    return "The third is a loss of half a point, and a clear one."


@exercise
def habits(answer) -> str:
    """``answer(own, before, emotion, prior)``: (n,) ints three times and (C,) -> two shares.

    Inertia and contagion, from turns that Eq. transition has drawn.
    """
    prior = np.array([0.6, 0.25, 0.15])
    drawn = {}
    for lasts, spreads in ((0.0, 0.0), (0.4, 0.0), (0.35, 0.2)):
        rng = np.random.default_rng(0)
        own, before, emotion = rng.choice(3, (3, 60_000), p=prior)
        move, alike = rng.random((2, len(own)))
        before = np.where(alike < 0.4, own, before)     # what spread earlier makes them alike
        emotion = np.where(move < lasts, own, np.where(move < lasts + spreads, before, emotion))
        drawn[lasts, spreads] = answer(own, before, emotion, prior)
    if any(np.shape(got) != (2,) for got in drawn.values()):
        raise Wrong("Return two numbers: inertia, then contagion.")
    expect(drawn[0.0, 0.0], [0, 0],
           "Here nothing lasts and nothing spreads: what agrees, agrees by chance, "
           "for a common emotion comes twice in a row.", tolerance=0.02)
    expect(drawn[0.4, 0.0], [0.4, 0],
           "Here emotions last and don't spread. A turn may equal the last one although nobody "
           "caught anything: those drawn anew agree by chance.", tolerance=0.02)
    expect(drawn[0.35, 0.2], [0.35, 0.2],
           "With both at work: where one's own and the last turn's emotion are the same, you "
           "can't tell which of the two was kept.", tolerance=0.02)
    return "What agrees with the past is one thing, what was kept from it another."
