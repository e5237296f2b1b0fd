"""Exercises of "Regularization"."""

from __future__ import annotations

import math

import numpy as np
import torch

from mlsan.exercises import Wrong, exercise, expect


@exercise
def blind(answer) -> str:
    """``answer(shares)``: the least cross-entropy (nats) of a head that knows only them, (S,)."""
    even = np.full(24, 1 / 24)
    expect(answer(even), math.log(24),
           "With 24 speakers who talk equally much, "
           "nothing beats guessing each with 1/24, and PyTorch counts in nats.")
    expect(answer(np.array([0.999, 0.001])), 0.00791,
           "If one speaker does nearly all the talking, a blind head is nearly always right, "
           "and its loss small. Average -log p over who really talks.", 2e-3)
    expect(answer(np.array([0.5, 0.25, 0.25])), 1.0397,
           "Each speaker's -log p counts as often as that speaker talks.")
    return "That is the entropy of the shares: a head below it has found something in the features."


@exercise
def paths(answer) -> str:
    """``answer(speaker)``: (B, T) ids -> those that stages 1 and 2 see, those to guess."""
    speaker = torch.tensor([[3, 1, 0], [2, 2, 5]])
    both = answer(speaker.clone())
    if not isinstance(both, tuple | list) or len(both) != 2:
        raise Wrong("Return two things: whom stages 1 and 2 are told of, "
                    "and whom the head is asked for.")
    seen, asked = both
    expect(asked, speaker, "The question stays the same: who said it?")
    expect(seen, torch.zeros_like(speaker),
           "Stages 1 and 2 still know something that they could pass on. "
           "Who is it that says nothing about who speaks?")
    return ("Asked for everything, told nothing: "
            "whatever the head gets right came out of the features.")


@exercise
def choose(answer) -> str:
    """``answer(weights, dev)``: (K,) and their (K, seeds) scores -> the weight to train with."""
    weights = [0.0, 0.1, 0.3, 1.0]
    dev = np.array([[0.70, 0.72], [0.71, 0.70], [0.66, 0.69], [0.75, 0.63]])
    expect(answer(weights, dev), 0.0,
           "A weight with one lucky seed isn't the best weight. "
           "What is it that you expect of the next seed?")
    expect(answer(weights, dev[::-1]), 1.0, "The best row decides, wherever in the list it stands.")
    tied = np.array([[0.5, 0.5], [0.75, 0.75], [0.75, 0.75], [0.5, 0.5]])
    expect(answer(weights, tied), 0.1,
           "Of two that are equally good, take the smaller weight: it interferes less.")
    return ("Chosen on dev, by the mean over seeds: "
            "the test score that you then report is spoilt by neither.")


@exercise
def reverse(answer) -> str:
    """``answer(h)``: the values of h; in backward() the gradient comes back with the other sign."""
    h = torch.tensor([[0.5, -2.0], [3.0, 1.0]], requires_grad=True)
    out = answer(h)
    expect(out, h, "Going forward, nothing may change: the head has to see h itself.")
    weight = torch.tensor([[1.0, 2.0], [-3.0, 0.5]])
    if not (isinstance(out, torch.Tensor) and out.requires_grad):
        raise Wrong("No gradient comes back at all: "
                    "h is cut off, and the encoders learn nothing of it.")
    (gradient,) = torch.autograd.grad((out * weight).sum(), h)
    expect(gradient, -weight,
           "The gradient that comes back is not the reverse of the one that came in. "
           "Which part of your sum does backward() see, and with what factor?")
    return ("The head goes on learning to recognise speakers, "
            "while the encoders learn to make it harder.")


@exercise
def best_of(answer) -> str:
    """``answer(looks, sd)``: mean of the largest of ``looks`` gains, each N(0, ``sd``)."""
    expect(answer(1, 1.0), 0.0,
           "Who looks once, at nothing, is lucky as often as unlucky: "
           "on average that comes to 0.", 0.05)
    expect(answer(2, 1.0), 0.564,
           "Draw two gains around zero and keep the larger; do that thousands of times, "
           "and take the mean of what you kept.", 0.03)
    expect(answer(24, 2.0), 3.896,
           "Draw 24 gains with the given sd and keep the largest; "
           "then average over many draws.", 0.02)
    return "The best of 24 looks at nothing stands two standard deviations above nothing."
