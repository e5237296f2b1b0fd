"""Answers to the exercises of "Gating", and its equation by hand."""

import math

import numpy as np
import torch
from book_code import Answers, Equation


def gates_hold(Gating):
    """Each gate from its own sum, with Python's own arithmetic; untrained, every gate is 1."""
    torch.manual_seed(0)
    stage, speaker = Gating(3, 4), torch.randn(2, 5, 4)
    assert torch.equal(stage(speaker), torch.ones(2, 5, 3))
    torch.nn.init.normal_(stage.linear.weight)
    torch.nn.init.normal_(stage.linear.bias)
    gates = stage(speaker).detach()
    W, b = stage.linear.weight.tolist(), stage.linear.bias.tolist()
    for i in range(2):
        for t in range(5):
            s = speaker[i, t].tolist()
            for m in range(3):
                score = b[m] + sum(W[m][k] * s[k] for k in range(4))
                assert abs(float(gates[i, t, m]) - 2 / (1 + math.exp(-score))) < 1e-5


EQUATIONS = {"gating": Equation("Gating", "mlsan.model.gating:Gating", gates_hold)}


def fuse_in_a_loop(h, gates, present):
    total = torch.zeros(len(h), h.shape[2])
    for m in range(h.shape[1]):
        here = present[:, m]
        total[here] += gates[here, m, None] * h[here, m]
    return total


def fuse_rescaled(h, gates, present):
    gates = gates * present
    return ((gates * 3 / present.sum(1, keepdim=True))[..., None] * h).sum(1)


ANSWERS = {
    "weight": Answers(
        right=[lambda loudness, sd: loudness * (1 / sd) * (1 / sd)],
        wrong=[lambda loudness, sd: loudness,
               lambda loudness, sd: loudness / sd,
               lambda loudness, sd: loudness * sd,
               lambda loudness, sd: 1 / sd ** 2]),
    "bias_for": Answers(
        right=[lambda gate: torch.logit(torch.tensor(gate) / 2),
               lambda gate: -math.log(2 / gate - 1)],
        wrong=[lambda gate: gate - 1,
               lambda gate: math.log(gate),
               lambda gate: math.log((2 - gate) / gate)]),
    "identified": Answers(
        right=[lambda gates: gates / gates[0],
               lambda gates: gates / np.max(gates, axis=0)],
        wrong=[lambda gates: gates,
               lambda gates: gates / gates.sum(axis=1, keepdims=True),
               lambda gates: (gates - gates.mean(0)) / gates.std(0),
               lambda gates: gates.argsort(0).argsort(0) + 1.0]),
    "fuse": Answers(
        right=[fuse_in_a_loop,
               lambda h, gates, present: torch.einsum("nm,nmh->nh", gates * present, h)],
        wrong=[lambda h, gates, present: (gates[..., None] * h).sum(1), fuse_rescaled,
               lambda h, gates, present: ((gates * present)[..., None] * h).mean(1),
               lambda h, gates, present: (present[..., None] * h).sum(1)]),
    "shared_gates": Answers(
        right=[lambda scores: scores.exp() / scores.exp().mean(1, keepdim=True)],
        wrong=[lambda scores: torch.softmax(scores, 1), lambda scores: 2 * torch.sigmoid(scores),
               lambda scores: 3 * torch.softmax(scores, 1), lambda scores: scores.exp(),
               lambda scores: 1 + scores - scores.mean(1, keepdim=True)]),
}
