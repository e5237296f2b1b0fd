"""Exercises of "Gating"."""

from __future__ import annotations

import numpy as np
import torch

from mlsan.exercises import Wrong, drawn, exercise, expect, numbers


@exercise
def weight(answer) -> str:
    """``answer(loudness, sd)``: what mu . z is multiplied by if the noise has that sd."""
    expect(answer(0.7, 1.0), 0.7,
           "With noise of sd 1, as in the text, the weight is the loudness itself.")
    expect(answer(0.0, 3.0), 0.0, "Whoever shows nothing deserves no weight, whatever the noise.")
    if not numbers(answer(0.7, 2.0), "Give one number, the weight.").sum() < 0.7:
        raise Wrong("The noisier a face, the less it's worth believing.")
    for rng in drawn(4):
        loudness, sd = rng.uniform(0.3, 1.5), rng.choice([rng.uniform(0.4, 0.8),
                                                          rng.uniform(1.3, 3.0)]).item()
        expect(answer(loudness, sd), loudness * sd ** -2,
               "A Gaussian's exponent is -|z - a mu|^2 / (2 sd^2): "
               "multiply out and look at the term with both z and mu.")
    return ("Noise counts squared: "
            "a camera twice as shaky makes a face four times less worth believing.")


@exercise
def bias_for(answer) -> str:
    """``answer(gate)``: the bias w with 2 sigmoid(w) = gate, for a float."""
    kind = "Give one number, the bias."
    expect(answer(1.0), 0.0, "A gate of 1 is where bias 0 starts: 2 sigmoid(0) = 1.", 1e-3)
    for gate in (0.5, *(rng.uniform(*ends) for rng, ends in
                        zip(drawn(4), [(0.05, 0.4), (0.6, 0.9), (1.1, 1.4), (1.6, 1.95)],
                            strict=True))):
        got = numbers(answer(gate), kind)
        if got.size != 1:
            raise Wrong(kind)
        opened = 2 / (1 + np.exp(-np.clip(got, -50, 50)))
        expect(opened, gate, f"With your bias an untrained gate is {opened.item():.3f} where "
                             f"{gate:.3f} was wanted. Solve 2 / (1 + exp(-w)) = gate for w.")
    return ("The bias goes to infinity at 0 and at 2: "
            "a gate is never quite shut and never quite doubled.")


@exercise
def identified(answer) -> str:
    """``answer(gates)``: (S, M) -> (S, M), each column free of its scale but not of its ratios."""
    for rng in drawn(4):
        S, M = rng.integers(3, 8), rng.integers(2, 6)
        gates = rng.uniform(0.2, 1.9, (S, M))
        scale = rng.permutation(np.geomspace(0.3, 4, M))
        got, scaled = (numbers(answer(given), "Gates are numbers, one for each given.")
                       for given in (gates, gates * scale))
        if got.shape != gates.shape or scaled.shape != gates.shape:
            raise Wrong("As many gates come out as went in, one for each speaker and modality. "
                        f"(Their shape is {got.shape}; expected {gates.shape}.)")
        if min(got.min(), scaled.min()) <= 0:
            raise Wrong("A positive gate stays positive: below zero it turns evidence round.")
        expect(scaled / got, np.ones((S, M)),
               "Multiply one modality's column by a constant and your result changes; "
               "the predictions wouldn't.", 1e-3)
        expect(got / got[0], gates / gates[0],
               "The ratio of two speakers' gates in one modality is what the data do fix, "
               "and yours has changed it.", 1e-3)
    return "Two speakers can be compared in one modality. Two modalities of one speaker can't."


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
    for rng in drawn(4):
        n, M, H = rng.integers(2, 6, 3)
        h, gates, present = rng.normal(size=(n, M, H)), rng.uniform(0.1, 1.9, (n, M)), np.array([
            rng.permutation(np.arange(M) < rng.integers(1, M + 1)) for _ in range(n)])
        wanted = [sum(gates[i, m] * h[i, m] for m in range(M) if present[i, m]) for i in range(n)]
        expect(answer(torch.tensor(h).float(), torch.tensor(gates).float(), torch.tensor(present)),
               wanted, "Not for every number of utterances, modalities and elements.")
    return "A missing modality is a gate of zero that nobody had to learn."


@exercise
def shared_gates(answer) -> str:
    """``answer(scores)``: (n, M) -> gates that add up to M, all 1 where the scores are equal."""
    def asked(scores):
        gates = numbers(answer(torch.tensor(scores).float()), "Gates are numbers, and finite.")
        if gates.shape != scores.shape:
            raise Wrong("Each modality of each utterance gets a gate. "
                        f"(Their shape is {gates.shape}; expected {scores.shape}.)")
        return gates

    for M in (3, 4, 2):
        expect(asked(np.zeros((2, M))), np.ones((2, M)),
               f"Scores of zero for {M} modalities must give gates of 1 everywhere.")
    for rng in drawn(4):
        n, M = rng.integers(3, 6), rng.integers(2, 6)
        scores = rng.permuted(np.tile(np.linspace(-1.5, 2, M), (n, 1)), axis=1)
        scores += rng.normal(size=(n, 1))
        gates = asked(scores)
        expect(gates.sum(1), np.full(n, M),
               "The gates of one utterance don't add up to the number of modalities.")
        if (gates < 0).any():
            raise Wrong("A gate below zero would turn evidence round.")
        in_order = np.take_along_axis(gates, scores.argsort(1), 1)
        if (np.diff(in_order, axis=1) < -1e-5).any() or (in_order[:, -1] < 1.01).any():
            raise Wrong("The higher a score, the wider its gate should be.")
        expect(asked(scores[:1]), gates[:1],
               "An utterance's gates hang on its own scores, not on who else is in the batch.")
    return ("Such gates can say which modality to believe, "
            "but not that somebody's three are all worth little.")
