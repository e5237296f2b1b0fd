"""Exercises of "One emotion, many people"."""

from __future__ import annotations

import numpy as np

from mlsan.exercises import (
    Wrong,
    array,
    drawn,
    exercise,
    expect,
    number,
    plain,
    positions,
    word,
)


@exercise
def undo(answer) -> str:
    """``answer(x, log_gain, shift)``: z of Eq. simulated, all (D,)."""
    z, shift = np.array([1.0, -2.0, 0.5]), np.array([3.0, 0.0, -1.0])
    expect(answer(z + shift, np.zeros(3), shift), z,
           "A log-gain of 0 is a gain of 1: there only the shift has to come off.")
    for rng in drawn(4):
        D = rng.integers(2, 9)
        z, shift = rng.normal(size=D), rng.normal(0, 2, D)
        log_gain = rng.uniform(0.3, 1, D) * rng.choice([-1, 1], D)
        x = np.exp(log_gain) * z + shift
        expect(answer(x, log_gain, shift), z,
               "With gain and shift it's off. Solve the equation for z, step by step.", mistakes={
                   "Which of the two was applied last, and so has to come off first?":
                       x / np.exp(log_gain) - shift,
                   "The gain is given as its logarithm.": (x - shift) / log_gain,
                   "That applies the gain a second time.": (x - shift) * np.exp(log_gain),
                   "Only the shift is off; the gain is still there.": x - shift,
                   "The logarithm of the gain is the natural one.": (x - shift) / 10**log_gain})
    return "Whoever knows a speaker's gain and shift exactly loses nothing to them."


@exercise
def agreement(answer) -> str:
    """``answer(labels, nearest)``: (n,) numbers of classes and of rows -> a share of the n."""
    cases = [(np.array([7, 7, 5, 4]), np.array([1, 0, 0, 2])),
             (np.array([7, 7, 5]), np.array([2, 2, 1]))]
    for rng in drawn(4):
        n = rng.integers(20, 60)
        labels = rng.choice(5, n, p=[0.4, 0.3, 0.1, 0.1, 0.1]) + 2
        nearest = (np.arange(n) + rng.integers(1, n, n)) % n        # nobody's neighbour is itself
        cases.append((labels, nearest))
    for labels, nearest in cases:
        alike = labels == labels[nearest]
        expect(answer(labels, nearest), alike.mean(),
               "Compare each utterance's label with the label of its neighbour; "
               "of all utterances, in what share are the two the same?", mistakes={
                   "That's how many agree. The question is in what share.": alike.sum(),
                   "That's the share of the pairs that disagree.": (~alike).mean(),
                   "Look up the label of the neighbour; `nearest` only says which row it is.":
                       (labels == nearest).mean()})
    return "A number for what the eye sees in the picture."


@exercise
def rare_feeling(answer) -> str:
    """``answer``: the posterior of fear."""
    fear, neutral = 10 * 0.027, 0.472
    expect(number(answer), fear / (fear + neutral),
           "Weigh each emotion's likelihood by how common it is, "
           "then make the two probabilities add up to 1.", tolerance=0.004, mistakes={
               "That would be right if fear were as common as neutral.": 10 / 11,
               "Ten times how common fear is: now divide, "
               "so that the two probabilities add up to 1.": fear,
               "That's how many times as probable as neutral fear is, "
               "not how probable it is.": fear / neutral,
               "The utterance looks ten times as much like fear: that has to raise fear's share "
               "of the two.": 0.027 / (0.027 + neutral),
               "What stands above the line has to stand below it too.": fear / (0.027 + neutral),
               "That's how probable neutral is.": neutral / (fear + neutral),
               "As a probability, between 0 and 1, not in per cent.":
                   100 * fear / (fear + neutral)})
    return "Ten to one for fear, and it is still the worse bet."


@exercise
def gap_closed(answer) -> str:
    """``answer(static, model, best)``: three scores -> a share."""
    cases = [(0.5, 0.5, 0.9), (0.5, 0.8, 0.9)]
    for rng in drawn(4):
        static, way = rng.uniform(0.3, 0.5), rng.uniform(0.2, 0.4)
        cases.append((static, static + rng.uniform(0.15, 0.85) * way, static + way))
    hint = "A model as good as the static one covers nothing of the distance."
    for static, model, best in cases:
        share = (model - static) / (best - static)
        expect(answer(static, model, best), share, hint, mistakes={
            "That's what is left to cover.": 1 - share,
            "That's the distance covered, in F1; the question is which share of the whole.":
                model - static,
            "That measures the way to a perfect score. How far can anyone get?":
                (model - static) / (1 - static),
            "That measures from 0. Where does the distance begin?": model / best,
            "As a share, not in per cent.": 100 * share,
            "Give the share as it is, without rounding it.": round(share, 2)})
        hint = ("The whole distance runs from the static model to the best possible score, "
                "not to 0 and not to 1.")
    return "The static model stands at 0, the exact optimum at 1."


@exercise
def neutral_or_ruined(answer) -> str:
    """``answer``: "neutralised", "destroyed" or "sharpened"."""
    hints = {"neutralised": "The speaker is gone, but look at what else is.",
             "sharpened": "Sharper features would make some probe better. Which one rose?"}
    said = word(answer)
    if said != "destroyed":
        raise Wrong(hints.get(said, "Answer with one of the three words."))
    return "What hides the speaker must be held against what it does to the emotion."


@exercise
def shares(answer) -> str:
    """``answer(gates)``: (S, 3) -> (S, 3) whose rows add up to 1."""
    cases = [np.array([[1.6, 0.8, 0.4], [0.8, 0.4, 0.2]])]
    cases += [rng.uniform(0.2, 2, (S, 3)) for S, rng in zip((3, 2, 6), drawn(3), strict=True)]
    for gates in cases:
        S = len(gates)
        got = array(answer(gates), (S, 3), "One share for each gate, in the gates' own shape.")
        expect(got.sum(1), np.ones(S),
               "Each speaker's three shares have to add up to 1: one row, one speaker.")
        expect(got, gates / gates.sum(1, keepdims=True),
               "Keep the proportions between a speaker's gates as they are: "
               "a gate twice as large has a share twice as large.")
    return "The two trust alike; the second merely shows half as much."


def _intervals(rng, kinds: str) -> np.ndarray:
    """(n, 3) of difference, low, high. ``kinds``: + or - for a clear one, ? for an unsure one."""
    rows = []
    for kind in kinds:
        difference = rng.uniform(0.004, 0.1) * {"+": 1, "-": -1}.get(kind, rng.choice([-1, 1]))
        reach = abs(difference) * (rng.uniform(1.3, 3) if kind == "?" else rng.uniform(0.4, 0.8))
        below, above = reach * rng.uniform(0.9, 1.1, 2)
        rows.append((difference, difference - below, difference + above))
    return np.array(rows)


@exercise
def told_apart(answer) -> str:
    """``answer(rows)``: (n, 3) -> which (difference, low, high) have no 0 between the ends."""
    cases = [np.array([(0.117, 0.104, 0.130), (-0.002, -0.007, 0.004),
                       (-0.005, -0.009, -0.002), (0.030, -0.001, 0.061)])]
    cases += [_intervals(rng, rng.permutation(list(kinds)))
              for kinds, rng in zip(("+-?", "++--???", "+---????", "??"), drawn(4), strict=True)]
    for rows in cases:
        unsure = (rows[:, 1] < 0) & (rows[:, 2] > 0)
        wanted = positions(np.where(~unsure))
        expect(positions(answer(rows)), wanted,
               "Look at both ends of each interval: does 0 lie between them? "
               "A difference may be a loss, and a large one may still be unsure.", mistakes={
                   "Positions count from 0.": frozenset(i + 1 for i in wanted),
                   "Those are the ones that can't be told apart.": positions(np.where(unsure)),
                   "Those are gains only. A loss can be clear too.":
                       positions(np.where(rows[:, 1] > 0))})
    return "The third of the first four is a loss of half a point, and a clear one."


def _turns(rng, prior, inertia: float, contagion: float) -> np.ndarray:
    """(3, n): own, before and emotion of turns as often as Eq. transition expects them, shuffled.

    No chance in it, so that every sound way to look back finds the same.
    """
    C, alike = len(prior), 0.4                # what spread earlier makes the two alike
    pairs = prior[:, None] * ((1 - alike) * prior + alike * np.eye(C))
    each = ((1 - inertia - contagion) * prior + inertia * np.eye(C)[:, None]
            + contagion * np.eye(C)[None])
    counts = np.round(60_000 * pairs[..., None] * each).astype(int)
    return rng.permutation(np.repeat(np.indices((C, C, C)).reshape(3, -1), counts.ravel(), 1),
                           axis=1)


@exercise
def habits(answer) -> str:
    """``answer(own, before, emotion, prior)``: (n,) ints three times and (C,) -> two shares.

    Inertia and contagion, from turns as Eq. transition expects them.
    """
    common = np.array([0.47, 0.17, 0.12, 0.12, 0.06, 0.03, 0.03])
    hints = ["Here nothing lasts and nothing spreads: what agrees, agrees by chance, "
             "for a common emotion comes twice in a row.",
             "Here emotions last and don't spread. A turn may equal the last one although nobody "
             "caught anything: those drawn anew agree by chance.",
             "With both at work: where one's own and the last turn's emotion are the same, you "
             "can't tell which of the two was kept. And the one may be commoner than the other."]
    for i, rng in enumerate(drawn(5)):
        inertia, contagion = (rng.uniform(0.3, 0.45) * (i > 0), rng.uniform(0.1, 0.25) * (i > 1))
        prior = rng.permutation(common)
        own, before, emotion = _turns(rng, prior, inertia, contagion)
        got = plain(answer(own, before, emotion, prior))
        if np.size(got) == 2 and isinstance(got, np.ndarray):
            got = got.ravel()
        got = array(got, (2,), "Return two numbers: inertia, then contagion.")
        expect(got, [inertia, contagion], hints[min(i, 2)], tolerance=0.015, mistakes={
            "Inertia first, then contagion.": [contagion, inertia],
            "That's how often the emotions agree, chance agreement and all.":
                [(emotion == own).mean(), (emotion == before).mean()]})
    return "What agrees with the past is one thing, what was kept from it another."
