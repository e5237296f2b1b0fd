"""Answers to the exercises of "ML-SAN", and its equation by hand."""

import math
from fractions import Fraction

import numpy as np
import pandas as pd
import torch
from book_code import Answers, Equation

from mlsan.data.batches import Batch
from mlsan.model.mlsan import Config

DIMS = {"text": 3, "audio": 2, "visual": 2}


class _Heard(torch.nn.Module):
    """In the context's place: h as it is, so that the network's output can be added up by hand."""

    def forward(self, h, party, mask):
        return h


def assembly_holds(Network):
    """The sum that reaches the context, number by number, with Python's own arithmetic."""
    torch.manual_seed(0)
    network = Network(Config(DIMS, emotions=7, speakers=4, hidden=8, speaker_dim=3)).eval()
    for tensor in network.state_dict().values():
        tensor.copy_(torch.randn_like(tensor) * 0.5)
    for m in DIMS:
        getattr(network, f"{m}_sd").abs_().add_(0.5)
    network.context, network.classify = _Heard(), torch.nn.Identity()
    speaker = torch.tensor([[1, 2, 1], [3, 1, 0]])
    present = {m: torch.rand(2, 3) < 0.7 for m in DIMS}
    features, zeros = {m: torch.randn(2, 3, d) for m, d in DIMS.items()}, torch.zeros_like(speaker)
    features["audio"][0, 1, 0], features["visual"][1, 0, 1] = 900.0, -900.0         # cut at twenty
    batch = Batch(features, present, torch.ones(2, 3, dtype=torch.bool), speaker,
                  zeros, zeros, zeros)
    with torch.no_grad():
        out = network(batch)
    out = getattr(out, "logits", out)
    weight = {name: tensor.tolist() for name, tensor in network.state_dict().items()}

    def linear(name, x):
        return [sum(w * v for w, v in zip(row, x, strict=True)) + b
                for row, b in zip(weight[f"{name}.weight"], weight[f"{name}.bias"], strict=True)]

    for b, t in torch.cartesian_prod(torch.arange(2), torch.arange(3)).tolist():
        vector = weight["speakers.vectors.weight"][speaker[b, t]]
        gates = [2 / (1 + math.exp(-g)) for g in linear("gating.linear", vector)]
        total = [0.0] * 8
        for i, (m, d) in enumerate(DIMS.items()):
            moments = weight[f"{m}_mean"], weight[f"{m}_sd"]
            x = [max(-20.0, min(20.0, (v - mean) / sd))
                 for v, mean, sd in zip(features[m][b, t].tolist(), *moments, strict=True)]
            if m != "text":
                made = linear(f"calibration.film.{m}", vector)
                x = [v + made[k] * v + made[d + k] for k, v in enumerate(x)]
            if present[m][b, t]:
                encoded = linear(f"encoders.{m}.1", x)
                total = [h + gates[i] * new for h, new in zip(total, encoded, strict=True)]
        assert all(abs(h - float(got)) < 1e-4 for h, got in zip(total, out[b, t], strict=True))


EQUATIONS = {"assembly": Equation("Network", "mlsan.model.mlsan:MLSAN", assembly_holds)}


def _normalised(p):
    return p / p.sum()


def _sorted_first(dev, test):
    """In place: the peak is right, the honest one is another epoch's."""
    test.sort()
    return test[dev.index(max(dev))], test[-1]


def _sorted_afterwards(dev, test):
    honest = test[dev.index(max(dev))]
    test.sort()
    return torch.tensor([honest, test[-1]])


def _singly(f):
    return f["calibration"] + f["gating"] - 2 * f["static"]


def _share(f):
    return (f["both"] - f["static"] - _singly(f)) / _singly(f)


def _gains_in_place(f):
    static = f.pop("static")
    for model in f:
        f[model] -= static
    return f["both"] / (f["calibration"] + f["gating"]) - 1


def _gains_in_place_too_soon(f):
    for model in f:
        f[model] -= f["static"]
    return f["both"] / (f["calibration"] + f["gating"]) - 1


def _by_hand(p, own):
    def apart(s):
        return sum(abs(a - b) for a, b in zip(p[s], p[own], strict=True))

    return max(range(len(p)), key=apart)


def _moved_in_place(p, own):
    p -= p[own].copy()
    return [np.abs(p, out=p).sum(1).argmax()]


def _moved_in_place_row_by_row(p, own):
    """The own row is zero half-way, and later ones are moved no more."""
    for row in p:
        row -= p[own]
    return np.abs(p).sum(1).argmax()


def _in_logs(alone, prior):
    return torch.softmax(torch.tensor(np.log(alone).sum(0) - (len(alone) - 1) * np.log(prior)), 0)


def _divided(alone, prior):
    return _normalised(np.prod(alone, 0) / np.asarray(prior) ** (len(alone) - 1))


def _one_by_one(alone, prior):
    belief = prior.tolist()
    for witness in alone.tolist():
        belief = [b * w / p for b, w, p in zip(belief, witness, prior, strict=True)]
    return [b / sum(belief) for b in belief]


def _in_place(alone, prior):
    alone /= prior
    prior *= alone.prod(0)
    prior /= prior.sum()
    return prior


def _in_place_not_the_last(alone, prior):
    alone /= prior
    prior *= alone[:-1].prod(0) if len(alone) > 1 else alone[0]
    return prior / prior.sum()


def _outside_zero(d, low, high):
    return (np.quantile(d, low, axis=0) > 0) | (np.quantile(d, high, axis=0) < 0)


def _standard_errors(d, divisor=1.0):
    return np.abs(d.mean(0)) > 1.96 * d.std(0) / divisor


def _sorted_in_place(d):
    d.sort(0)
    cut = int(0.025 * len(d))
    return torch.tensor((d[cut] > 0) | (d[-cut - 1] < 0))


def _sorted_along_rows(d):
    d.sort(1)
    cut = int(0.025 * len(d))
    return (d[cut] > 0) | (d[-cut - 1] < 0)


ANSWERS = {
    "one_more": Answers(
        right=[97, 97.0, 32 + 65, np.int64(97), torch.tensor([97]), np.float32(97), [97]],
        wrong=[32, 65, 64, 96, 33, 24 * 97, 98, 25 * 97, 128, "97", [32, 65], 0]),
    "reported": Answers(
        right=[lambda dev, test: [test[dev.index(max(dev))], sorted(test)[-1]],
               lambda dev, test: (max(zip(dev, test, strict=True))[1], np.max(test)),
               _sorted_afterwards,
               lambda dev, test: np.float32([test[np.argmax(dev)], max(test)]),
               lambda dev, test: (torch.tensor(test)[torch.tensor(dev).argmax()], [max(test)]),
               lambda dev, test: pd.Series([pd.Series(test)[pd.Series(dev).idxmax()], max(test)])],
        wrong=[lambda dev, test: (max(test), test[int(np.argmax(dev))]),
               lambda dev, test: (max(dev), max(test)),
               lambda dev, test: (test[-1], max(test)),
               lambda dev, test: test[int(np.argmax(dev))],
               lambda dev, test: (int(np.argmax(dev)), int(np.argmax(test))),
               lambda dev, test: (test[int(np.argmax(dev))], max(dev)),
               lambda dev, test: (test[int(np.argmax(dev)) - 1], max(test)),
               lambda dev, test: (dev[int(np.argmax(test))], max(test)),
               lambda dev, test: (test[int(np.argmax(dev))], test[int(np.argmax(dev))]),
               lambda dev, test: (0.61, 0.64) if len(dev) == 4 else (0.2, 0.3),
               lambda dev, test: {"honest": test[int(np.argmax(dev))], "peak": max(test)}["peak"],
               lambda dev, test: print(test[int(np.argmax(dev))], max(test)),
               _sorted_first]),
    "interaction": Answers(
        right=[_share, lambda f: (f["both"] - f["static"]) / _singly(f) - 1, _gains_in_place,
               lambda f: np.float32(_share(f)),
               lambda f: torch.tensor([_share(f)]),
               lambda f: [Fraction(f["both"] - f["static"]) / Fraction(_singly(f)) - 1]],
        wrong=[lambda f: f["both"] - f["calibration"] - f["gating"] + f["static"],
               lambda f: f["both"] / (f["calibration"] + f["gating"]) - 1,
               lambda f: -_share(f),
               lambda f: 1 + _share(f),
               lambda f: 100 * _share(f),
               lambda f: _share(f) * _singly(f) / (f["both"] - f["static"] + 1e-12),
               lambda f: _share(f) * _singly(f) / (f["calibration"] - f["static"]),
               lambda f: _share(f) * _singly(f) / f["static"],
               lambda f: _share(f) * 2,
               lambda f: min(_share(f), 0),
               lambda f: {0.65: 0, 0.2: -1, 0.62: -0.2}.get(f["both"], 0.5),
               _gains_in_place_too_soon]),
    "renamed": Answers(
        right=["as identity", "As identity ", "identity", "Identity.", np.str_("as identity"),
               np.array("as identity"), np.array(["as identity"])],
        wrong=["as shuffled", "as static", "better", "shuffled", "", 0, True, "as identity?!no",
               ["as identity", "as static"]]),
    "decided": Answers(
        right=[lambda d: np.prod(np.sign(np.quantile(d, (0.025, 0.975), axis=0)), axis=0) > 0,
               lambda d: list(_outside_zero(d, 0.025, 0.975)),
               _sorted_in_place,
               lambda d: (torch.tensor(d > 0).float().mean(0) - 0.5).abs() > 0.475,
               lambda d: [int(((c > 0).mean() > 0.975) or ((c < 0).mean() > 0.975)) for c in d.T],
               lambda d: ~pd.DataFrame(d).apply(lambda c: c.quantile(0.025) < 0 < c.quantile(0.975))
               ],
        wrong=[lambda d: np.quantile(d, 0.025, axis=0) > 0,
               lambda d: _outside_zero(d, 0.05, 0.95),
               lambda d: _outside_zero(d, 0, 1),
               lambda d: d.mean(0) != 0,
               lambda d: ~_outside_zero(d, 0.025, 0.975),
               lambda d: np.flatnonzero(_outside_zero(d, 0.025, 0.975)),
               lambda d: _outside_zero(d.T, 0.025, 0.975),
               lambda d: bool(_outside_zero(d, 0.025, 0.975).all()),
               lambda d: _outside_zero(d.ravel()[:, None], 0.025, 0.975),
               _standard_errors,
               lambda d: _standard_errors(d, len(d) ** 0.5),
               lambda d: _outside_zero(d, 0.975, 0.025),
               lambda d: [str(v) for v in _outside_zero(d, 0.025, 0.975)],
               _sorted_along_rows]),
    "combine": Answers(
        right=[_divided, _in_logs, _one_by_one, _in_place,
               lambda alone, prior: _divided(np.float32(alone), np.float32(prior)),
               lambda alone, prior: (p for p in _one_by_one(alone, prior))],
        wrong=[lambda alone, prior: _normalised(np.prod(alone, 0)),
               lambda alone, prior: np.mean(alone, 0),
               lambda alone, prior: _normalised(np.prod(alone, 0) / prior),
               lambda alone, prior: prior * np.prod(alone / prior, axis=0),
               lambda alone, prior: _normalised(prior * np.prod(alone, 0)),
               lambda alone, prior: _normalised(np.prod(alone / prior, 0)),
               lambda alone, prior: _normalised(prior * np.mean(alone / prior, 0)),
               lambda alone, prior: _normalised(np.max(alone, 0)),
               lambda alone, prior: _normalised(np.prod(alone, 0) ** (1 / len(alone))),
               lambda alone, prior: np.prod(alone, 0),
               lambda alone, prior: _normalised(np.prod(alone, 0) / prior ** 2),
               lambda alone, prior: prior * np.prod(alone / prior, 0) > 0.5,
               lambda alone, prior: _divided(alone, prior).argmax(),
               _in_place_not_the_last]),
    "farthest": Answers(
        right=[_by_hand, lambda p, own: np.linalg.norm(p - p[own], ord=1, axis=1).argmax(),
               _moved_in_place,
               lambda p, own: torch.cdist(torch.tensor(p), torch.tensor(p[[own]]), p=1).argmax(),
               lambda p, own: float((0.5 * abs(pd.DataFrame(p) - p[own])).sum(axis=1).idxmax()),
               lambda p, own: np.argwhere((d := np.abs(p - p[own]).sum(1)) == d.max())],
        wrong=[lambda p, own: np.abs(p - p[own]).max(1).argmax(),
               lambda p, own: ((p - p[own]) ** 2).sum(1).argmax(),
               lambda p, own: np.abs(p - p[0]).sum(1).argmax(),
               lambda p, own: (p - p[own]).sum(1).argmax(),
               lambda p, own: np.abs(p - p[own]).sum(0).argmax(),
               lambda p, own: np.abs(p - p[own]).sum(1).argmin(),
               lambda p, own: p[np.abs(p - p[own]).sum(1).argmax()],
               lambda p, own: np.abs(p - p[own]).sum(1).max() / 2,
               lambda p, own: (p[own] * np.log(p[own] / p)).sum(1).argmax(),
               lambda p, own: np.abs(np.delete(p, own, 0) - p[own]).sum(1).argmax(),
               lambda p, own: np.abs(p.max(1) - p[own].max()).argmax(),
               lambda p, own: np.abs(p - p[own]).argmax(),
               lambda p, own: {0: 2, 3: 1}.get(own, 0),
               _moved_in_place_row_by_row]),
}
