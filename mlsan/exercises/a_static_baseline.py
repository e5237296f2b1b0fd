"""Exercises of "A static baseline"."""

from __future__ import annotations

import numpy as np
import torch

from mlsan.exercises import Wrong, exercise, expect


@exercise
def floor(answer) -> str:
    """``answer(p)``: weighted F1 of who always says the class with share ``p``."""
    expect(answer(1.0), 1.0, "With one class only (p = 1), saying it is always right, and F1 is 1.")
    for p in (0.5, 0.2):
        got = float(answer(p))
        own_f1 = 2 * p / (1 + p)             # recall 1, precision p
        if abs(got - own_f1) < 1e-6:
            raise Wrong("That's the commonest class's own F1; "
                        "the weighted mean counts it with its share.")
        expect(got, p * own_f1,
               f"At p = {p} it's something else. Which share of the true ones is found, "
               "and which share of the called ones is true?")
    return ("At p = 0.47 that's 0.30: "
            "a weighted F1 says little until you know what silence would have scored.")


@exercise
def names_help_text(answer) -> str:
    """``answer``: a word."""
    if str(answer).strip().lower() in ("gain", "shift"):
        raise Wrong("Text has none of that: its gain is 1 and its shift 0 for everybody.")
    if str(answer).strip().lower() != "expressiveness":
        raise Wrong("Nobody has one of their own: what differs between speakers, and in text too?")
    return ("In audio and visual, gain and shift give the speaker away, "
            "and with it how loud they are; text doesn't.")


@exercise
def late(answer) -> str:
    """``answer(log_p, log_prior)``: (M, n, C) and (C,) -> (n, C), up to a constant per row."""
    rng = np.random.default_rng(0)
    prior = np.array([0.6, 0.3, 0.1])
    hint = "For one modality alone, M = 1, its own posterior must come out."
    for M in (1, 3, 2):
        likelihood = rng.random((M, 4, 3))
        log_p = np.log(likelihood * prior)
        log_p -= np.log(np.exp(log_p).sum(-1, keepdims=True))
        exact = np.log(likelihood).sum(0) + np.log(prior)
        got = _array(answer(log_p, np.log(prior)))
        if got.shape != exact.shape:
            raise Wrong(f"The shape must be (n, C) = {exact.shape}; it is {got.shape}.")
        # Each row's normalising constant is left open, so rows are compared from their first class.
        expect(got - got[:, :1], exact - exact[:, :1], hint, 1e-6)
        hint = ("With more modalities it's off. "
                "How often is the prior in the sum, and how often should it be?")
    return ("Nothing was trained for this: "
            "three separate experts and one subtraction make a model of all three.")


@exercise
def live(answer) -> str:
    """``answer(mask)``: (T,) bool -> (T, T) of 0 and -inf."""
    mask = torch.tensor([True, True, True, False])
    got = _array(answer(mask))
    if got.shape != (4, 4):
        raise Wrong("One row per turn, one column per turn it may hear: "
                    f"(4, 4) for 4 places; it is {got.shape}.")
    if got.dtype == bool or not np.isin(got, (0, -np.inf)).all():
        raise Wrong("Only 0 and minus infinity may occur: the mask is added to the scores.")
    real, hears = got[:3], got[:3] == 0
    if not hears[:, :3].diagonal().all():
        raise Wrong("A turn must hear itself; "
                    "otherwise the first turn's softmax has nothing to share out.")
    if hears[:, 3].any():
        raise Wrong("Some turn hears the padding.")
    if hears[0, 1:3].any():
        raise Wrong("The first turn hears turns that haven't happened yet. "
                    "Rows listen, columns are listened to.")
    expect(real[:, :3], np.where(np.tri(3) == 1, 0, -np.inf),
           "Every earlier turn may be heard, not just the last.")
    return ("This is the causal mask of language models: "
            "with it, turn 5 has the same answer whatever comes next.")


@exercise
def paired(answer) -> str:
    """``answer(ours, theirs, turns, draws)``: (D,), (D,), (D,), (R, D) -> (R,).

    Per dialogue, how many turns each model has right, of how many; how often each resample draws
    it; and of each resample, the difference of the accuracies.
    """
    rng = np.random.default_rng(0)
    turns = rng.integers(5, 15, 12)
    theirs = rng.binomial(turns, 0.5)
    ours = np.minimum(turns, theirs + rng.integers(0, 2, 12))
    draws = np.vstack([np.ones(12, int), rng.multinomial(12, [1 / 12] * 12, 30)])
    wanted = np.array([row @ (ours - theirs) / (row @ turns) for row in draws])
    got = _array(answer(ours, theirs, turns, draws))
    if got.shape != wanted.shape:
        raise Wrong(f"One difference per resample: shape {wanted.shape}; it is {got.shape}.")
    by_dialogue = draws @ ((ours - theirs) / turns) / draws.sum(1)
    if np.allclose(got, by_dialogue):
        raise Wrong("That's the mean of the dialogues' accuracies; accuracy counts utterances.")
    if np.allclose(got, -wanted):
        raise Wrong("The sign: positive where ours is better.")
    expect(got[0], wanted[0],
           "Already where every dialogue is drawn once, it's not the difference of accuracies.")
    expect(got, wanted,
           "Each resample must use its own draws for both models, above and below the line.")
    return ("If both models are right equally often in each dialogue, "
            "the difference is 0 in every resample.")


@exercise
def best_of_twenty(answer) -> str:
    """``answer``: the mean of the largest of 20 normal errors with sd 0.010."""
    value = float(answer)
    if 1.6 < value < 2.1:
        raise Wrong("That's in standard deviations; "
                    "the question asks for points of F1, with an sd of 0.010.")
    if abs(value) < 0.004:
        raise Wrong("One model's error is 0 on average, and so is the mean of twenty. "
                    "But you report the largest.")
    if abs(value - 0.0187) > 0.0008:
        raise Wrong("Draw 20 errors, take the largest, note it; "
                    "then do that many thousand times and average.")
    return "Nearly two standard deviations, for twenty models none of which is better than another."


def _array(value) -> np.ndarray:
    return value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)
