"""Answers to the exercises of "Calibration", and its equations by hand."""

import math
from fractions import Fraction
from statistics import NormalDist

import numpy as np
import pandas as pd
import torch
from book_code import Answers, Equation
from scipy.linalg import null_space


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
    got = float(neutrality(torch.tensor(x, dtype=torch.float64), torch.tensor(speaker)))
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


def _film_in_place(x, gamma, beta):
    x *= 1 + gamma
    x += beta
    return x


def _film_in_place_added_first(x, gamma, beta):
    x += beta
    x *= 1 + gamma
    return x


def _compose_in_place(gamma1, beta1, gamma2, beta2):
    gamma1 += gamma2 + gamma1 * gamma2
    beta1 *= 1 + gamma2
    beta1 += beta2
    return gamma1, beta1


def _compose_in_place_too_soon(gamma1, beta1, gamma2, beta2):
    beta1 += beta2
    beta1 *= 1 + gamma2
    return (1 + gamma1) * (1 + gamma2) - 1, beta1


def _compose_torch(*given):
    g1, b1, g2, b2 = (torch.tensor(v, dtype=torch.float32) for v in given)
    return torch.stack([(1 + g1) * (1 + g2) - 1, torch.addcmul(b2, 1 + g2, b1)])


def _compose_lists(*given):
    quads = list(zip(*(v.tolist() for v in given), strict=True))
    return ([g1 + g2 + g1 * g2 for g1, _, g2, _ in quads],
            [b2 + b1 + g2 * b1 for _, b1, g2, b2 in quads])


def _null_space(W, x):
    """By the singular vectors of the centred weights."""
    _, s, v = np.linalg.svd(W - W.mean(0))
    free = v[(s > 1e-9).sum():]
    return free.T @ (free @ x)


def _in_single_precision(W, x):
    W, x = torch.tensor(W).float(), torch.tensor(x).float()
    apart = W[1:] - W[0]
    return x - apart.T @ torch.linalg.solve(apart @ apart.T, apart @ x)


def _row_by_row(W, x):
    """Take away, one after the other, what lies along each difference of logits."""
    seen, rest = [], np.array(x)
    for row in W[1:] - W[0]:
        for other in seen:
            row = row - (row @ other) * other
        seen.append(row / np.linalg.norm(row))
        rest -= (rest @ seen[-1]) * seen[-1]
    return rest.tolist()


def _in_place(W, x):
    W -= W.mean(0)
    x -= W.T @ np.linalg.lstsq(W.T, x)[0]
    return x


def _only_logits(W, x):
    return x - np.linalg.pinv(W) @ (W @ x)


def _along_rows_not_orthogonal(W, x):
    for row in W - W.mean(0):
        x = x - (row @ x) / (row @ row) * row
    return x


def _heeded(W, x):
    return x - _null_space(W, x)


root = 2 ** 0.5
normal = [NormalDist().inv_cdf((i + 0.5) / 20) for i in range(20)]

ANSWERS = {
    "film": Answers(
        right=[lambda x, gamma, beta: x + gamma * x + beta,
               _film_in_place,
               lambda x, gamma, beta: np.asarray(x) * (1 + np.asarray(gamma)) + np.asarray(beta),
               lambda x, gamma, beta: [[v + gamma[d] * v + beta[d] for d, v in enumerate(row)]
                                       for row in x.tolist()],
               lambda x, gamma, beta: (torch.addcmul(row + beta, gamma, row) for row in x),
               lambda x, gamma, beta: pd.DataFrame(x) * (1 + gamma.numpy()) + beta.numpy(),
               lambda x, gamma, beta: (x.double() @ torch.diag(1 + gamma).double()) + beta],
        wrong=[lambda x, gamma, beta: gamma * x + beta,
               lambda x, gamma, beta: (1 + gamma) * (x + beta),
               lambda x, gamma, beta: (1 + gamma) * x - beta,
               lambda x, gamma, beta: (1 + gamma) * x,
               lambda x, gamma, beta: x + beta,
               lambda x, gamma, beta: (x - beta) / (1.01 + gamma),
               lambda x, gamma, beta: 1 + gamma * x + beta,
               lambda x, gamma, beta: torch.exp(gamma) * x + beta,
               lambda x, gamma, beta: (1 + gamma) * x[0] + beta,
               lambda x, gamma, beta: (1 + gamma.mean()) * x + beta.mean(),
               lambda x, gamma, beta: print((1 + gamma) * x + beta),
               _film_in_place_added_first]),
    "compose": Answers(
        right=[lambda g1, b1, g2, b2: (g1 + g2 + g1 * g2, b1 + g2 * b1 + b2),
               _compose_in_place, _compose_torch, _compose_lists,
               lambda *given: iter(_compose_lists(*given)),
               lambda *given: [torch.tensor(v) for v in _compose_lists(*given)]],
        wrong=[lambda g1, b1, g2, b2: (g1 + g2, (1 + g2) * b1 + b2),
               lambda g1, b1, g2, b2: ((1 + g1) * (1 + g2) - 1, b1 + b2),
               lambda g1, b1, g2, b2: ((1 + g1) * (1 + g2), (1 + g2) * b1 + b2),
               lambda g1, b1, g2, b2: ((1 + g1) * (1 + g2) - 1, (1 + g1) * b2 + b1),
               lambda g1, b1, g2, b2: (g1 * g2, g2 * b1 + b2),
               lambda g1, b1, g2, b2: ((1 + g2) * b1 + b2, (1 + g1) * (1 + g2) - 1),
               lambda g1, b1, g2, b2: ((1 + g1) * (1 + g2) - 1, (1 + g2) * (b1 + b2)),
               lambda g1, b1, g2, b2: (1 + g1) * (1 + g2) - 1,
               lambda g1, b1, g2, b2: 1.0,
               _compose_in_place_too_soon]),
    "ignored_part": Answers(
        right=[_null_space, _in_single_precision, _row_by_row, _in_place,
               lambda W, x: torch.tensor(x).float() - (
                   torch.linalg.pinv(torch.tensor(W - W.mean(0)).float(), rtol=1e-5)
                   @ torch.tensor((W - W.mean(0)) @ x).float()),
               lambda W, x: null_space(np.diff(W, axis=0)) @ null_space(np.diff(W, axis=0)).T @ x],
        wrong=[_only_logits, _heeded, _along_rows_not_orthogonal,
               lambda W, x: x - x.mean(),
               lambda W, x: x * 0,
               lambda W, x: x,
               lambda W, x: x.mean(),
               lambda W, x: W @ x,
               lambda W, x: x - W.mean(0),
               lambda W, x: null_space(W - W.mean(0)),
               lambda W, x: null_space(np.diff(W, axis=0))[:, 0],
               lambda W, x: x - np.linalg.pinv(W - W.mean(1, keepdims=True)) @ (W @ x),
               lambda W, x: "nothing"]),
    "blind_spot": Answers(
        right=[([-2, -1, 1, 2], [-(2.5 ** 0.5)] * 2 + [2.5 ** 0.5] * 2),
               (np.array([0, 0, 0, 4.0]), [2, 2, 2, -2]),
               (torch.tensor([-1.0, 1, -1, 1]), torch.tensor([-root, 0, 0, root])),
               ([-1, 1] * 2, (-1.41, 0, 0, 1.41)),
               (pd.Series([9.0, 11] * 4), (8, *[10] * 6, 12)),
               ([-1, 1] * 10, normal / np.std(normal)),
               ([-root, -root, 0, root, root], [-2, 0, 0, 0, 2])],
        wrong=[([1, 2, 3, 4], [4, 3, 2, 1]), ([0, 1, 2, 3], [1, 2, 3, 4]),
               ([-1, 1, -1, 1], [-2, 2, -2, 2]), ([1, 1, 1, 1], [1, 1, 1, 1]), ([1], [1]),
               ([-1, 1] * 2, [-1.3, 0, 0, 1.3]),
               ([-1, 1] * 11, [-root, 0, 0, root]),
               ([1, 2, 3, 4], [1.0001, 2, 3, 4]),
               ([1, 2, 3, 4], [1, 2, 3, 4, 1, 2, 3, 4]),
               ([0, 0, 0, 4], [0, 0, 1, 3]),
               ([-1, 1, -1, math.nan], [-root, 0, 0, root]),
               (["low", "high"] * 2, ["low", "low", "high", "high"]),
               (0, 1)]),
    "moods": Answers(
        right=[1.2, -1.2, np.float32(1.2), torch.tensor(1.2), [1.2], np.array([[1.2]]),
               Fraction(6, 5), pd.Series([1.2])],
        wrong=[0, 0.0, 0.6, 2, 1.6, 0.4, 0.8, 2.4, "1.2", [1.6, 0.4], 1.1, math.nan]),
}
