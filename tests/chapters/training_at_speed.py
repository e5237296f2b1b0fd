"""Answers to the exercises of "Training at speed"."""

import math
import random

import numpy as np
import torch
from book_code import Answers

EQUATIONS = {}


def products(widths):
    return [a * b for a, b in zip(widths, widths[1:], strict=False)]


def counted_by_hand(widths):
    total = 0
    for i in range(len(widths) - 1):
        total += widths[i] * widths[i + 1]              # forward
        total += widths[i] * widths[i + 1]              # of the weight
        if i:
            total += widths[i] * widths[i + 1]          # of the input
    return total


def counted_in_torch(widths):
    w = torch.tensor(widths)
    return 3 * (w[:-1] * w[1:]).sum() - w[0] * w[1]


def last_needs_none(widths):
    return 3 * sum(products(widths)) - products(widths)[-1]


def timed(shares, factors):
    whole, left = 100.0, 100.0
    for share, factor in zip(shares, factors, strict=True):
        left -= whole * share
        left += whole * share / factor
    return whole / left


def sped_in_place(shares, factors):
    shares *= 1 - 1 / factors
    return 1 / (1 - shares.sum())


def one_after_the_other(shares, factors):
    out = 1
    for share, factor in zip(shares, factors, strict=True):
        out *= 1 / (1 - share + share / factor)
    return out


def places_counted(lengths, batches):
    empty = everything = 0
    for batch in batches:
        longest = max(lengths[i] for i in batch)
        for i in batch:
            everything += longest
            empty += longest - lengths[i]
    return empty / everything


def masks(lengths, batches):
    said = []
    for batch in batches:
        length = torch.as_tensor(lengths)[batch]
        said.append((torch.arange(int(length.max())) < length[:, None]).flatten())
    return 1 - torch.cat(said).double().mean()


def padding_of(lengths, batches):
    longest = [lengths[b].max() for b in batches]
    places = sum(len(b) * t for b, t in zip(batches, longest, strict=True))
    return (places - lengths.sum()) / places


def popped(lengths, batches):
    said = places = 0
    while batches:
        batch = batches.pop()
        said += sum(lengths[batch])
        places += len(batch) * max(lengths[batch])
    return [1 - said / places]


def cut(order, size):
    return [order[i:i + size] for i in range(0, len(order), size)]


def shuffled_then_sorted(lengths, size, rng):
    order = rng.permutation(len(lengths))
    batches = cut(order[np.argsort(lengths[order], kind="stable")], size)
    return [batches[i] for i in rng.permutation(len(batches))]


def jittered(lengths, size, rng):
    batches = cut(np.argsort(lengths + rng.random(len(lengths))).tolist(), size)
    rng.shuffle(batches)
    return batches


def in_python(lengths, size, rng):
    draw = random.Random(int(rng.integers(2 ** 32)))
    order = sorted(range(len(lengths)), key=lambda i: (lengths[i], draw.random()))
    batches = cut(order, size)
    draw.shuffle(batches)
    return tuple(map(tuple, batches))


def in_torch(lengths, size, rng):
    tie = torch.as_tensor(rng.random(len(lengths)))
    batches = (torch.as_tensor(lengths) + tie).argsort().split(size)
    return [batches[i] for i in rng.permutation(len(batches)).tolist()]


def lexsorted(lengths, size, rng):
    batches = cut(np.lexsort([rng.random(len(lengths)), lengths]), size)
    return (batches[i].tolist() for i in rng.permutation(len(batches)))


def sorted_only(lengths, size, rng):
    return cut(np.argsort(lengths, kind="stable"), size)


def shuffled_only(lengths, size, rng):
    return cut(rng.permutation(len(lengths)), size)


def ties_by_number(lengths, size, rng):
    batches = sorted_only(lengths, size, rng)
    return [batches[i] for i in rng.permutation(len(batches))]


def batches_in_order(lengths, size, rng):
    order = rng.permutation(len(lengths))
    return cut(order[np.argsort(lengths[order])], size)


def longest_first(lengths, size, rng):
    return batches_in_order(lengths, size, rng)[::-1]


def one_seed(lengths, size, rng):
    return shuffled_then_sorted(lengths, size, np.random.default_rng(0))


def last_dropped(lengths, size, rng):
    return [b for b in shuffled_then_sorted(lengths, size, rng) if len(b) == size][:-1]


def drawn_with_return(lengths, size, rng):
    return cut(np.sort(rng.choice(len(lengths), len(lengths))), size)


def same_order_of_batches(lengths, size, rng):
    batches = batches_in_order(lengths, size, rng)
    return [*batches[1::2], *batches[::2]]


def lengths_not_numbers(lengths, size, rng):
    return [lengths[batch] for batch in shuffled_then_sorted(lengths, size, rng)]


def kept_of(p):
    return 256 - round(256 * p)


def by_where(x, drawn, p):
    return torch.where(drawn < kept_of(p), x * 256 / kept_of(p), 0)


def the_highest_stay(x, drawn, p):
    gone = round(256 * p)
    return (drawn >= gone) * x / (1 - gone / 256)


def filled_in_place(x, drawn, p):
    x[drawn >= kept_of(p)] = 0
    return x.mul_(256 / kept_of(p))


def in_numpy(x, drawn, p):
    mask = drawn.numpy().astype(int) < kept_of(p)
    return x.numpy() * mask / (kept_of(p) / 256)


def one_by_one(x, drawn, p):
    kept = kept_of(p)
    return [v * 256 / kept if b < kept else 0.0
            for v, b in zip(x.tolist(), drawn.tolist(), strict=True)]


def scaled_as_asked(x, drawn, p):
    return x * (drawn < kept_of(p)) / (1 - p)


def not_scaled(x, drawn, p):
    return x * (drawn < kept_of(p))


def one_more(x, drawn, p):
    return x * (drawn <= kept_of(p)) * 256 / kept_of(p)


def the_wrong_share(x, drawn, p):
    gone = round(256 * p)
    return x * (drawn < gone) * 256 / gone


def smaller(x, drawn, p):
    return x * (drawn < kept_of(p)) * kept_of(p) / 256


def of_255(x, drawn, p):
    return x * (drawn / 255 < 1 - p) / (1 - p)


def not_rounded(x, drawn, p):
    return x * (drawn < 256 * (1 - p)) / (1 - p)


def cut_down(x, drawn, p):
    kept = int(256 * (1 - p))
    return x * (drawn < kept) * 256 / kept


def torchs_own(x, drawn, p):
    return torch.nn.functional.dropout(x, p)


def mean_of_these(x, drawn, p):
    out = x * (drawn < kept_of(p))
    return out + (x.mean() - out.mean())


def one_loop(x, weight, bias):
    return torch.stack([a @ w + b for a, w, b in zip(x, weight, bias, strict=True)])


def a_loop_of_linears(x, weight, bias):
    out = torch.zeros(*x.shape[:2], weight.shape[2])
    for s in range(len(x)):
        out[s] = torch.nn.functional.linear(x[s], weight[s].T, bias[s])
    return out


ANSWERS = {
    "work": Answers(
        right=[counted_by_hand, counted_in_torch,
               lambda widths: 3 * np.dot(widths[:-1], widths[1:]) - widths[0] * widths[1],
               lambda widths: [2 * widths[0] * widths[1] + 3 * sum(products(widths[1:]))],
               lambda widths: float(sum(products(widths)) * 2 + sum(products(widths)[1:]))],
        wrong=[lambda widths: sum(products(widths)),
               lambda widths: 2 * sum(products(widths)),
               lambda widths: 3 * sum(products(widths)),
               lambda widths: 2 * (3 * sum(products(widths)) - products(widths)[0]),
               last_needs_none,
               lambda widths: math.prod(widths),
               lambda widths: 3 * sum(widths) - widths[0],
               lambda widths: 3 * sum(products(widths)) - widths[0],
               lambda widths: 3 * sum(a * b + b for a, b in zip(widths, widths[1:], strict=False))
               - products(widths)[0],
               products]),
    "speedup": Answers(
        right=[timed, sped_in_place,
               lambda shares, factors: 1 / (1 - shares.sum() + (shares / factors).sum()),
               lambda shares, factors: 1 / (1 - sum(s * (1 - 1 / f) for s, f in zip(
                   shares.tolist(), factors.tolist(), strict=True))),
               lambda shares, factors: torch.tensor(
                   [1 / (1 - shares @ (1 - 1 / factors))], dtype=torch.float32)],
        wrong=[lambda shares, factors: 1 - shares.sum() + (shares / factors).sum(),
               lambda shares, factors: 1 / (1 - shares.sum()),
               lambda shares, factors: (shares * factors).sum() + 1 - shares.sum(),
               lambda shares, factors: 1 + shares.sum(),
               lambda shares, factors: 1 + (shares * (1 - 1 / factors)).sum(),
               lambda shares, factors: factors.max(),
               lambda shares, factors: 1 / ((shares / factors).sum() + 1e-12),
               lambda shares, factors: shares.sum() - (shares / factors).sum(),
               one_after_the_other,
               lambda shares, factors: 1 / (1 - shares[0] + shares[0] / factors[0])]),
    "padding": Answers(
        right=[places_counted, masks, padding_of, popped],
        wrong=[lambda lengths, batches: 1 - padding_of(lengths, batches),
               lambda lengths, batches: np.mean([padding_of(lengths[b], [range(len(b))])
                                                 for b in batches]),
               lambda lengths, batches: 1 - lengths.sum() / (len(lengths) * lengths.max()),
               lambda lengths, batches: 1 - lengths.mean() / lengths.max(),
               lambda lengths, batches: 1 / (1 - padding_of(lengths, batches)) - 1,
               lambda lengths, batches: sum(len(b) * lengths[b].max() for b in batches)
               - lengths.sum(),
               lambda lengths, batches: np.mean([lengths[b].max() - lengths[b].mean()
                                                 for b in batches]),
               lambda lengths, batches: padding_of(lengths[batches[0]], [range(len(batches[0]))]),
               lambda lengths, batches: [padding_of(lengths[b], [range(len(b))])
                                         for b in batches],
               lambda lengths, batches: 100 * padding_of(lengths, batches)]),
    "by_length": Answers(
        right=[shuffled_then_sorted, jittered, in_python, in_torch, lexsorted],
        wrong=[sorted_only, shuffled_only, ties_by_number, batches_in_order, longest_first,
               one_seed, last_dropped, drawn_with_return, same_order_of_batches,
               lengths_not_numbers,
               lambda lengths, size, rng: [rng.permutation(len(lengths))],
               lambda lengths, size, rng: [[i] for i in rng.permutation(len(lengths))],
               lambda lengths, size, rng: rng.permutation(len(lengths)),
               lambda lengths, size, rng: [b + 1 for b in shuffled_then_sorted(lengths, size, rng)],
               lambda lengths, size, rng: shuffled_then_sorted(lengths, size + 1, rng),
               lambda lengths, size, rng: []]),
    "from_bytes": Answers(
        right=[by_where, the_highest_stay, filled_in_place, in_numpy, one_by_one],
        wrong=[scaled_as_asked, not_scaled, one_more, the_wrong_share, smaller, of_255,
               not_rounded, cut_down, torchs_own, mean_of_these,
               lambda x, drawn, p: x,
               lambda x, drawn, p: x * (drawn < kept_of(p)) / p,
               lambda x, drawn, p: drawn < kept_of(p)]),
    "many": Answers(
        right=[lambda x, weight, bias: torch.bmm(x, weight) + bias[:, None],
               lambda x, weight, bias: torch.baddbmm(bias.unsqueeze(1), x, weight),
               lambda x, weight, bias: torch.einsum("snd,sdc->snc", x, weight) + bias[:, None],
               lambda x, weight, bias: x.numpy() @ weight.numpy() + bias.numpy()[:, None],
               lambda x, weight, bias: torch.vmap(lambda a, w, b: a @ w + b)(x, weight, bias),
               lambda x, weight, bias: (x @ weight).add_(bias[:, None])],
        wrong=[one_loop, a_loop_of_linears,
               lambda x, weight, bias: x @ weight,
               lambda x, weight, bias: x @ weight[0] + bias[:, None],
               lambda x, weight, bias: x @ weight + bias[0],
               lambda x, weight, bias: x @ weight.mean(0) + bias.mean(0),
               lambda x, weight, bias: x[:1] @ weight + bias[:, None],
               lambda x, weight, bias: (x @ weight + bias[:, None]).mean(0),
               lambda x, weight, bias: (x @ weight + bias[:, None]).softmax(-1),
               lambda x, weight, bias: x @ weight - bias[:, None],
               lambda x, weight, bias: (x @ weight + bias[:, None]).transpose(0, 1)]),
}
