"""Answers to the exercises of "Gating", and its equation by hand."""

import math

import numpy as np
import pandas as pd
import torch
from book_code import Answers, Equation
from scipy.special import softmax


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


def fuse_lists(h, gates, present):
    return [[sum(g * v[k] for g, v, there in zip(gs, vs, ps, strict=True) if there)
             for k in range(len(vs[0]))]
            for gs, vs, ps in zip(gates.tolist(), h.tolist(), present.tolist(), strict=True)]


def fuse_in_place(h, gates, present):
    h *= gates[..., None]
    h[~present] = 0
    return h.sum(1)


def fuse_gates_forgotten_in_place(h, gates, present):
    gates[~present] = 0
    h[~present] = 0
    return h.sum(1)


def fuse_rescaled(h, gates, present):
    gates = gates * present
    return ((gates * h.shape[1] / present.sum(1, keepdim=True).clamp(1))[..., None] * h).sum(1)


def fuse_first_only(h, gates, present):
    return gates[:, :1] * present[:, :1] * h[:, 0]


def bisected(gate):
    low, high = -30.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if 2 / (1 + math.exp(-middle)) < gate else (low, middle)
    return low


def identified_in_place(gates):
    gates /= gates.sum(0)
    return gates


def identified_rows_in_place(gates):
    gates /= gates.sum(1, keepdims=True)
    return gates


def shared_in_place(scores):
    scores -= scores.amax(1, keepdim=True)
    scores.exp_()
    scores /= scores.mean(1, keepdim=True)
    return scores


def shared_in_place_over_the_batch(scores):
    scores.exp_()
    scores /= scores.mean(0)
    return scores


def shared_lists(scores):
    powers = [[math.exp(s) for s in row] for row in scores.tolist()]
    return [[len(row) * p / sum(row) for p in row] for row in powers]


ANSWERS = {
    "weight": Answers(
        right=[lambda loudness, sd: loudness * (1 / sd) * (1 / sd),
               lambda loudness, sd: np.float32(loudness) / np.square(np.float32(sd)),
               lambda loudness, sd: torch.tensor([loudness]) / torch.tensor(sd).pow(2),
               lambda loudness, sd: [loudness / sd ** 2],
               lambda a, s: math.exp(math.log(a) - 2 * math.log(s)) if a else 0],
        wrong=[lambda loudness, sd: loudness,
               lambda loudness, sd: loudness / sd,
               lambda loudness, sd: loudness * sd,
               lambda loudness, sd: loudness * sd ** 2,
               lambda loudness, sd: 1 / sd ** 2,
               lambda loudness, sd: loudness / (2 * sd ** 2),
               lambda loudness, sd: loudness ** 2 / sd ** 2,
               lambda loudness, sd: loudness / math.sqrt(sd),
               lambda loudness, sd: loudness / (1 + sd ** 2) * 2,
               lambda loudness, sd: {(0.7, 1.0): 0.7, (0.7, 2.0): 0.175}.get((loudness, sd), 0),
               lambda loudness, sd: "loudness / sd**2"]),
    "bias_for": Answers(
        right=[lambda gate: torch.logit(torch.tensor(gate) / 2),
               lambda gate: -math.log(2 / gate - 1),
               lambda gate: np.array([2 * np.arctanh(gate - 1)], np.float32),
               lambda gate: [math.log(gate) - math.log(2 - gate)],
               bisected,
               lambda gate: np.linspace(-5, 5, 100_001)[np.abs(
                   2 / (1 + np.exp(-np.linspace(-5, 5, 100_001))) - gate).argmin()]],
        wrong=[lambda gate: gate - 1,
               lambda gate: math.log(gate),
               lambda gate: math.log((2 - gate) / gate),
               lambda gate: 2 / (1 + math.exp(-gate)),
               lambda gate: 1 - gate,
               lambda gate: 2 * (gate - 1),
               lambda gate: math.atanh(gate - 1),
               lambda gate: math.log2(gate / (2 - gate)),
               lambda gate: {1.0: 0.0, 0.5: -1.0986123, 0.1: -2.944439, 1.9: 2.944439}.get(gate, 0),
               lambda gate: [0.0, gate] if gate != 1 else 0]),
    "identified": Answers(
        right=[lambda gates: gates / gates[0],
               lambda gates: gates / np.max(gates, axis=0),
               lambda gates: torch.tensor(gates).float() / torch.tensor(gates).float().norm(dim=0),
               lambda gates: [[g / s for g, s in zip(row, gates[-1], strict=True)]
                              for row in gates.tolist()],
               lambda gates: pd.DataFrame(gates) / pd.DataFrame(gates).median(),
               lambda gates: np.exp(np.log(gates) - np.log(gates).mean(0)),
               identified_in_place],
        wrong=[lambda gates: gates,
               lambda gates: gates / gates.sum(axis=1, keepdims=True),
               lambda gates: (gates - gates.mean(0)) / gates.std(0),
               lambda gates: gates.argsort(0).argsort(0) + 1.0,
               lambda gates: gates / gates.mean(),
               lambda gates: gates - gates.mean(0),
               lambda gates: np.log(gates) - np.log(gates).mean(0) + 9,
               lambda gates: gates / gates[:, :1],
               lambda gates: np.ones_like(gates),
               lambda gates: gates.mean(0),
               lambda gates: gates * 1e-9,
               lambda gates: (gates - gates.min(0)) / (gates.max(0) - gates.min(0)) + 1e-3,
               lambda gates: np.exp(gates / gates.sum(0)),
               lambda gates: np.sort(gates, axis=0) / gates.max(0),
               identified_rows_in_place]),
    "fuse": Answers(
        right=[fuse_in_a_loop, fuse_lists, fuse_in_place,
               lambda h, gates, present: torch.einsum("nm,nmh->nh", gates * present, h),
               lambda h, gates, present: ((gates * present)[:, None] @ h)[:, 0],
               lambda h, gates, present: np.where(
                   np.asarray(present)[..., None], np.asarray(gates)[..., None] * np.asarray(h), 0
               ).sum(1),
               lambda h, gates, present: [torch.stack([torch.zeros(h.shape[2]), *(
                   g[m] * x[m] for m in torch.nonzero(p)[:, 0])]).sum(0)
                   for x, g, p in zip(h, gates, present, strict=True)]],
        wrong=[lambda h, gates, present: (gates[..., None] * h).sum(1), fuse_rescaled,
               lambda h, gates, present: ((gates * present)[..., None] * h).mean(1),
               lambda h, gates, present: (present[..., None] * h).sum(1),
               lambda h, gates, present: ((gates * ~present)[..., None] * h).sum(1),
               lambda h, gates, present: ((gates * present)[..., None] * h).sum(2),
               lambda h, gates, present: (gates * present)[..., None] * h,
               lambda h, gates, present: ((gates.softmax(1) * present)[..., None] * h).sum(1),
               lambda h, gates, present: ((gates + present)[..., None] * h).sum(1),
               lambda h, gates, present: (gates * present).sum(1, keepdim=True) * h.sum(1),
               fuse_first_only, fuse_gates_forgotten_in_place]),
    "shared_gates": Answers(
        right=[lambda scores: scores.exp() / scores.exp().mean(1, keepdim=True),
               shared_in_place, shared_lists,
               lambda scores: [len(row) * torch.softmax(row, 0) for row in scores],
               lambda scores: scores.shape[1] * softmax(scores.numpy(), axis=1),
               lambda scores: scores.sigmoid() / scores.sigmoid().mean(1, keepdim=True)],
        wrong=[lambda scores: torch.softmax(scores, 1), lambda scores: 2 * torch.sigmoid(scores),
               lambda scores: 3 * torch.softmax(scores, 1), lambda scores: scores.exp(),
               lambda scores: 1 + scores - scores.mean(1, keepdim=True),
               lambda scores: scores.shape[1] * torch.softmax(scores, 0),
               lambda scores: len(scores) * torch.softmax(scores, 0),
               lambda scores: torch.ones_like(scores),
               lambda scores: scores.shape[1] * torch.softmax(-scores, 1),
               lambda scores: scores.shape[1] * torch.softmax(scores - scores.mean(0), 1),
               lambda scores: scores.shape[1] * torch.softmax(scores.sort(1)[0], 1),
               lambda scores: scores.shape[1] * torch.softmax(scores.abs(), 1),
               lambda scores: scores.shape[1] * scores / scores.sum(1, keepdim=True),
               lambda scores: scores.exp() / scores.exp().mean(),
               shared_in_place_over_the_batch]),
}
