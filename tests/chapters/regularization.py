"""Answers to the exercises of "Regularization", and its equation by hand."""

import math
import random

import numpy as np
import pandas as pd
import torch
from book_code import Answers, Equation
from scipy.integrate import trapezoid
from scipy.stats import entropy, norm

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


def entropy_in_place(shares):
    shares *= -np.log(shares)
    return shares.sum()


def half_entropy_in_place(shares):
    shares *= -np.log(shares)
    return shares.mean()


def told_in_place(speaker):
    asked = speaker.clone()
    speaker.zero_()
    return speaker, asked


def told_and_asked_the_same(speaker):
    told = speaker
    told.zero_()
    return told, speaker


def half_hidden(speaker):
    told = speaker.clone()
    told[::2] = 0
    return told, speaker


def first_in_order(weights, dev):
    """The highest mean first; of equal ones, the smallest weight."""
    return min((-np.mean(scores), weight) for weight, scores in zip(weights, dev, strict=True))[1]


def fewest_regrets(weights, dev):
    means = torch.tensor(dev, dtype=torch.float32).mean(1)
    return torch.tensor(weights)[torch.nonzero(means == means.max())[0]]


def one_after_the_other(weights, dev):
    best, most = None, 0.0
    for weight, row in zip(weights, dev.tolist(), strict=True):
        if sum(row) > most:
            best, most = weight, sum(row)
    return best


def sorted_in_place(weights, dev):
    """Sorted within each seed: the rows are no candidate's any more."""
    dev.sort(0)
    return weights[int(dev.mean(1).argmax())]


def best_of_rows_sorted(weights, dev):
    """Sorted within each row: the sums stay."""
    dev.sort(1)
    return np.array([weights[int(dev.sum(1).argmax())]])


class Reversed(torch.autograd.Function):
    @staticmethod
    def forward(ctx, h):
        return h.view_as(h)

    @staticmethod
    def backward(ctx, gradient):
        return -gradient


def hooked(h):
    out = h * 1
    out.register_hook(torch.neg)
    return out


def hooked_too_early(h):
    h.register_hook(lambda gradient: -gradient)
    return h


def hooked_too_early_in_a_copy(h):
    h.register_hook(lambda gradient: -gradient)
    return h.clone()


def hooked_for_nothing(h):
    h.clone().register_hook(lambda gradient: -gradient)
    return h


def turned_in_place(h):
    h.neg_()
    return h


def turned_and_back(h):
    h.neg_()
    return -h


def largest_in_theory(looks, sd):
    """The largest of n is below z where all of them are: its density is n phi(z) Phi(z)^(n - 1)."""
    z = np.linspace(-9, 9, 20_001)
    density = looks * norm.pdf(z) * norm.cdf(z) ** (looks - 1)
    return sd * trapezoid(z * density, z)


def largest_one_by_one(looks, sd):
    draw = random.Random(1)
    return sum(max(draw.gauss(0, sd) for _ in range(looks)) for _ in range(10_000)) / 10_000


def drawn_by_torch(looks, sd):
    gains = torch.randn(20_000, looks, generator=torch.Generator().manual_seed(2)) * sd
    return gains.amax(1).mean()


def drawn_in_place(looks, sd):
    gains = np.random.default_rng().normal(0, sd, (30_000, looks)).astype(np.float32)
    gains.sort(axis=1)
    return [gains[:, -1].mean()]


def gains(looks, sd, times=20_000):
    return np.random.default_rng(0).normal(0, sd, (times, looks))


ANSWERS = {
    "blind": Answers(
        right=[lambda shares: sum(-p * math.log(p) for p in shares), cross_entropy_of,
               entropy, entropy_in_place,
               lambda shares: torch.distributions.Categorical(torch.tensor(shares).float()
                                                              ).entropy(),
               lambda shares: [np.float32(-shares @ np.log(shares))]],
        wrong=[lambda shares: math.log(len(shares)),
               lambda shares: -sum(p * math.log2(p) for p in shares),
               lambda shares: -math.log(max(shares)),
               lambda shares: -np.log(shares).mean(),
               lambda shares: -np.log(shares).sum(),
               lambda shares: (shares * np.log(shares)).sum(),
               lambda shares: -shares * np.log(shares),
               lambda shares: -math.log((shares ** 2).sum()),
               lambda shares: -sum(p * math.log10(p) for p in shares),
               lambda shares: {24: math.log(24), 2: 0.0079073}.get(len(shares), 1.0397),
               lambda shares: {24: math.log(24), 2: 0.0079073}.get(len(shares),
                                                                   math.log(len(shares))),
               half_entropy_in_place]),
    "paths": Answers(
        right=[lambda speaker: (speaker * 0, speaker),
               lambda speaker: [speaker.masked_fill(speaker > 0, 0), speaker],
               told_in_place,
               lambda speaker: ([[0] * speaker.shape[1]] * len(speaker), speaker.tolist()),
               lambda speaker: np.stack([speaker.numpy() * 0, speaker.numpy()]),
               lambda speaker: (list(torch.zeros_like(speaker)), list(speaker)),
               lambda speaker: (torch.zeros(speaker.shape, dtype=torch.int32), speaker.numpy())],
        wrong=[lambda speaker: (speaker, speaker),
               lambda speaker: (speaker * 0, speaker * 0),
               lambda speaker: (speaker, speaker * 0),
               lambda speaker: (speaker.roll(1), speaker),
               lambda speaker: speaker * 0,
               lambda speaker: (torch.zeros(speaker.shape), speaker),
               lambda speaker: (np.zeros(speaker.shape), speaker),
               lambda speaker: (torch.ones_like(speaker), speaker),
               lambda speaker: (-torch.ones_like(speaker), speaker),
               lambda speaker: (speaker[:, torch.randperm(speaker.shape[1])] + 1, speaker),
               lambda speaker: (0, speaker),
               lambda speaker: (torch.tensor([[0, 0]] * 3), torch.tensor([[3, 1], [2, 2], [5, 0]])),
               half_hidden, told_and_asked_the_same]),
    "choose": Answers(
        right=[first_in_order, fewest_regrets, one_after_the_other, best_of_rows_sorted,
               lambda weights, dev: pd.DataFrame(dev, weights).mean(axis=1).idxmax(),
               lambda weights, dev: np.float32(weights)[dev.mean(1).argmax()]],
        wrong=[lambda weights, dev: weights[0],
               lambda weights, dev: weights[int(dev.max(1).argmax())],
               lambda weights, dev: weights[int(dev.mean(0).argmax())],
               lambda weights, dev: weights[len(weights) - 1 - int(dev.mean(1)[::-1].argmax())],
               lambda weights, dev: float(dev.mean(1).max()),
               lambda weights, dev: weights[int(np.median(dev, axis=1).argmax())],
               lambda weights, dev: int(dev.mean(1).argmax()),
               lambda weights, dev: weights[int(dev[:, 0].argmax())],
               lambda weights, dev: weights[int(dev[:, -1].argmax())],
               lambda weights, dev: weights[int(dev.min(1).argmax())],
               lambda weights, dev: weights[int((dev.mean(1) - dev.std(1)).argmax())],
               lambda weights, dev: weights[int(dev.mean(1).argmin())],
               lambda weights, dev: weights[int(dev.argmax()) // dev.shape[1]],
               lambda weights, dev: [w for w, m in zip(weights, dev.mean(1), strict=True)
                                     if m == dev.mean(1).max()],
               sorted_in_place]),
    "reverse": Answers(
        right=[lambda h: h.detach() + (h.detach() - h), lambda h: -h + 2 * h.detach(),
               hooked, Reversed.apply,
               lambda h: h.detach().clone().mul_(2).sub_(h),
               lambda h: torch.stack([2 * row.detach() - row for row in h])],
        wrong=[lambda h: -h, lambda h: h, lambda h: h.detach(), lambda h: h - 2 * h.detach(),
               lambda h: 3 * h.detach() - 2 * h,
               lambda h: h.detach().numpy(),
               lambda h: h.clone().detach().requires_grad_(),
               lambda h: torch.nn.Parameter(h.detach()),
               lambda h: h.detach_(),
               lambda h: 1.5 * h.detach() - 0.5 * h,
               hooked_too_early, hooked_too_early_in_a_copy, hooked_for_nothing,
               turned_in_place, turned_and_back]),
    "best_of": Answers(
        right=[largest_in_theory, largest_one_by_one, drawn_by_torch, drawn_in_place,
               lambda looks, sd: np.mean([v.max() for v in gains(looks, sd)])],
        wrong=[lambda looks, sd: 1.96 * sd,
               lambda looks, sd: gains(looks, sd)[0].max(),
               lambda looks, sd: gains(looks, sd).mean(),
               lambda looks, sd: abs(gains(looks, sd)).max(1).mean(),
               lambda looks, sd: sd * math.sqrt(2 * math.log(looks)),
               lambda looks, sd: np.median(gains(looks, sd).max(1)),
               lambda looks, sd: sd * norm.ppf(0.5 ** (1 / looks)),
               lambda looks, sd: sd * norm.ppf(looks / (looks + 1)),
               lambda looks, sd: gains(looks, sd).max(0).mean(),
               lambda looks, sd: gains(looks, 1).max(1).mean(),
               lambda looks, sd: gains(looks, math.sqrt(sd)).max(1).mean(),
               lambda looks, sd: gains(24, sd).max(1).mean(),
               lambda looks, sd: gains(looks, sd).max(1).std(),
               lambda looks, sd: sd * {1: 0, 2: 0.564}.get(looks, 1.948),
               lambda looks, sd: gains(looks, sd).max(1)]),
}
