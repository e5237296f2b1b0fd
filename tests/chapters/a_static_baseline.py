"""Answers to the exercises of "A static baseline", and its equations by hand."""

import math

import numpy as np
import torch
from book_code import Answers, Equation
from sklearn.metrics import f1_score


def f1_holds(f1_of_confusion):
    """Cell by cell, with Python's own arithmetic; nobody has or is given the last class."""
    counts = [[5, 2, 1, 0], [1, 3, 0, 0], [4, 0, 2, 0], [0, 0, 0, 0]]
    got = f1_of_confusion(np.array(counts, float))
    n, weighted, plain = sum(map(sum, counts)), 0.0, []
    for c in range(4):
        truly, called = sum(counts[c]), sum(row[c] for row in counts)
        f1 = 2 * counts[c][c] / (truly + called) if truly + called else 0.0
        assert abs(float(got["per_class_f1"][c]) - f1) < 1e-9
        weighted += truly / n * f1
        plain += [f1] * (truly > 0)
    assert abs(float(got["weighted_f1"]) - weighted) < 1e-9
    assert abs(float(got["macro_f1"]) - sum(plain) / len(plain)) < 1e-9


def _normed(h):
    mean = sum(h) / len(h)
    sd = math.sqrt(sum((x - mean) ** 2 for x in h) / len(h) + 1e-5)
    return [(x - mean) / sd for x in h]


def _applied(linear, x):
    return [b + sum(w * y for w, y in zip(row, x, strict=True))
            for row, b in zip(linear.weight.tolist(), linear.bias.tolist(), strict=True)]


def context_holds(Context):
    """Turn by turn, head by head.

    The network after the attention is silenced: Eq. context ends before it.
    """
    torch.manual_seed(0)
    H, heads, d, reach = 6, 2, 3, 2
    stage = Context(H, 0.5, heads=heads, reach=reach).eval()
    torch.nn.init.zeros_(stage.feed[-1].weight)
    torch.nn.init.zeros_(stage.feed[-1].bias)
    speaker = [[1, 2, 2, 1, 3, 1], [2, 1, 2, 0, 0, 0]]
    length = [6, 3]
    h = torch.randn(2, 6, H)
    mask = torch.arange(6) < torch.tensor(length)[:, None]
    with torch.no_grad():
        out = stage(h, torch.tensor(speaker), mask)
    for b in range(2):
        told = _by_hand(stage, h[b].tolist(), speaker[b][:length[b]], heads, d, reach)
        for t in range(length[b]):
            for i in range(H):
                assert abs(float(out[b, t, i]) - told[t][i]) < 1e-4


def _by_hand(stage, h, speaker, heads, d, reach):
    H, T = heads * d, len(speaker)
    qkv = [_applied(stage.qkv, _normed(h[t])) for t in range(T)]
    nth = [sum(speaker[u] == speaker[t] for u in range(t + 1)) for t in range(T)]
    out = []
    for t in range(T):
        heard = []
        for k in range(heads):
            score = []
            for u in range(T):
                own = speaker[t] == speaker[u]
                apart = max(-reach, min(reach, nth[u] - nth[t] if own else u - t))
                r = stage.bias.weight[apart + reach + (2 * reach + 1 if own else 0), k].item()
                dot = sum(qkv[t][k * d + i] * qkv[u][H + k * d + i] for i in range(d))
                score.append(math.exp(dot / math.sqrt(d) + r))
            heard += [sum(s * qkv[u][2 * H + k * d + i] for u, s in enumerate(score)) / sum(score)
                      for i in range(d)]
        out.append([a + b for a, b in zip(h[t], _applied(stage.out, heard), strict=True)])
    return out


EQUATIONS = {
    "weighted-f1": Equation("f1_of_confusion", "mlsan.measures.scores:f1_of_confusion", f1_holds),
    "context": Equation("Context", "mlsan.model.context:Context", context_holds),
}


def _floor_by_counting(p):
    """On a made-up corpus, two classes, as scikit-learn counts it."""
    truth = [0] * round(100 * p) + [1] * round(100 - 100 * p)
    return f1_score(truth, [0] * 100, average="weighted", zero_division=0)


def _late_in_place(log_p, log_prior):
    log_p -= log_prior
    return log_p.sum(0) + log_prior


def _sum_in_place(log_p, log_prior):
    for other in log_p[1:]:
        log_p[0] += other
    return log_p[0]


def _late_by_torch(log_p, log_prior):
    log_p, log_prior = torch.tensor(log_p).float(), torch.tensor(log_prior).float()
    return list(((log_p - log_prior).sum(0) + log_prior).log_softmax(-1))


def _late_by_loops(log_p, log_prior):
    M, n, C = np.shape(log_p)
    return [[sum(log_p[m][i][c] for m in range(M)) - (M - 1) * log_prior[c] + i
             for c in range(C)] for i in range(n)]


def _normed_late(log_p, log_prior):
    shares = np.exp(_late_in_place(log_p, log_prior))
    return shares / shares.sum(1, keepdims=True)


def _live_by_loops(mask):
    T = len(mask)
    out = torch.full((T, T), -torch.inf)
    for t in range(T):
        for u in range(t + 1):
            if mask[u]:
                out[t, u] = 0.0
    return out


def _live_in_place(mask):
    mask |= True                          # padding comes last: the past alone keeps it out
    out = torch.zeros(len(mask), len(mask))
    out[~_tri(mask)] = float("-inf")
    return out


def _unpaired(ours, theirs, turns, draws):
    other = draws[::-1]
    return draws @ ours / (draws @ turns) - other @ theirs / (other @ turns)


def _one_by_one(ours, theirs, turns, draws):
    return [np.sum(w * ours) / np.sum(w * turns) - np.sum(w * theirs) / np.sum(w * turns)
            for w in draws]


def _paired_by_torch(*given):
    ours, theirs, turns, draws = (torch.tensor(part, dtype=torch.float32) for part in given)
    return (draws * (ours - theirs)).sum(1) / (draws * turns).sum(1)


def _paired_in_place(ours, theirs, turns, draws):
    ours -= theirs
    return ((row @ ours / (row @ turns)).astype(np.float32) for row in draws)


def _shares_in_place(ours, theirs, turns, draws):
    ours, theirs = ours / turns, theirs / turns
    draws[:] = draws.clip(0, 1)
    return draws @ (ours - theirs) / draws.sum(1)


def _by_index(ours, theirs, turns, draws):
    """As if ``draws`` held which dialogues were drawn, not how often."""
    return (ours - theirs)[draws].sum(1) / turns[draws].sum(1)


def _own_draws(ours, theirs, turns, draws):
    draws = np.random.default_rng(0).multinomial(len(turns), [1 / len(turns)] * len(turns),
                                                 len(draws))
    return draws @ (ours - theirs) / (draws @ turns)


def _mask(allowed):
    return torch.where(allowed, 0.0, -torch.inf)


def _tri(mask, offset=0):
    return torch.ones(len(mask), len(mask), dtype=torch.bool).tril(offset)


_ERRORS = np.random.default_rng(1).normal(0, 0.010, (20_000, 20))


ANSWERS = {
    "floor": Answers(
        right=[lambda p: 2 * p**2 / (p + 1), _floor_by_counting,
               lambda p: [np.float32(p) / (1 + (1 / p - 1) / 2)],
               lambda p: p * torch.tensor([p, 1.0]).reciprocal().mean().reciprocal()],
        wrong=[lambda p: p, lambda p: 2 * p / (1 + p), lambda p: p**2,
               lambda p: p / (1 + p), lambda p: p * 2 * p / 1 + p, lambda p: 1.0,
               lambda p: round(2 * p**2 / (p + 1), 2), lambda p: 0.30 if p < 1 else 1.0,
               lambda p: 2 * p * p / (p + p), lambda p: (2 * p / (1 + p), 0.0),
               lambda p: print(2 * p**2 / (1 + p))]),
    "names_help_text": Answers(
        right=["Expressiveness", " expressiveness", np.str_("expressiveness"), ["expressiveness"]],
        wrong=["gain", "shift", "prior", "emotion", "gain and expressiveness",
               ["gain", "shift", "prior", "expressiveness"], 3]),
    "late": Answers(
        right=[lambda log_p, log_prior: (log_p - log_prior).sum(0) + log_prior,
               _late_in_place, _late_by_torch, _late_by_loops],
        wrong=[lambda log_p, log_prior: log_p.sum(0),
               lambda log_p, log_prior: log_p.mean(0),
               lambda log_p, log_prior: (log_p - log_prior).sum(0),
               lambda log_p, log_prior: log_p.sum(0) - 2 * log_prior,
               lambda log_p, log_prior: log_p.sum(0) + log_prior,
               lambda log_p, log_prior: log_p.sum(0) - (len(log_p[0]) - 1) * log_prior,
               lambda log_p, log_prior: log_p.sum(0) - (len(log_prior) - 1) * log_prior,
               lambda log_p, log_prior: (log_p.sum(0) - (len(log_p) - 1) * log_prior).argmax(1),
               lambda log_p, log_prior: log_p.sum() - (len(log_p) - 1) * log_prior,
               lambda log_p, log_prior: np.log(np.exp(log_p).mean(0)),
               _sum_in_place, _normed_late]),
    "live": Answers(
        right=[_live_by_loops, lambda mask: _mask(_tri(mask)), _live_in_place,
               lambda mask: np.where(np.tri(len(mask), dtype=bool) & mask.numpy(), 0, -np.inf),
               lambda mask: [[0.0 if u <= t and mask[u] else float("-inf")
                              for u in range(len(mask))] for t in range(len(mask))],
               lambda mask: torch.full((len(mask), len(mask)), -torch.inf).triu(1)],
        wrong=[lambda mask: _mask(_tri(mask) | True),
               lambda mask: _mask(mask.expand(len(mask), -1)),
               lambda mask: _mask(_tri(mask, -1) & mask),
               lambda mask: _mask(_tri(mask).T & mask),
               lambda mask: _tri(mask) & mask,
               lambda mask: (_tri(mask) & mask).float(),
               lambda mask: _mask(_tri(mask) & ~_tri(mask, -2) & mask),
               lambda mask: _mask(~(_tri(mask) & mask)),
               lambda mask: (1 - (_tri(mask) & mask).float()) * -torch.inf,
               lambda mask: (1 - (_tri(mask) & mask).float()) * -1e9,
               lambda mask: _mask(_tri(mask) & mask)[-1],
               lambda mask: _mask(_tri(mask)[mask]),
               lambda mask: _mask(_tri(torch.ones(4)))]),
    "paired": Answers(
        right=[lambda *given: np.array(_one_by_one(*given)), _one_by_one, _paired_by_torch,
               _paired_in_place],
        wrong=[lambda ours, theirs, turns, draws: draws @ ((ours - theirs) / turns) / draws.sum(1),
               lambda ours, theirs, turns, draws: draws @ (theirs - ours) / (draws @ turns),
               lambda ours, theirs, turns, draws: draws @ (ours - theirs) / turns.sum(),
               lambda ours, theirs, turns, draws: draws @ (ours - theirs),
               lambda ours, theirs, turns, draws: draws @ (ours - theirs) / len(turns),
               lambda ours, theirs, turns, draws: np.full(
                   len(draws), (ours - theirs).sum() / turns.sum()),
               lambda ours, theirs, turns, draws: np.mean(_one_by_one(ours, theirs, turns, draws)),
               lambda ours, theirs, turns, draws: draws @ ours / (draws @ turns),
               lambda ours, theirs, turns, draws: np.sort(_one_by_one(ours, theirs, turns, draws)),
               _unpaired, _shares_in_place, _by_index, _own_draws]),
    "best_of_twenty": Answers(
        right=[0.0187, 0.01867, _ERRORS.max(1).mean(), [np.float32(0.0187)],
               torch.tensor(_ERRORS).max(1).values.mean()],
        wrong=[0.010, 1.87, 0.0, 0.05, _ERRORS.min(1).mean(), _ERRORS.max(), _ERRORS.max(1),
               np.abs(_ERRORS).max(1).mean(), _ERRORS.mean(1).std(), 0.0164, 0.0196,
               (_ERRORS.max(1) - _ERRORS.min(1)).mean(), "0.0187"]),
}
