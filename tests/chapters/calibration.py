"""Answers to the exercises of "Calibration", and its equations by hand."""

import math

import numpy as np
import torch
from book_code import Answers, Equation


def film_holds(Calibration):
    """Element by element, with Python's own arithmetic."""
    torch.manual_seed(0)
    stage = Calibration({"text": 4, "audio": 3, "visual": 2}, 5)
    x = {m: torch.randn(2, 3, d) for m, d in (("text", 4), ("audio", 3), ("visual", 2))}
    speaker = torch.randn(2, 3, 5)
    for linear in stage.film.values():
        torch.nn.init.normal_(linear.weight)
        torch.nn.init.normal_(linear.bias)
    out = stage(x, speaker)
    assert torch.equal(out["text"], x["text"])
    for m in ("audio", "visual"):
        made = stage.film[m](speaker)
        D = x[m].shape[-1]
        for b, t, d in torch.cartesian_prod(*map(torch.arange, x[m].shape)).tolist():
            by_hand = float(x[m][b, t, d]) * (1 + made[b, t, d].item()) + made[b, t, D + d].item()
            assert abs(float(out[m][b, t, d].detach()) - by_hand) < 1e-5


def undoing_holds(undo):
    """Gain and shift are gone: what FiLM makes of a standardised x is the z that it came from."""
    g, b = np.array([[0.3, -0.7], [1.1, 0.2]]), np.array([[2.0, -1.0], [0.5, 0.4]])
    mean, sd = np.array([0.7, -0.4]), np.array([1.9, 0.6])
    gamma, beta = undo(g, b, mean, sd)
    for s in range(2):
        for d in range(2):
            for z in (-1.5, 0.0, 2.0):
                x = (math.exp(g[s, d]) * z + b[s, d] - mean[d]) / sd[d]
                assert abs((1 + float(gamma[s, d])) * x + float(beta[s, d]) - z) < 1e-9


def neutrality_holds(neutrality):
    """Speaker by speaker and feature by feature; the unknown speaker's row is left out."""
    x = [[0.5, 2.0], [1.5, -1.0], [3.0, 0.0], [2.0, 4.0], [-1.0, 1.0], [9.0, 9.0]]
    speaker = [1, 1, 2, 2, 2, 0]
    known = [(row, s) for row, s in zip(x, speaker, strict=True) if s > 0]
    total = 0.0
    for d in range(2):
        values = [row[d] for row, _ in known]
        mu = sum(values) / len(values)
        v = sum((value - mu) ** 2 for value in values) / len(values) + 1e-6
        for s in (1, 2):
            own = [row[d] for row, who in known if who == s]
            mu_s = sum(own) / len(own)
            v_s = sum((value - mu_s) ** 2 for value in own) / len(own)
            total += len(own) / len(known) * ((mu_s - mu) ** 2 / v + (v_s / v - 1) ** 2) / 2
    got = float(neutrality(torch.tensor(x, dtype=torch.float64), torch.tensor(speaker), 3))
    assert abs(got - total) < 1e-9


def own_moments_holds(own_moments):
    """Train rows set the moments; the test rows are placed by them."""
    x = [[1.0, 4.0], [3.0, 8.0], [5.0, 6.0], [2.0, 0.0], [4.0, 6.0], [7.0, -2.0]]
    speaker, in_train = list("aaabba"), [True, True, False, True, True, True]
    got = own_moments(np.array(x), np.array(speaker), np.array(in_train))
    for i, s in enumerate(speaker):
        for d in range(2):
            own = [row[d] for row, who, known in zip(x, speaker, in_train, strict=True)
                   if who == s and known]
            mean = sum(own) / len(own)
            sd = math.sqrt(sum((value - mean) ** 2 for value in own) / len(own))
            assert abs(float(got[i, d]) - (x[i][d] - mean) / sd) < 1e-9


EQUATIONS = {
    "calibration": Equation("Calibration", "mlsan.model.calibration:Calibration", film_holds),
    "undoing": Equation("undo", "mlsan.studies.calibration:undo", undoing_holds),
    "neutrality": Equation("neutrality", "mlsan.model.calibration:neutrality", neutrality_holds),
    "own-moments": Equation("own_moments", "mlsan.studies.calibration:own_moments",
                            own_moments_holds)}


def _null_space(W, x):
    """By the singular vectors of the centred weights."""
    _, s, v = np.linalg.svd(W - W.mean(0))
    free = v[(s > 1e-9).sum():]
    return free.T @ (free @ x)


def _only_logits(W, x):
    return x - np.linalg.pinv(W) @ (W @ x)


ANSWERS = {
    "film": Answers(
        right=[lambda x, gamma, beta: x + gamma * x + beta],
        wrong=[lambda x, gamma, beta: gamma * x + beta,
               lambda x, gamma, beta: (1 + gamma) * (x + beta),
               lambda x, gamma, beta: (1 + gamma) * x - beta]),
    "compose": Answers(
        right=[lambda g1, b1, g2, b2: (g1 + g2 + g1 * g2, b1 + g2 * b1 + b2)],
        wrong=[lambda g1, b1, g2, b2: (g1 + g2, (1 + g2) * b1 + b2),
               lambda g1, b1, g2, b2: ((1 + g1) * (1 + g2) - 1, b1 + b2),
               lambda g1, b1, g2, b2: ((1 + g1) * (1 + g2), (1 + g2) * b1 + b2)]),
    "ignored_part": Answers(
        right=[_null_space],
        wrong=[_only_logits, lambda W, x: x - _only_logits(W, x), lambda W, x: x - x.mean(),
               lambda W, x: x * 0]),
    "blind_spot": Answers(
        right=[([-2, -1, 1, 2], [-(2.5 ** 0.5)] * 2 + [2.5 ** 0.5] * 2),
               (np.array([0, 0, 0, 4.0]), [2, 2, 2, -2])],
        wrong=[([1, 2, 3, 4], [4, 3, 2, 1]), ([0, 1, 2, 3], [1, 2, 3, 4]),
               ([-1, 1, -1, 1], [-2, 2, -2, 2]), ([1, 1, 1, 1], [1, 1, 1, 1]), ([1], [1])]),
    "moods": Answers(right=[1.2, -1.2], wrong=[0, 0.6, 2]),
}
