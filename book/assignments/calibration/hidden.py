"""The hidden tests of "Calibration".

Everything is drawn anew for every submission. A test gets functions of the student's notebook
(probes, where the answer is a class or a gradient is asked for) and gives and takes plain values.
"""

from __future__ import annotations

from functools import reduce

import numpy as np
import torch
from hidden_truth import apart, film, heard, moments, moved, stage, talk

from mlsan.exercises import Wrong, drawn, expect, plain


def starts_as_identity(film_start):
    for rng in drawn(3):
        x, ids, pull, *_ = stage(rng, 5, 3, 4, (6, 3), nobody=True)
        got = film_start(x, ids, pull, 6, 3, int(rng.integers(10**6)))
        expect(got["out"], x, "A stage that has learned nothing must change nothing: what must "
                              "a and c be for everybody before the first step?")


def starts_able_to_learn(film_start):
    hint = ("After the first backward pass {} The gradient at an untrained stage's weights is "
            "proportional to the speakers' vectors: what if those are all alike, or zero?")
    for rng in drawn(3):
        x, ids, pull, *_ = stage(rng, 5, 3, 4, (6, 4))
        got = plain(film_start(x, ids, pull, 6, 3, int(rng.integers(10**6))))
        vectors = got["vectors"]
        expect(vectors.shape, (6, 3), "vectors.weight has a row for each id, (rows, dim).")
        expect(bool((vectors[1:].std(0) > 1e-3).all()), True, hint.format("nothing can move."))
        sent = np.concatenate([pull * x, -pull], -1)         # at a = c = 0
        expect(got["weight gradient"], np.einsum("tbk,tbe->ke", sent, vectors[ids]),
               hint.format("head.weight hasn't the gradient that it should have."), 1e-3)


def moves_as_asked(film_with):
    for rng, shape in zip(drawn(3), ((5, 3), (7,), (2, 3, 2)), strict=True):
        asked = stage(rng, 4, 3, 5, shape)
        got, wanted = plain(film_with(*asked)), film(*asked)
        expect(got["out"], wanted["out"],
               "Known people's features aren't where Eq. log-film puts them. In which order do "
               "stretch and shift come, and which half of head's output is a, which c?", 1e-3)
        for part in ("x", "weight", "vectors"):
            expect(got[part], wanted[part], "The features are right, but the gradient that reaches "
                   f"{part} is another: something on the way is cut off, or counted twice.", 1e-3)


def leaves_nobody_alone(film_with):
    for rng in drawn(3):
        x, ids, pull, *parameters = stage(rng, 4, 3, 5, (6, 5), nobody=True)
        nobody = ids == 0
        pull[~nobody] = 0                               # only nobody's features are pulled at
        got = plain(film_with(x, ids, pull, *parameters))
        expect(got["out"].shape, x.shape, "What comes out has the shape of x.")
        expect(got["out"][nobody], x[nobody],
               "Id 0 is nobody known, and must come back as it was, after training too, whatever "
               "head's weight and bias are then.")
        for part in ("vectors", "weight", "bias"):
            expect(got[part], np.zeros_like(got[part]),
                   f"Utterances of id 0 teach the stage something: a gradient reaches its {part}.")


def leaves_the_absent_alone(film_with):
    for rng in drawn(3):
        x, ids, *rest = stage(rng, 6, 3, 4, (5, 4), nobody=True)
        ids = np.where(ids == 3, 2, ids)                            # nobody hears person 3
        got = plain(film_with(x, ids, *rest))
        expect(got["vectors"][[0, 3]], np.zeros((2, 3)),
               "Whoever says nothing in a batch must not be moved by it: only the vectors of "
               "those who speak get a gradient.")
        expect(got["x after"], x, "Your stage has changed the features that it was given, in "
                                  "place. Whoever calls it still needs them: make new ones.")


def _pair(got, shape):
    """a and c as one array (2, *shape)."""
    got = plain(got)
    if not isinstance(got, np.ndarray) or got.shape != (2, *shape):
        raise Wrong(f"Give back a pair, a and c, each of shape {shape}.")
    return got


def two_steps(compose):
    _steps(compose, (2, 3), "Send a point through both steps: the second one's centre lies in the "
                            "first step's units, and has to be brought back into x's.")


def many_steps(compose):
    _steps(compose, (3, 7), "Wrong for three steps or more: row 0 acts first, and each centre has "
                            "to be brought back through all the stretches before it.")


def _steps(compose, how_many, hint):
    for rng in drawn(4):
        a, c = rng.normal(size=(2, int(rng.integers(*how_many)), 5))
        x = rng.normal(size=5)
        wanted = reduce(lambda point, step: moved(point, *step), zip(a / 2, c, strict=True), x)
        got_a, got_c = _pair(compose(a / 2, c), (5,))
        expect(got_a, a.sum(0) / 2, "One stretch after another: what do their logarithms do?")
        expect(moved(x, got_a, got_c), wanted, hint)


def no_step(compose):
    for rng in drawn(2):
        d = int(rng.integers(2, 6))
        expect(compose(np.zeros((0, d)), np.zeros((0, d))), np.zeros((2, d)),
               "No step at all (K = 0) leaves every point where it was; which a and c say that, "
               "and of what shape?")
        a, c = rng.normal(size=(2, 3, d))
        before = a.copy(), c.copy()
        compose(a, c)
        expect((a, c), before, "Your function has changed the arrays that it was given.")


def way_back(invert):
    for rng in drawn(4):
        a, c, x = rng.normal(size=(3, 6))
        got = _pair(invert(a, c), (6,))
        expect(moved(moved(x, a, c), *got), x,
               "There and back again isn't where it set out. Solve x' = exp(a) (x - c) for x and "
               "bring the solution into the same form: something stretched, less a centre.")


def tables_back(invert):
    for rng in drawn(3):
        a, c, x = rng.normal(size=(3, 7, 4)) * 2
        a[0], c[0] = 0, 0
        before = a.copy(), c.copy()
        got_a, got_c = _pair(invert(a, c), (7, 4))
        expect((a, c), before, "Your function has changed the arrays that it was given.")
        expect(moved(moved(x, got_a, got_c), a, c), x,
               "For a whole table (S, D) the way back and then there must end where it began, for "
               "every row.", 1e-3)


def _asked(own_moments, x, ids, in_train, rows, k):
    """What was got and what was wanted: a and c, each (rows, D)."""
    wanted = np.asarray(moments(x, ids, in_train, rows, k))
    return _pair(own_moments(x, ids, in_train, rows, k), wanted.shape[1:]), wanted


def known_people(own_moments):
    for rng in drawn(3):
        x, ids = heard(rng, 4, np.array([0, *rng.permutation([4, 9, 25, 60])]))
        got, wanted = _asked(own_moments, x, ids, np.ones(len(ids), bool), 5, 0)
        expect(got[1, 1:], wanted[1, 1:], "c isn't each person's own mean.")
        expect(got[0, 1:], wanted[0, 1:], "a isn't the logarithm of 1 / the person's own standard "
                                          "deviation, the one that divides by n.")


def everybody(own_moments):
    for rng in drawn(3):
        x, ids = heard(rng, 3, np.array([15, *rng.permutation([5, 20, 50])]))
        every = np.ones(len(ids), bool)
        for k in (0, 7.5):
            got, wanted = _asked(own_moments, x, ids, every, 4, k)
            alone = _pair(own_moments(x, np.ones_like(ids), every, 2, 0), (2, 3))
            hint = ("Row 0, nobody known, gets everybody's moments, whatever k is: of all train "
                    "utterances together, the unnamed ones too, each counted once. {}")
            expect(got[1, 0], wanted[1, 0], hint.format("c is another."))
            expect(got[0, 0], alone[0, 1], hint.format("Were they one person's, a would differ."))


def absent(own_moments):
    for rng in drawn(3):
        x, ids = heard(rng, 3, np.array([0, *rng.permutation([6, 9, 30])]))
        gone = int(rng.integers(1, 4))
        for k in (0, 3):
            got, wanted = _asked(own_moments, x, ids, ids != gone, 6, k)
            for s in (gone, 4, 5):
                for one, other in ((got[1, s], wanted[1, s]), (got[:, s], got[:, 0])):
                    expect(one, other, "Somebody is in test and not in train, others are in the "
                           "table and not in the data: strangers, who get everybody's moments.")


def shrunk(own_moments):
    for rng in drawn(4):
        x, ids = heard(rng, 4, np.array([0, *rng.permutation([1, 4, 12, 60])]))
        k = float(rng.choice([0.5, 3, 10, 40]))
        got, wanted = _asked(own_moments, x, ids, np.ones(len(ids), bool), 5, k)
        hint = f"With k = {k:g} more utterances that have everybody's moments, "
        expect(got[1, 1:], wanted[1, 1:], hint + "c isn't the mean of all n + k.")
        expect(got[0, 1:], wanted[0, 1:], hint + "a isn't that of all n + k. The person's own mean "
               "and everybody's lie apart, and that distance is part of the spread.")


def test_stays_out(own_moments):
    for rng in drawn(3):
        x, ids = heard(rng, 3, np.array([8, 20, 30, 40]))
        in_train = rng.random(len(ids)) < 0.7
        other = np.where(in_train[:, None], x, x * 5 + 100)
        before = x.copy(), ids.copy(), in_train.copy()
        got = plain(own_moments(x, ids, in_train, 4, 2.0))
        for now, then in zip((x, ids, in_train), before, strict=True):
            expect(now, then, "Your function has changed what it was given.")
        expect(own_moments(other, ids, in_train, 4, 2.0), got,
               "Only test utterances were changed, and your moments moved. Whatever is measured on "
               "test tells the model about test.")


def constant(own_moments):
    for rng in drawn(3):
        x, ids = heard(rng, 3, np.array([0, 1, 20, 30]))
        x[ids == 2, 0], x[:, 1] = 1.5, -2.0
        (a, c), _ = _asked(own_moments, x, ids, np.ones(len(ids), bool), 4, 0)
        expect([a[2, 0], *a[:, 1], *a[1]], np.zeros(8),
               "A feature that never moves, everybody's or one person's, who may have said one "
               "thing only, keeps its size, a = 0.")
        expect(bool(np.isfinite([a, c]).all()), True, "Some of your moments aren't finite.")


def _n(neutrality, said, rows):
    got = np.asarray(plain(neutrality(*map(torch.as_tensor, said), rows)))
    expect(got.shape, (), "N is one number, a tensor of shape ().")
    return float(got)


def even_counts(neutrality):
    for rng in drawn(3):
        said = talk(rng, 4, even=True)
        expect(_n(neutrality, said, 5), apart(*said, 5),
               "Everybody speaks equally often here, nothing is padded: it is the formula itself, "
               "or what it takes a mean over.", 2e-3)


def uneven_counts(neutrality):
    for rng in drawn(3):
        x, ids, lengths = talk(rng, 4, turns=12)
        ids[:, 1:] = np.where(rng.random(ids[:, 1:].shape) < 0.75, 1, ids[:, 1:])
        ids[:8, 0] = np.tile([1, 2, 3, 4], 2)
        expect(_n(neutrality, (x, ids, lengths), 5), apart(x, ids, lengths, 5),
               "One person speaks most of the time. In our N every person counts the same, in mu "
               "and v as well, however often they speak.", 2e-3)


def _same_without(neutrality, said, counts, rows, hint):
    """N is what it would be if only the utterances that count were there, in one dialogue."""
    x, ids, _ = said
    alone = x[counts][:, None], ids[counts][:, None], np.array([counts.sum()])
    wanted = _n(neutrality, alone, rows)
    expect(wanted > 0, True, "People differ here, and your N is not above 0.")
    expect(_n(neutrality, said, rows), wanted, hint, 2e-3)


def padding(neutrality):
    for rng in drawn(3):
        x, ids, lengths = talk(rng, 3, turns=12)
        lengths = rng.integers(5, 12, len(lengths))
        there = np.arange(len(x))[:, None] < lengths
        x[~there] = 50 * rng.normal(size=((~there).sum(), 3))
        _same_without(neutrality, (x, ids, lengths), there, 4,
                      "Some dialogues are shorter than T. Behind their ends is padding, with "
                      "whatever features and ids: it must not count.")


def not_counted(neutrality):
    for rng in drawn(3):
        x, ids, lengths = talk(rng, 3, turns=10, nobody=True)
        ids[:4, 0] = 1, 2, 1, 2                         # whoever else speaks, these two do
        ids[9, 5] = 5                                   # heard once; 4 and 6 never
        x[ids == 0] += 3
        counts = (ids > 0) & (ids < 5) & (np.bincount(ids.ravel(), minlength=7) > 1)[ids]
        _same_without(neutrality, (x, ids, lengths), counts, 7,
                      "Here are utterances of id 0, somebody heard only once, and rows of the "
                      "table that never speak. None of these is a person with mean and spread.")
    nobody = np.ones((4, 2, 3), "float32"), np.zeros((4, 2), int), np.array([4, 3])
    expect(_n(neutrality, nobody, 5), 0.0, "Where nobody is known, N is 0, no error and no NaN.")


def gradients(pulled):
    hint = "The gradient of N at the features {}. Nothing may be cut off (detach, item, NumPy)."
    for rng in drawn(3):
        x, ids, lengths = talk(rng, 3, turns=9, nobody=True)
        ids[:6, 0] = 1, 2, 3, 1, 2, 3
        slope = np.asarray(plain(pulled(x, ids, lengths, 4)["gradient"]))
        expect(bool(slope.any()), True, hint.format("is zero everywhere"))
        step = 0.02 * slope / np.linalg.norm(slope)
        up, down = (pulled((x + way * step).astype("float32"), ids, lengths, 4)["value"]
                    for way in (1, -1))
        expect((np.asarray(up) - np.asarray(down)) / 0.04, np.linalg.norm(slope),
               hint.format("doesn't say how N changes when they move"), 2e-2)
        x[ids == 1, 0] = 0.0
        slope = np.asarray(plain(pulled(x, ids, lengths, 4)["gradient"]))
        expect(bool(np.isfinite(slope).all()), True,
               "One person never moves a feature, and the gradient there isn't finite. Which "
               "function of their variance is too steep at 0?")


def no_loops(pulled):
    for rng in drawn(1):
        small = pulled(*talk(rng, 2, turns=6, dialogues=4, d=2), 3)
        expect(bool(np.any(plain(small["gradient"]))), True,
               "Torch has no part in your N: no gradient reaches the features.")
        few, many = small["calls"], pulled(
            *talk(rng, 30, turns=20, dialogues=16, d=8), 31)["calls"]
        expect(int(many) - int(few) < 8, True,
               f"It took {few} calls of torch for 2 people and {many} for 30: people, turns, "
               "dialogues or features are gone through one by one. How does a table of who said "
               "what, or an index to add at, give all people's sums at once?")
