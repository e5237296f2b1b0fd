"""The hidden tests: what each asks, on inputs drawn anew for every submission."""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from mlsan.exercises import Wrong, drawn, expect, plain

GARBAGE = (np.nan, np.inf, -np.inf, 1e30)
LENGTHS = np.array([4, 1, 7, 2, 7, 5])


def lengths_of(rng, *also) -> np.ndarray:
    """Lengths in some order, the longest 7."""
    return rng.permutation(np.concatenate([LENGTHS, np.array(also, int)]))


def places(T: int, lengths) -> np.ndarray:
    """(T, B): True where a turn stands, at the end of its column."""
    return np.arange(T)[:, None] >= T - np.asarray(lengths)


def unchanged(answer, *arguments) -> None:
    before = [copy.deepcopy(plain(argument)) for argument in arguments]
    answer(*arguments)
    for now, then in zip(arguments, before, strict=True):
        expect(now, then, "Your function changes what it is given. Whoever calls it still needs "
                          "that as it was: work on a copy.", 0)


# --- collate ---------------------------------------------------------------------------------


def parts(got) -> tuple:
    if not isinstance(got, list | tuple) or len(got) != 2:
        raise Wrong("Two things are to come back: box, there.")
    return tuple(np.asarray(plain(part)) for part in got)


def boxed(x, lengths) -> np.ndarray:
    T, ends = max(lengths), np.cumsum(lengths)
    box = np.zeros((T, len(lengths), *x.shape[1:]))
    for b, (end, n) in enumerate(zip(ends, lengths, strict=True)):
        box[T - n:, b] = x[end - n:end]
    return box


def collate_places(collate):
    for rng in drawn(3):
        lengths = lengths_of(rng)
        x = rng.normal(size=(lengths.sum(), 3))
        box, there = parts(collate(x, lengths))
        expect(box, boxed(x, lengths), "The box is time-major, its last row holds every dialogue's "
                                       "last turn, and above a dialogue's first turn are zeros.")
        expect(there, places(7, lengths), "`there` is True at the turns and False at padding.")


def collate_missing(collate):
    for rng in drawn(3):
        lengths = np.array([6] * 4)                     # no padding: this is about the turns
        x = rng.normal(size=(24, 4))
        whole, part = rng.choice(24, 2, replace=False)
        x[whole] = np.nan                               # nothing of it was recorded
        x[part, rng.integers(4)] = np.nan               # one feature was not
        seen = ~np.isnan(x).any(1)
        box, there = parts(collate(x, lengths))
        expect(there, boxed(seen, lengths) > 0,
               "A turn with a single NaN was not recorded: `there` is False at its place. It was "
               "said all the same, and the turns beside it stay where they are.")
        expect(box, boxed(np.where(seen[:, None], x, 0), lengths),
               "No NaN may reach the box, and a turn of which one feature is NaN is not half "
               "recorded: all of it becomes zeros.")


def collate_edges(collate):
    for rng in drawn(2):
        x = rng.normal(size=(5, 2))
        alone = parts(collate(x, np.array([5])))[0]
        expect(alone, x[:, None], "A dialogue alone needs no padding.")
        without, with_it = (parts(collate(x, np.array(n))) for n in ([3, 2], [3, 0, 2]))
        for part, full, nothing in zip(without, with_it, (0.0, False), strict=True):
            expect(full, np.insert(part, 1, nothing, axis=1),
                   "A dialogue may have no turn at all: it's a column of padding, and the others "
                   "stand as they would without it.")
        for name, part, kind in zip(("box", "there"), with_it, ("float32", "bool"), strict=True):
            if str(part.dtype) != kind:
                raise Wrong(f"`{name}` is to be {kind}, and is {part.dtype}.")


def collate_unchanged(collate):
    for rng in drawn(1):
        x = rng.normal(size=(LENGTHS.sum(), 3))
        x[1, 1], x[5] = np.nan, np.nan
        unchanged(collate, x, LENGTHS.copy())


# --- attend ----------------------------------------------------------------------------------


def heard(x: torch.Tensor, lengths) -> torch.Tensor:
    """(T, B, D): one dialogue and one turn after the other."""
    T, B, D = x.shape
    columns = []
    for b, n in enumerate(int(n) for n in lengths):
        said = x[T - n:, b]
        rows = [torch.zeros(T - n, D)]
        for t in range(n):
            weight = (said[:t] @ said[t] / D ** 0.5).softmax(0)
            rows.append((weight @ said[:t])[None])
        columns.append(torch.cat(rows))
    return torch.stack(columns, 1)


def box_of(rng, lengths, D: int, padding=0.0) -> torch.Tensor:
    x = rng.normal(size=(7, len(lengths), D))
    x[~places(7, lengths)] = padding
    return torch.tensor(x, dtype=torch.float32)


def attend_past(attend):
    for rng in drawn(3):
        x, lengths = box_of(rng, [7] * 3, 5), torch.tensor([7] * 3)
        got, wanted = plain(attend(x, lengths)), heard(x, lengths).numpy()
        if np.shape(got) == wanted.shape:
            expect(got[0], wanted[0], "The first turn has nobody to hear and gets zeros.")
        expect(got, wanted, "Where nothing is padded, a turn hears the turns before it, neither "
                            "itself nor later ones, by the softmax of their scaled products.")


def hears(attend, rng) -> None:
    """Something is heard at all: without this, who answers zeros would pass what follows."""
    x, lengths = box_of(rng, [7], 4), torch.tensor([7])
    other = x.clone()
    other[2] += 1
    if np.allclose(plain(attend(x, lengths))[6], plain(attend(other, lengths))[6]):
        raise Wrong("The last turn's answer is the same whatever was said before it.")


def attend_company(attend):
    for rng in drawn(3):
        hears(attend, rng)
        lengths = lengths_of(rng)
        x = box_of(rng, lengths, 4)
        got = plain(attend(x, torch.tensor(lengths)))
        for b, n in enumerate(lengths):
            alone = plain(attend(x[7 - n:, b:b + 1].clone(), torch.tensor([n])))
            expect(got[7 - n:, b], alone[:, 0],
                   "A dialogue's answer depends on who shares its batch: beside longer dialogues "
                   "it is not what it is alone. Which places does softmax share its weight among?")


def attend_padding(attend):
    for rng in drawn(2):
        hears(attend, rng)
        for garbage in GARBAGE:
            lengths = lengths_of(rng, 0)
            if garbage == np.inf:
                lengths = np.minimum(lengths, 5)        # the box may be taller than any dialogue
            x, real = box_of(rng, lengths, 4), places(7, lengths)
            clean = plain(attend(x.clone(), torch.tensor(lengths)))
            x[~torch.tensor(real)] = garbage
            got = plain(attend(x, torch.tensor(lengths)))
            if not np.isfinite(got).all():
                raise Wrong(f"With {garbage} in the padding your answer is not finite. "
                            "NaN · 0 is NaN: padding has to be replaced, not multiplied.")
            expect(got, np.where(real[..., None], clean, 0),
                   f"With {garbage} in the padding your answer is another than with zeros there. "
                   "(At padding, and in a dialogue of length 0, it is to be zeros.)")


def attend_slope(gradient_of_attend):
    for rng in drawn(2):
        lengths = lengths_of(rng)
        weight = torch.tensor(rng.normal(size=(7, len(lengths), 4)), dtype=torch.float32)
        got = plain(gradient_of_attend(box_of(rng, lengths, 4), torch.tensor(lengths), weight))
        if not np.isfinite(got).all():
            raise Wrong("The answer is finite and its gradient is not: one training step would "
                        "make every weight NaN. A softmax over nothing but −∞ is where it starts; "
                        "mending the NaN afterwards mends the answer only.")
        real = places(7, lengths)
        if np.abs(got[~real]).max() > 0:
            raise Wrong("At padding the gradient is not zero, so what stands there, which is "
                        "nothing, would be learned from.")
        if (np.abs(got[:, lengths > 1]).max((0, 2)) == 0).any():
            raise Wrong("A dialogue of several turns has no gradient at all: nothing can be "
                        "learned through your function.")


def attend_unchanged(attend):
    for rng in drawn(1):
        x = box_of(rng, LENGTHS, 3, np.nan)
        unchanged(attend, x, torch.tensor(LENGTHS))


# --- masked_loss -----------------------------------------------------------------------------


def loss_of(logits, emotion, lengths) -> torch.Tensor:
    T, each = len(logits), []
    for b, n in enumerate(int(n) for n in lengths):
        said, felt = logits[T - n:, b], emotion[T - n:, b]
        if (felt > 0).any():
            each.append(cross_entropy(said[felt > 0], felt[felt > 0] - 1))
    return torch.stack(each).mean() if each else logits.sum() * 0


def labels(rng, lengths, classes: int, unlabelled=0.0) -> torch.Tensor:
    emotion = rng.integers(1, classes + 1, (7, len(lengths)))
    emotion[rng.random(emotion.shape) < unlabelled] = 0
    return torch.tensor(emotion)


def loss_mean(masked_loss):
    for rng in drawn(3):
        full = [7] * 4
        x, emotion = box_of(rng, full, 5), labels(rng, full, 5)
        expect(masked_loss(x, emotion, torch.tensor(full)), loss_of(x, emotion, full),
               "Already with nothing to leave out, it's not the mean cross-entropy. Emotion c is "
               "column c − 1, and the classes are the last axis.")


def loss_company(masked_loss):
    for rng in drawn(3):
        lengths = lengths_of(rng)
        x, emotion = box_of(rng, lengths, 4), labels(rng, lengths, 4)
        emotion[~torch.tensor(places(7, lengths))] = 0
        alone = [loss_of(x[:, [b]], emotion[:, [b]], [n]) for b, n in enumerate(lengths)]
        expect(masked_loss(x, emotion, torch.tensor(lengths)), torch.stack(alone).mean(),
               "The batch's loss is to be the mean of what its dialogues lose alone: a dialogue "
               "of one turn counts as much as one of seven.")


def loss_labels(masked_loss):
    for rng in drawn(3):
        full = [7] * 5
        x, emotion = box_of(rng, full, 4), labels(rng, full, 4)
        for b in range(5):                  # each has five labels: this is not about who counts
            emotion[rng.choice(7, 2, replace=False), b] = 0
        expect(masked_loss(x, emotion, torch.tensor(full)), loss_of(x, emotion, full),
               "Turns that nobody labelled (0) stand neither above the line nor below it.")
        emotion[:, rng.integers(5)] = 0
        expect(masked_loss(x, emotion, torch.tensor(full)), loss_of(x, emotion, full),
               "A dialogue without any label is none to average over: it adds no loss, and the "
               "others are not divided by it.")


def loss_padding(masked_loss):
    for rng in drawn(2):
        for garbage in (3.0, *GARBAGE):
            lengths = lengths_of(rng, 0)
            x, emotion = box_of(rng, lengths, 4), labels(rng, lengths, 4)
            padding = ~torch.tensor(places(7, lengths))
            emotion[padding] = 0
            clean = plain(masked_loss(x.clone(), emotion.clone(), torch.tensor(lengths)))
            if not np.isfinite(clean).all() or np.max(clean) <= 0:
                raise Wrong("A model that guesses loses something: the loss is to be above 0.")
            x[padding], emotion[padding] = garbage, int(rng.choice([-1, 3, 99]))
            emotion[0, int(np.flatnonzero(lengths < 7)[0])] = 3
            got = plain(masked_loss(x, emotion, torch.tensor(lengths)))
            expect(got, clean,
                   f"Padding counts. Its logits may be {garbage} (NaN · 0 is NaN: replace, don't "
                   "multiply) and its emotion any number, a likely one such as 3 or an impossible "
                   "one such as 99: `lengths` says what is real, and nothing else.")


def loss_sure(masked_loss):
    for rng in drawn(2):
        x, emotion = box_of(rng, [7] * 2, 3) * 1000, labels(rng, [7] * 2, 3)
        expect(masked_loss(x, emotion, torch.tensor([7, 7])), loss_of(x, emotion, [7, 7]),
               "A model that is very sure and wrong has a large loss, and yours is not: the "
               "logarithm of a probability that was rounded to 0 is infinite.")


def loss_slope(gradient_of_loss):
    for rng in drawn(2):
        lengths = lengths_of(rng, 0)
        emotion = labels(rng, lengths, 4, 0.2)
        emotion[6, 0] = 1
        emotion[~torch.tensor(places(7, lengths))] = 0
        for padding, felt in ((0.0, emotion), (np.nan, emotion), (0.0, emotion * 0)):
            x = box_of(rng, lengths, 4, padding)
            got = plain(gradient_of_loss(x, felt, torch.tensor(lengths)))
            if not np.isfinite(got).all():
                raise Wrong("The gradient is not finite "
                            + ("where nothing in the batch is labelled: the loss is to be 0 then, "
                               "and to pull nowhere." if not felt.any() else
                               "with NaN in the padding's logits."))
            pulled = np.abs(got).max(-1)
            if pulled[felt.numpy() == 0].max() > 0:
                raise Wrong("The gradient is not zero at padding, or at turns without a label.")
            if felt.any() and pulled[felt.numpy() > 0].min() == 0:
                raise Wrong("A labelled turn has no gradient: nothing is learned from it.")


def loss_unchanged(masked_loss):
    for rng in drawn(1):
        x, emotion = box_of(rng, LENGTHS, 3, np.nan), labels(rng, LENGTHS, 3, 0.3)
        emotion[~torch.tensor(places(7, LENGTHS))] = 99
        unchanged(masked_loss, x, emotion, torch.tensor(LENGTHS))
