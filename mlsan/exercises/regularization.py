"""Exercises of "Regularization"."""

from __future__ import annotations

import math

import numpy as np
import torch

from mlsan.exercises import Wrong, drawn, exercise, expect, numbers, parts


@exercise
def blind(answer) -> str:
    """``answer(shares)``: the least cross-entropy (nats) of a head that knows only them, (S,)."""
    expect(answer(np.full(24, 1 / 24)), math.log(24),
           "With 24 speakers who talk equally much, "
           "nothing beats guessing each with 1/24, and PyTorch counts in nats.")
    expect(answer(np.array([0.999, 0.001])), 0.0079073,
           "If one speaker does nearly all the talking, a blind head is nearly always right, "
           "and its loss small. Average -log p over who really talks.", 1e-5)
    for rng in drawn(4):
        shares = rng.dirichlet(np.full(rng.integers(3, 9), 5.0))
        expect(answer(shares), -sum(p * math.log(p) for p in shares.tolist()),
               "Each speaker's -log p counts as often as that speaker talks.")
    return "That is the entropy of the shares: a head below it has found something in the features."


@exercise
def paths(answer) -> str:
    """``answer(speaker)``: (B, T) ids -> those that stages 1 and 2 see, those to guess."""
    fixed = torch.tensor([[3, 1], [2, 2], [5, 0]])
    for speaker in (fixed, *(torch.tensor(rng.integers(0, 9, rng.integers(3, 7, 2)))
                             for rng in drawn(3))):
        told, asked = parts(answer(speaker), 2, "Return two things: whom stages 1 and 2 are told "
                                                "of, and whom the head is asked for.")
        if any(isinstance(ids, np.ndarray) and ids.dtype.kind not in "iu"
               for ids in (told, asked)):
            raise Wrong("Ids are whole numbers: they choose a row of a table, "
                        "and no table has a row 1.0. Mind the type of what you return.")
        expect(asked, speaker, "The question stays the same: who said it?")
        expect(told, torch.zeros_like(speaker),
               "Stages 1 and 2 still hear of somebody. "
               "Which id says nothing about who speaks, and for every utterance?")
    return ("Asked for everything, told nothing: "
            "whatever the head gets right came out of the features.")


@exercise
def choose(answer) -> str:
    """``answer(weights, dev)``: (K,) and their (K, seeds) scores -> the weight to train with."""
    def asked(weights, dev, wanted, hint):
        got = numbers(answer(list(weights), np.array(dev)), "Return one of the candidates.")
        if got.size != 1 or not np.isclose(weights, got.item(), atol=1e-4).any():
            raise Wrong("Return one of the candidates themselves, "
                        "not its place in the list nor its score.")
        expect(got, wanted, hint)

    weights = [0.0, 0.1, 0.3, 1.0]
    dev = [[0.70, 0.72], [0.71, 0.70], [0.66, 0.69], [0.75, 0.63]]
    asked(weights, dev, 0.0, "A weight with one lucky seed isn't the best weight. "
                             "What is it that you expect of the next seed?")
    asked(weights, dev[::-1], 1.0, "The best row decides, wherever in the list it stands.")
    asked([0.1, 0.3, 1.0], [[0.60, 0.70, 0.71], [0.70, 0.69, 0.66], [0.67, 0.68, 0.67]], 0.3,
          "A mean counts every seed, the unlucky one too.")
    asked(weights, [[0.5, 0.5], [0.625, 0.875], [0.75, 0.75], [0.5, 0.75]], 0.1,
          "Of two that are equally good, take the smaller weight: it interferes less.")
    for rng in drawn(4):
        K, seeds = rng.integers(3, 8, 2)
        weights = sorted(rng.choice([0, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 3], K, False).tolist())
        dev = rng.integers(32, 49, (K, seeds)) / 64           # sums without rounding: ties are ties
        asked(weights, dev, weights[int(dev.sum(1).argmax())],
              "Each candidate has a row; its mean over the seeds is what counts.")
    return ("Chosen on dev, by the mean over seeds: "
            "the test score that you then report is spoilt by neither.")


@exercise
def reverse(answer) -> str:
    """``answer(h)``: the values of h; in backward() the gradient comes back with the other sign."""
    for rng in drawn(3):
        size = tuple(rng.integers(2, 5, 2))
        encoded, weight, felt = (torch.tensor(rng.normal(size=size)).float() for _ in range(3))
        h = encoded.requires_grad_() + 0.0                    # what encoders made
        kept = h.detach().clone()
        out = answer(h)
        expect(out, kept, "Going forward, nothing may change: the head has to see h itself.")
        cut_off = ("No gradient comes back at all: "
                   "h is cut off, and the encoders learn nothing of it.")
        if not (isinstance(out, torch.Tensor) and out.requires_grad and h.requires_grad):
            raise Wrong(cut_off)
        (gradient,) = torch.autograd.grad((out * weight).sum() + (h * felt).sum(), encoded)
        if torch.equal(gradient, felt):
            raise Wrong(cut_off)
        if torch.allclose(gradient, -weight - felt, atol=1e-4):
            raise Wrong("Not the head's loss alone: now the emotion loss, which also reads h, "
                        "drives the encoders backwards. Turn round what comes through your "
                        "result, and leave h itself as it was.")
        expect(gradient, felt - weight,
               "The gradient that comes back is not the reverse of the one that came in. "
               "Which part of your sum does backward() see, and with what factor?")
    return ("The head goes on learning to recognise speakers, "
            "while the encoders learn to make it harder.")


def _largest(looks: int) -> float:
    """The mean of the largest of so many standard normal numbers."""
    z = torch.linspace(-9, 9, 20_001, dtype=torch.float64)
    density = torch.exp(-z ** 2 / 2) / math.sqrt(2 * math.pi)
    return float(torch.trapezoid(
        z * looks * density * torch.special.ndtr(z) ** (looks - 1), z))


@exercise
def best_of(answer) -> str:
    """``answer(looks, sd)``: mean of the largest of ``looks`` gains, each N(0, ``sd``)."""
    def asked(looks, sd):
        kind = "Give one number, the mean of the gains shown."
        got = numbers(answer(looks, sd), kind)
        if got.size != 1:
            raise Wrong(kind)
        return got.item() / sd

    expect(asked(1, 1.0), 0.0,
           "Who looks once, at nothing, is lucky as often as unlucky: "
           "on average that comes to 0.", 0.12)
    expect(asked(2, 1.0), _largest(2),
           "Draw two gains around zero and keep the larger; do that thousands of times, "
           "and take the mean of what you kept.", 0.05)
    off = []
    for rng, looks in zip(drawn(4), (24, 6, 12, 18), strict=True):
        looks, sd = looks + int(rng.integers(0, 5)), rng.uniform(1.5, 4) / 1000
        got, wanted = asked(looks, sd), _largest(looks)
        if abs(got / wanted - 1) > 0.06:
            raise Wrong(f"Draw {looks} gains with the given sd and keep the largest; "
                        "then average over many draws.")
        off.append(got / wanted - 1)
    if abs(np.mean(off)) > 0.012:
        raise Wrong(f"Near, but {np.mean(off):+.1%} off, over several numbers of looks. "
                    "Is it the mean that you take, and of enough draws?")
    return "The best of 24 looks at nothing stands two standard deviations above nothing."
