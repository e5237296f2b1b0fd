"""Answers to the exercises of "Regularization", and its equation by hand."""

import math
import random

import numpy as np
import torch
from book_code import Answers, Equation
from scipy.integrate import trapezoid
from scipy.stats import norm

from mlsan.data.batches import Batch
from mlsan.model.mlsan import MLSAN, Config
from mlsan.training import Settings


def surprise(scores: list[float], true: int) -> float:
    return math.log(sum(math.exp(s) for s in scores)) - scores[true]


def loss_holds(loss):
    """Both sums, utterance by utterance, with Python's own arithmetic; no padding, no strangers."""
    torch.manual_seed(0)
    dims = {"text": 4, "audio": 3, "visual": 2}
    model = MLSAN(Config(dims, emotions=3, speakers=4, context=False, hidden=6)).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    mask = torch.tensor([[True, True, True], [True, True, False]])
    speaker = torch.tensor([[1, 0, 3], [2, 2, 0]])
    emotion = torch.tensor([[2, 1, 0], [0, 2, 0]])
    features = {m: torch.randn(2, 3, d) for m, d in dims.items()}
    batch = Batch(features, dict.fromkeys(dims, mask), mask, speaker, 0 * speaker, emotion,
                  torch.zeros_like(speaker))
    with torch.no_grad():
        logits = model(batch, speaker).logits.tolist()
        h = model.represent(batch, torch.zeros_like(speaker))[2].tolist()
        got = {weight: float(loss(model, batch, Settings(regularization=weight)))
               for weight in (0.1, 2.0)}
    W, b = model.regularization.head.weight.tolist(), model.regularization.head.bias.tolist()
    felt, said = [], []
    for i in range(2):
        for t in range(3):
            if mask[i, t]:
                felt.append(surprise(logits[i][t], int(emotion[i, t])))
            if mask[i, t] and speaker[i, t] > 0:
                scores = [b[s] + sum(w * x for w, x in zip(W[s], h[i][t], strict=True))
                          for s in range(4)]
                said.append(surprise(scores, int(speaker[i, t])))
    for weight, value in got.items():
        assert abs(value - (sum(felt) / 5 + weight * sum(said) / 4)) < 1e-3


EQUATIONS = {"regularization": Equation("loss", "mlsan.training:loss", loss_holds)}


def cross_entropy_of(shares):
    p = torch.as_tensor(shares)
    return torch.nn.functional.cross_entropy(p.log()[None], p[None])


def first_in_order(weights, dev):
    """The highest mean first; of equal ones, the smallest weight."""
    return min((-np.mean(scores), weight) for weight, scores in zip(weights, dev, strict=True))[1]


def largest_in_theory(looks, sd):
    """The largest of n is below z where all of them are: its density is n phi(z) Phi(z)^(n - 1)."""
    z = np.linspace(-9, 9, 20_001)
    density = looks * norm.pdf(z) * norm.cdf(z) ** (looks - 1)
    return sd * trapezoid(z * density, z)


def largest_one_by_one(looks, sd):
    draw = random.Random(1)
    return sum(max(draw.gauss(0, sd) for _ in range(looks)) for _ in range(20_000)) / 20_000


ANSWERS = {
    "blind": Answers(
        right=[lambda shares: sum(-p * math.log(p) for p in shares), cross_entropy_of],
        wrong=[lambda shares: math.log(len(shares)),
               lambda shares: -sum(p * math.log2(p) for p in shares),
               lambda shares: -math.log(max(shares)),
               lambda shares: -np.log(shares).mean()]),
    "paths": Answers(
        right=[lambda speaker: (speaker * 0, speaker),
               lambda speaker: [speaker.masked_fill(speaker > 0, 0), speaker]],
        wrong=[lambda speaker: (speaker, speaker),
               lambda speaker: (speaker * 0, speaker * 0),
               lambda speaker: (speaker, speaker * 0),
               lambda speaker: (speaker.roll(1), speaker),
               lambda speaker: speaker * 0]),
    "choose": Answers(
        right=[first_in_order],
        wrong=[lambda weights, dev: weights[0],
               lambda weights, dev: weights[int(dev.max(1).argmax())],
               lambda weights, dev: weights[int(dev.mean(0).argmax())],
               lambda weights, dev: weights[len(weights) - 1 - int(dev.mean(1)[::-1].argmax())],
               lambda weights, dev: float(dev.mean(1).max())]),
    "reverse": Answers(
        right=[lambda h: h.detach() + (h.detach() - h), lambda h: -h + 2 * h.detach()],
        wrong=[lambda h: -h, lambda h: h, lambda h: h.detach(), lambda h: h - 2 * h.detach(),
               lambda h: 3 * h.detach() - 2 * h]),
    "best_of": Answers(
        right=[largest_in_theory, largest_one_by_one],
        wrong=[lambda looks, sd: 1.96 * sd,
               lambda looks, sd: np.random.default_rng(0).normal(0, sd, looks).max(),
               lambda looks, sd: np.random.default_rng(0).normal(0, sd, (9_999, looks)).mean(),
               lambda looks, sd: abs(np.random.default_rng(0).normal(0, sd, (9_999, looks))
                                     ).max(1).mean(),
               lambda looks, sd: sd * math.sqrt(2 * math.log(looks))]),
}
