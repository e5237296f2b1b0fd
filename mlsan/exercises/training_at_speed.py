"""Checks of the exercises in `book/training-at-speed.ipynb`."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

from mlsan.exercises import Wrong, array, drawn, exercise, expect, number, numbers, plain


@exercise
def work(answer) -> str:
    """``answer(widths)``: multiply-adds of an utterance, forward and back, through linear layers
    of widths[0] -> widths[1] -> …, whose input is data."""
    for rng, layers in zip(drawn(6), (1, 1, 2, 3, 4, 5), strict=True):
        widths = rng.integers(20, 900, layers + 1).tolist()
        products = [a * b for a, b in zip(widths, widths[1:], strict=False)]
        forward, first = sum(products), products[0]
        hint = ("For each layer ask three questions: what does its output cost, what does the "
                "gradient of its weight cost, and does anybody need the gradient of its input?")
        expect(number(answer(widths)), 3 * forward - first, hint, 1e-9, {
            "That is the way forward alone; the gradients have to come back, too.": forward,
            "Nobody learns the features: the first layer's input needs no gradient.": 3 * forward,
            "A layer behind the first hands a gradient on to the layer before it: that is a "
            "product as well.": 2 * forward,
            "A multiply-add counts once here, not as a multiplication and an addition.":
                6 * forward - 2 * first})
    return "Training costs nearly three times what reading does, and two for a lone first layer."


@exercise
def speedup(answer) -> str:
    """``answer(shares, factors)``: how many times as fast the whole gets, where each part is a
    share of the time and gets ``factors`` times as fast; the rest stays as it is."""
    def asked(shares, factors):
        return number(answer(np.array(shares), np.array(factors)))

    expect(asked([0.28], [math.inf]), 1 / 0.72,
           "What takes 28% of the time is free now. How long does the rest take?", 1e-4, {
               "That is the share that is left, not how many times as fast it goes.": 0.72,
               "That is the share that was saved.": 0.28})
    expect(asked([0.5], [1.0]), 1.0, "Once as fast: nothing has changed.")
    for rng, number_of in zip(drawn(5), (1, 2, 2, 3, 4), strict=True):
        shares = rng.dirichlet(np.ones(number_of + 1))[:-1]
        factors = rng.uniform(1.5, 9, number_of)
        if number_of > 2:
            factors[0] = math.inf
        left = 1 - shares.sum() + (shares / factors).sum()
        expect(asked(shares, factors), 1 / left,
               "Take the whole as 1. How long does each part take afterwards, and what hasn't "
               "changed?", 1e-4, {
                   "That is how long it takes, not how many times as fast it goes.": left,
                   "The parts that nobody touched take time, too.": 1 / (shares / factors).sum()})
    return ("What nobody touched is the limit: make a third free, "
            "and the whole gets 1.5 times as fast.")


@exercise
def padding(answer) -> str:
    """``answer(lengths, batches)``: the share of places that hold no utterance, over all batches
    together; each batch is padded to its longest dialogue."""
    for rng in drawn(5):
        lengths = rng.integers(1, 25, rng.integers(12, 30))
        order, size = rng.permutation(len(lengths)), int(rng.integers(3, 6))
        batches = [order[i:i + size] for i in range(0, len(order), size)]
        places = [len(batch) * lengths[batch].max() for batch in batches]
        said = [lengths[batch].sum() for batch in batches]
        each = np.mean([1 - a / b for a, b in zip(said, places, strict=True)])
        widest = len(lengths) * lengths.max()
        expect(number(answer(lengths, [batch.tolist() for batch in batches])),
               1 - sum(said) / sum(places),
               "A batch of B dialogues, padded to T turns, has B·T places. How many of all places "
               "hold nothing?", 1e-6, {
                   "That is the share of places that hold an utterance.": sum(said) / sum(places),
                   "That is the mean of the batches' shares: a small batch counts as much as a "
                   "large one. Count places over all batches first.": each,
                   "Each batch is padded to its own longest dialogue, not to the longest of all.":
                       1 - lengths.sum() / widest})
    return "Places are what a padded product computes; utterances are what it's wanted for."


@exercise
def by_length(answer) -> str:
    """``answer(lengths, size, rng)``: batches, lists of at most ``size`` dialogues' numbers, of
    about one length each, in an order that says nothing of length and is drawn anew."""
    for rng, size in zip(drawn(3), (4, 7, 8), strict=True):
        lengths = rng.integers(1, 9, size * 12 + int(rng.integers(0, 2)))
        epochs = [_batches(answer(lengths, size, np.random.default_rng(rng.integers(2 ** 32))),
                           len(lengths), size) for _ in range(12)]
        least = _places(lengths, [np.argsort(lengths)[i:i + size]
                                  for i in range(0, len(lengths), size)])
        for batches in epochs:
            if _places(lengths, batches) > least + size * lengths.max():
                raise Wrong("There is more padding than need be: dialogues of one length, or "
                            "nearly, belong together.")
        sets = {frozenset(map(frozenset, batches)) for batches in epochs}
        if len(sets) < 6:
            raise Wrong("The same dialogues share a batch in every epoch. Shuffle them before you "
                        "sort them, so that chance decides among those of one length.")
        # How long the dialogues are at each place of an epoch: no epoch foretells another's.
        along = np.corrcoef([[lengths[batch].mean() for batch in batches] for batches in epochs])
        if along[np.triu_indices(len(along), 1)].mean() > 0.5:
            raise Wrong("Short dialogues come at the same place in every epoch, say first. Shuffle "
                        "the batches, too.")
    return "Hardly any padding, every dialogue once an epoch, and company that changes."


def _batches(given, n: int, size: int) -> list[np.ndarray]:
    hint = "Return a list of batches, each a list of dialogues' numbers."
    batches = plain(given)
    if not (isinstance(batches, list) or isinstance(batches, np.ndarray) and batches.ndim):
        raise Wrong(hint)
    batches = [numbers(batch, hint).ravel() for batch in batches]
    named = np.concatenate(batches) if batches else np.array([])
    if (named != named.round()).any() or sorted(named.tolist()) != list(range(n)):
        raise Wrong("Every dialogue has to come exactly once: the first has number 0.")
    if max(map(len, batches)) > size:
        raise Wrong("A batch has `size` dialogues at most.")
    if len(batches) > -(-n // size):
        raise Wrong("There are more batches than need be: only one may have fewer than `size` "
                    "dialogues.")
    return [batch.astype(int) for batch in batches]


def _places(lengths, batches) -> int:
    return sum(len(batch) * lengths[batch].max() for batch in batches)


@exercise
def from_bytes(answer) -> str:
    """``answer(x, drawn, p)``: dropout of x, where an equally likely byte, 0 to 255, decides for
    each number."""
    for rng, off in zip(drawn(4), (-0.35, 0.35, -0.25, 0.25), strict=True):
        # Not a whole number of 256ths: what rounding does to the scale shows.
        gone = int(rng.integers(30, 180)) + off
        p, rounded = gone / 256, round(gone)
        x = rng.uniform(0.5, 3, 256 * 8).astype(np.float32)
        bytes_ = np.concatenate([rng.permutation(256) for _ in range(8)]).astype(np.uint8)
        out = array(answer(torch.from_numpy(x.copy()), torch.from_numpy(bytes_.copy()), p),
                    (len(x),), "Return as many numbers as x has.")
        left = out != 0
        if left.all():
            raise Wrong("Nothing was dropped: no number of what came back is 0.")
        fate = [set(left[bytes_ == byte].tolist()) for byte in range(256)]
        if any(len(both) == 2 for both in fate):
            raise Wrong("One byte was kept in one place and dropped in another: let the byte alone "
                        "decide.")
        kept = sum(both == {True} for both in fate)
        if kept != 256 - rounded:
            if kept == rounded:
                raise Wrong("You keep what should be dropped: p is the share that goes.")
            raise Wrong(f"With p = {p:.4f}, {kept} of the 256 bytes are kept. Which whole number "
                        "comes nearest to the share 1 − p?")
        scale = out[left] / x[left]
        if scale.max() - scale.min() > 1e-3:
            raise Wrong("What is kept has to be made larger by one factor, the same for all.")
        expect(scale.mean(), 256 / kept,
               "The mean has to stay what it was: what remains is made larger by as much as "
               "was lost.", 2e-4, {
                   "What is kept stays as it was, so the mean falls.": 1.0,
                   "You scale by what was asked, 1/(1 − p). What is really kept is a whole number "
                   "of 256ths, and the mean has to be right for that.": 1 / (1 - p),
                   "That makes it smaller.": kept / 256})
    return "The rate is rounded to a 256th, and the mean is exact."


@exercise
def many(answer) -> str:
    """``answer(x, weight, bias)``: the logits (S, n, C) of S models on each one's own batch x
    (S, n, D), weight (S, D, C), bias (S, C)."""
    for rng in drawn(3):
        seeds, n, dim, classes = rng.permutation(np.arange(2, 7))[:4].tolist()
        x, weight, bias = (torch.tensor(rng.normal(size=shape)).float() for shape in
                           ((seeds, n, dim), (seeds, dim, classes), (seeds, classes)))
        wanted = torch.stack([a @ w + b for a, w, b in zip(x, weight, bias, strict=True)])
        got = array(answer(x, weight, bias), (seeds, n, classes),
                    "Return a block (n, C) of logits for each of the S models.")
        expect(got, wanted, "Each model reads its own batch, with its own weights and its own "
                            "bias.", 1e-4, {
            "The bias of each model is missing.": wanted - bias[:, None],
            "Every model got the first one's weights.": x @ weight[0] + bias[:, None],
            "Every model got the first one's bias.": x @ weight + bias[0]})
    if _calls(answer, 44) - _calls(answer, 4) >= 40:
        raise Wrong("Right, but 40 models more ask for 40 products more. One product of blocks "
                    "takes all of them at once: torch.bmm, @, or einsum.")
    return "One product for all models: each one's numbers, as if it were alone."


class _Counting(TorchFunctionMode):
    calls = 0

    def __torch_function__(self, function, types, args=(), kwargs=None):
        self.calls += 1
        return function(*args, **(kwargs or {}))


def _calls(answer, seeds: int) -> int:
    """How often torch is asked for something, with so many models."""
    with _Counting() as counting:
        answer(torch.ones(seeds, 3, 4), torch.ones(seeds, 4, 2), torch.ones(seeds, 2))
    return counting.calls
