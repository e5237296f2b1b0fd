"""Exercises of "A static baseline"."""

from __future__ import annotations

import numpy as np
import torch

from mlsan.exercises import Wrong, array, drawn, exercise, expect, number, word


@exercise
def floor(answer) -> str:
    """``answer(p)``: weighted F1 of who always says the class with share ``p``."""
    expect(answer(1.0), 1.0, "With one class only (p = 1), saying it is always right, and F1 is 1.")
    for rng in drawn(5):
        p = int(rng.integers(15, 90)) / 100
        own_f1 = 2 * p / (1 + p)             # recall 1, precision p
        expect(answer(p), p * own_f1,
               f"At p = {p} it's something else. Which share of the true ones is found, "
               "and which share of the called ones is true?", mistakes={
                   "That's the commonest class's own F1; the weighted mean counts it with its "
                   "share.": own_f1,
                   "That's the accuracy. And its F1?": p,
                   "Each class has the weight of its share, not all the same.": own_f1 / 2,
                   "Give it as it is, without rounding it.": round(p * own_f1, 2)})
    return ("At p = 0.47 that's 0.30: "
            "a weighted F1 says little until you know what silence would have scored.")


@exercise
def names_help_text(answer) -> str:
    """``answer``: a word."""
    hints = dict.fromkeys(["gain", "shift"], "Text has none of that: its gain is 1 and its shift 0 "
                                             "for everybody.")
    hints["prior"] = ("Nobody has one of their own: "
                      "what differs between speakers, and in text too?")
    said = word(answer)
    if said != "expressiveness":
        raise Wrong(hints.get(said, "Answer with one of the four words."))
    return ("In audio and visual, gain and shift give the speaker away, "
            "and with it how loud they are; text doesn't.")


def _level(rows: np.ndarray) -> np.ndarray:
    """Each row's constant is left open: rows are compared from their first class."""
    return rows - rows[:, :1]


@exercise
def late(answer) -> str:
    """``answer(log_p, log_prior)``: (M, n, C) and (C,) -> (n, C), up to a constant per row."""
    hint = "For one modality alone, M = 1, its own posterior must come out."
    for M, rng in zip((1, 3, 2, 4, 5), drawn(5), strict=True):
        n, C = rng.integers(2, 7, 2)
        likelihood = rng.uniform(0.1, 1, (M, n, C))
        prior = np.geomspace(1, 8, C) * rng.uniform(0.9, 1.1, C)
        log_prior = rng.permutation(np.log(prior / prior.sum()))
        log_p = np.log(likelihood) + log_prior
        log_p -= np.log(np.exp(log_p).sum(-1, keepdims=True))
        exact = np.log(likelihood).sum(0) + log_prior
        got = array(answer(log_p, log_prior), (n, C),
                    "One number for each of the n utterances and C emotions.").astype(float)
        share = np.exp(exact) / np.exp(exact).sum(1, keepdims=True)
        expect(_level(got), _level(exact), hint, mistakes={
            "Those are the probabilities; their logarithms are asked for.": _level(share),
            "The prior isn't to vanish: once it has to be there.": _level(exact - log_prior),
            "With a mean the modalities count as one; likelihoods multiply.":
                _level(log_p.mean(0)),
            "The sum has the prior in it M times. How often should it be there?":
                _level(log_p.sum(0))})
        hint = ("With more modalities it's off. "
                "How often is the prior in the sum, and how often should it be?")
    return ("Nothing was trained for this: "
            "three separate experts and one subtraction make a model of all three.")


@exercise
def live(answer) -> str:
    """``answer(mask)``: (T,) bool, padding last -> (T, T) of 0 and -inf.

    What the rows of the padding say is left open: nobody reads them.
    """
    shapes = [(4, 3)]
    for rng in drawn(4):
        n = int(rng.integers(3, 8))
        shapes.append((n + int(rng.integers(0, 4)), n))
    for T, n in shapes:
        got = array(answer(torch.arange(T) < n), (T, T),
                    "One row per turn, one column per turn it may hear.")
        if np.isnan(got).any():
            raise Wrong("0 times infinity is no number (NaN). Choose between the two values "
                        "instead of multiplying.")
        if got.dtype == bool or not np.isin(got, (0, -np.inf)).all():
            raise Wrong("Only 0 and minus infinity may occur: the mask is added to the scores.")
        hears = got[:n] == 0
        past = np.tri(n, dtype=bool)
        if (hears[:, :n] == ~past).all():
            raise Wrong("The other way round: 0 leaves a score as it is, "
                        "minus infinity takes the turn away.")
        if not hears[:, :n].diagonal().all():
            raise Wrong("A turn must hear itself; "
                        "otherwise the first turn's softmax has nothing to share out.")
        if hears[:, n:].any():
            raise Wrong("Some turn hears the padding.")
        if hears[:, :n][~past].any():
            raise Wrong("Some turn hears turns that haven't happened yet. "
                        "Rows listen, columns are listened to.")
        if not hears[:, :n][past].all():
            raise Wrong("Every earlier turn may be heard, not just the last.")
    return ("This is the causal mask of language models: "
            "with it, turn 5 has the same answer whatever comes next.")


@exercise
def paired(answer) -> str:
    """``answer(ours, theirs, turns, draws)``: (D,), (D,), (D,), (R, D) -> (R,).

    Per dialogue, how many turns each model has right, of how many; how often each resample draws
    it; and of each resample, the difference of the accuracies.
    """
    for rng in drawn(4):
        D, R = (int(k) for k in rng.integers(10, 30, 2))
        turns = rng.permutation(np.linspace(3, 25, D).astype(int))
        theirs = rng.binomial(turns, 0.4)
        ours = theirs + rng.binomial(turns - theirs, rng.uniform(0.2, 0.6, D))
        draws = np.vstack([np.ones(D, int), rng.multinomial(D, np.full(D, 1 / D), R)])
        counts = draws @ (ours - theirs)
        wanted = counts / (draws @ turns)
        got = array(answer(ours, theirs, turns, draws), (R + 1,),
                    f"One difference for each of the {R + 1} resamples.")
        slips = {
            "That's the mean of the dialogues' accuracies; accuracy counts utterances.":
                draws @ ((ours - theirs) / turns) / draws.sum(1),
            "The sign: positive where ours is better.": -wanted,
            "That's how many more turns are right, not which share of the turns.": counts,
            "Below the line it's the turns that this resample has drawn.": counts / turns.sum(),
            "That's the share of right turns per dialogue drawn. Accuracy is per utterance.":
                counts / D,
            "Nothing varies from resample to resample: `draws` has to be used.":
                np.full(R + 1, wanted[0])}
        expect(got[0], wanted[0],
               "Already where every dialogue is drawn once, it's not the difference of accuracies.",
               mistakes={hint: slip[0] for hint, slip in slips.items()})
        expect(got, wanted,
               "Each resample must use its own draws for both models, above and below the line.",
               mistakes=slips)
    return ("If both models are right equally often in each dialogue, "
            "the difference is 0 in every resample.")


@exercise
def best_of_twenty(answer) -> str:
    """``answer``: the mean of the largest of 20 normal errors with sd 0.010."""
    value = number(answer)
    if 1.6 < abs(value) < 2.1:
        raise Wrong("That counts in standard deviations, or in hundredths: "
                    "give it on the scale on which the sd is 0.010.")
    if abs(value - 0.0022) < 0.0002:
        raise Wrong("That's how far off the mean of twenty is. But you report the largest.")
    if abs(value) < 0.001:
        raise Wrong("One model's error is 0 on average, and so is the mean of twenty. "
                    "But you report the largest.")
    if abs(value + 0.0187) < 0.0008:
        raise Wrong("That's the worst of twenty; you report the best.")
    if abs(value - 0.010) < 0.0005:
        raise Wrong("That's how far off one model is, typically. But you report the largest.")
    if abs(value - 0.0373) < 0.0015:
        raise Wrong("That's from the worst of the twenty to the best. "
                    "How far is the best from the truth?")
    if abs(value - 0.0187) > 0.0008:
        raise Wrong("Draw 20 errors, take the largest, note it; "
                    "then do that many thousand times and average.")
    return "Nearly two standard deviations, for twenty models none of which is better than another."
