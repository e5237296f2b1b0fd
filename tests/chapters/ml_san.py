"""Answers to the exercises of "ML-SAN", and its equation by hand."""

import math

import numpy as np
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


def _singly(f):
    return f["calibration"] + f["gating"] - 2 * f["static"]


def _share(f):
    return (f["both"] - f["static"] - _singly(f)) / _singly(f)


def _by_hand(p, own):
    def apart(s):
        return sum(abs(a - b) for a, b in zip(p[s], p[own], strict=True))

    return max(range(len(p)), key=apart)


def _in_logs(alone, prior):
    return torch.softmax(torch.tensor(np.log(alone).sum(0) - (len(alone) - 1) * np.log(prior)), 0)


def _divided(alone, prior):
    return _normalised(np.prod(alone, 0) / np.asarray(prior) ** (len(alone) - 1))


def _outside_zero(d, low, high):
    return (np.quantile(d, low, axis=0) > 0) | (np.quantile(d, high, axis=0) < 0)


ANSWERS = {
    "one_more": Answers(right=[97, 97.0, 32 + 65], wrong=[32, 65, 96, 24 * 97]),
    "reported": Answers(
        right=[lambda dev, test: [test[dev.index(max(dev))], sorted(test)[-1]],
               lambda dev, test: (max(zip(dev, test, strict=True))[1], np.max(test))],
        wrong=[lambda dev, test: (max(test), test[int(np.argmax(dev))]),
               lambda dev, test: (max(dev), max(test)),
               lambda dev, test: (test[-1], max(test))]),
    "interaction": Answers(
        right=[_share, lambda f: (f["both"] - f["static"]) / _singly(f) - 1],
        wrong=[lambda f: f["both"] - f["calibration"] - f["gating"] + f["static"],
               lambda f: f["both"] / (f["calibration"] + f["gating"]) - 1,
               lambda f: -_share(f)]),
    "renamed": Answers(right=["as identity", "As identity ", "identity"],
                       wrong=["as shuffled", "as static", "better"]),
    "decided": Answers(
        right=[lambda d: np.prod(np.sign(np.quantile(d, (0.025, 0.975), axis=0)), axis=0) > 0,
               lambda d: list(_outside_zero(d, 0.025, 0.975))],
        wrong=[lambda d: np.quantile(d, 0.025, axis=0) > 0,
               lambda d: _outside_zero(d, 0.05, 0.95),
               lambda d: _outside_zero(d, 0, 1),
               lambda d: d.mean(0) != 0]),
    "combine": Answers(
        right=[_divided, _in_logs],
        wrong=[lambda alone, prior: _normalised(np.prod(alone, 0)),
               lambda alone, prior: np.mean(alone, 0),
               lambda alone, prior: _normalised(np.prod(alone, 0) / prior),
               lambda alone, prior: prior * np.prod(alone / prior, axis=0)]),
    "farthest": Answers(
        right=[_by_hand, lambda p, own: np.linalg.norm(p - p[own], ord=1, axis=1).argmax()],
        wrong=[lambda p, own: np.abs(p - p[own]).max(1).argmax(),
               lambda p, own: ((p - p[own]) ** 2).sum(1).argmax(),
               lambda p, own: np.abs(p - p[0]).sum(1).argmax(),
               lambda p, own: (p - p[own]).sum(1).argmax()]),
}
