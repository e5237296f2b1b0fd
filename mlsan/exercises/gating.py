"""Exercises of "Gating"."""

from __future__ import annotations

import math

import numpy as np
import torch

from mlsan.exercises import Wrong, exercise, expect


@exercise
def weight(answer) -> str:
    """``answer(loudness, sd)``: what mu . z is multiplied by if the noise has that sd."""
    expect(answer(0.7, 1.0), 0.7,
           "With noise of sd 1, as in the text, the weight is the loudness itself.")
    expect(answer(0.0, 3.0), 0.0, "Whoever shows nothing deserves no weight, whatever the noise.")
    for loudness, sd in ((0.7, 2.0), (1.3, 0.5)):
        expect(answer(loudness, sd), loudness * sd ** -2,
               "A Gaussian's exponent is -|z - a mu|^2 / (2 sd^2): "
               "multiply out and look at the term with both z and mu.")
    return ("Noise counts squared: "
            "a camera twice as shaky makes a face four times less worth believing.")


@exercise
def bias_for(answer) -> str:
    """``answer(gate)``: the bias w with 2 sigmoid(w) = gate, for a float."""
    expect(answer(1.0), 0.0, "A gate of 1 is where bias 0 starts: 2 sigmoid(0) = 1.")
    for gate in (0.5, 0.1, 1.9):
        got = float(answer(gate))
        expect(2 / (1 + math.exp(-min(max(got, -50), 50))), gate,
               f"With your bias the untrained gate isn't {gate}. "
               "Solve 2 / (1 + exp(-w)) = gate for w.")
    return ("The bias goes to infinity at 0 and at 2: "
            "a gate is never quite shut and never quite doubled.")


@exercise
def identified(answer) -> str:
    """``answer(gates)``: (S, M) -> (S, M), each column free of its scale but not of its ratios."""
    gates = np.random.default_rng(0).uniform(0.1, 1.9, (6, 3))
    expect(answer(gates * [2.0, 0.5, 3.0]), _array(answer(gates)),
           "Multiply one modality's column by a constant and your result changes; "
           "the predictions wouldn't.")
    expect(_array(answer(gates)) / _array(answer(gates))[:1], gates / gates[:1],
           "The ratio of two speakers' gates in one modality is what the data do fix, "
           "and yours has changed it.")
    return "Two speakers can be compared in one modality. Two modalities of one speaker can't."


def _array(value) -> np.ndarray:
    return np.asarray(value, float)


@exercise
def fuse(answer) -> str:
    """``answer(h, gates, present)``: (n, M, H), (n, M), (n, M) bools -> (n, H)."""
    h = torch.arange(24.0).reshape(2, 3, 4) - 7
    gates = torch.tensor([[1.0, 0.5, 2.0], [0.25, 1.5, 1.0]])
    everything = torch.ones(2, 3, dtype=torch.bool)
    by_hand = torch.stack([sum(gates[n, m] * h[n, m] for m in range(3)) for n in range(2)])
    expect(answer(h, gates, everything), by_hand,
           "With everything present it's the sum over modalities "
           "of gate times encoding, for each utterance.")
    missing = torch.tensor([[True, False, True], [False, True, False]])
    expect(answer(h, gates, missing), torch.stack([h[0, 0] + 2 * h[0, 2], 1.5 * h[1, 1]]),
           "What is missing must add nothing, and what is there must add as much as before.")
    return "A missing modality is a gate of zero that nobody had to learn."


@exercise
def shared_gates(answer) -> str:
    """``answer(scores)``: (n, M) -> gates that add up to M, all 1 where the scores are equal."""
    expect(answer(torch.zeros(2, 3)), torch.ones(2, 3),
           "Scores of zero must give gates of 1 everywhere.")
    scores = torch.tensor([[1.0, 0.0, -1.0], [2.0, 2.0, -3.0], [0.0, 5.0, 0.0]])
    gates = torch.as_tensor(answer(scores))
    expect(gates.sum(1), torch.full((3,), 3.0),
           "The gates of one utterance don't add up to the number of modalities.")
    expect(gates.argmax(1)[[0, 2]], [0, 1], "The highest score should get the widest gate.")
    expect(answer(torch.zeros(1, 4)), torch.ones(1, 4),
           "With four modalities and scores of zero, gates of 1 again.")
    if bool((gates < 0).any()):
        raise Wrong("A gate below zero would turn evidence round.")
    return ("Such gates can say which modality to believe, "
            "but not that somebody's three are all worth little.")
