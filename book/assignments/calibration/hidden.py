"""The hidden tests of "Calibration", and what they hold the answers against.

Everything is drawn anew for every submission. A test gets functions of the student's notebook
(probes, where the answer is a class or a gradient is asked for) and gives and takes plain values.
"""

from __future__ import annotations

from functools import reduce

import numpy as np
import torch

from mlsan.exercises import drawn, expect, plain

EPS = 1e-3


def _stage(rng, people, dim, features, shape, nobody=False):
    """x (*shape, D), ids, pull, and parameters of a stage (vectors, weight, bias), float32."""
    x, pull = rng.normal(size=(2, *shape, features))
    ids = rng.integers(0 if nobody else 1, people + 1, shape)
    parameters = (rng.normal(size=(people + 1, dim)),
                  rng.normal(size=(2 * features, dim)) / 3, rng.normal(size=2 * features) / 3)
    return (x.astype("float32"), ids, pull.astype("float32"),
            *(part.astype("float32") for part in parameters))


def film(x, ids, pull, vectors, weight, bias):
    """Eq. log-film and its gradients, by autograd in double precision; id 0 stays as it is."""
    given = [torch.tensor(part, dtype=torch.float64, requires_grad=True)
             for part in (x, vectors, weight, bias)]
    x, vectors, weight, bias = given
    a, c = (vectors[ids] @ weight.T + bias).chunk(2, -1)
    out = torch.where(torch.as_tensor(ids > 0)[..., None], a.exp() * (x - c), x)
    gradients = torch.autograd.grad((out * torch.as_tensor(pull)).sum(), given)
    return {"out": out, **dict(zip(("x", "vectors", "weight", "bias"), gradients, strict=True))}


def starts_as_identity(film_start):
    for rng in drawn(3):
        shape = (int(rng.integers(3, 6)), 4)
        x, ids, pull, *_ = _stage(rng, 5, 3, 4, shape, nobody=True)
        got = film_start(x, ids, pull, 6, 3, int(rng.integers(10**6)))
        expect(got["out"], x, "A stage that has learned nothing must change nothing: what must "
                              "a and c be for everybody before the first step?")


def starts_able_to_learn(film_start):
    hint = ("After the first backward pass {} The gradient at an untrained stage's weights is "
            "proportional to the speakers' vectors: what if those are all alike, or zero?")
    for rng in drawn(3):
        x, ids, pull, *_ = _stage(rng, 5, 3, 4, (6, 4))
        got = plain(film_start(x, ids, pull, 6, 3, int(rng.integers(10**6))))
        vectors = got["vectors"]
        expect(bool((vectors[1:].std(0) > 1e-3).all()), True, hint.format("nothing can move."))
        sent = np.concatenate([pull * x, -pull], -1)         # at a = c = 0
        expect(got["weight gradient"], np.einsum("tbk,tbe->ke", sent, vectors[ids]),
               hint.format("head.weight hasn't the gradient that it should have."), 1e-3)


def moves_as_asked(film_with):
    for rng, shape in zip(drawn(3), ((5, 3), (7,), (2, 3, 2)), strict=True):
        asked = _stage(rng, 4, 3, 5, shape)
        got, wanted = plain(film_with(*asked)), film(*asked)
        expect(got["out"], wanted["out"],
               "Known people's features aren't where Eq. log-film puts them. In which order do "
               "stretch and shift come, and which half of head's output is a, which c?", 1e-3)
        for part in ("x", "weight", "vectors"):
            expect(got[part], wanted[part], "The features are right, but the gradient that reaches "
                   f"{part} is another: something on the way is cut off, or counted twice.", 1e-3)


def leaves_nobody_alone(film_with):
    for rng in drawn(3):
        x, ids, pull, *parameters = _stage(rng, 4, 3, 5, (6, 5), nobody=True)
        nobody = ids == 0
        pull[~nobody] = 0                               # only nobody's features are pulled at
        got = plain(film_with(x, ids, pull, *parameters))
        expect(got["out"][nobody], x[nobody],
               "Id 0 is nobody known, and must come back as it was, after training too, whatever "
               "head's weight and bias are then.")
        for part in ("vectors", "weight", "bias"):
            expect(got[part], np.zeros_like(got[part]),
                   f"Utterances of id 0 teach the stage something: a gradient reaches its {part}.")


def leaves_the_absent_alone(film_with):
    for rng in drawn(3):
        x, ids, *rest = _stage(rng, 6, 3, 4, (5, 4), nobody=True)
        ids = np.where(ids == 3, 2, ids)                            # nobody hears person 3
        got = plain(film_with(x, ids, *rest))
        expect(got["vectors"][[0, 3]], np.zeros((2, 3)),
               "Whoever says nothing in a batch must not be moved by it: only the vectors of "
               "those who speak get a gradient.")
        expect(got["x after"], x, "Your stage has changed the features that it was given, in "
                                  "place. Whoever calls it still needs them: make new ones.")


def _moved(x, a, c):
    return np.exp(a) * (x - c)


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
        wanted = reduce(lambda point, step: _moved(point, *step), zip(a / 2, c, strict=True), x)
        got_a, got_c = plain(compose(a / 2, c))
        expect(got_a, a.sum(0) / 2, "One stretch after another: what do their logarithms do?")
        expect(_moved(x, got_a, got_c), wanted, hint)


def no_step(compose):
    for rng in drawn(2):
        d, k = int(rng.integers(2, 6)), 3
        nothing = plain(compose(np.zeros((0, d)), np.zeros((0, d))))
        expect(nothing, np.zeros((2, d)), "No step at all (K = 0) leaves every point where it was; "
                                          "which a and c say that, and of what shape?")
        a, c = rng.normal(size=(k, d)), rng.normal(size=(k, d))
        before = a.copy(), c.copy()
        compose(a, c)
        expect((a, c), before, "Your function has changed the arrays that it was given.")


def way_back(invert):
    for rng in drawn(4):
        a, c, x = rng.normal(size=(3, 6))
        got = plain(invert(a, c))
        expect(_moved(_moved(x, a, c), *got), x,
               "There and back again isn't where it set out. Solve x' = exp(a) (x - c) for x and "
               "bring the solution into the same form: something stretched, less a centre.")


def tables_back(invert):
    for rng in drawn(3):
        a, c, x = rng.normal(size=(3, 7, 4)) * 2
        a[0], c[0] = 0, 0
        before = a.copy(), c.copy()
        got_a, got_c = plain(invert(a, c))
        expect((a, c), before, "Your function has changed the arrays that it was given.")
        expect(_moved(_moved(x, got_a, got_c), a, c), x,
               "For a whole table (S, D) the way back and then there must end where it began, for "
               "every row.", 1e-3)


def moments(x, ids, in_train, rows, k):
    """a and c (rows, D): everybody's moments as k more utterances of each person."""
    every, found = x[in_train], []
    first, second = every.mean(0), (every ** 2).mean(0)
    for s in range(rows):
        own = x[in_train & (ids == s) & (s > 0)]
        share = len(own) / (len(own) + k) if len(own) else 0
        own = own if len(own) else every
        mean = share * own.mean(0) + (1 - share) * first
        variance = share * (own ** 2).mean(0) + (1 - share) * second - mean ** 2
        sd = np.sqrt(variance.clip(0))
        found.append((-np.log(np.where(sd < 1e-3, 1, sd)), mean))
    a, c = zip(*found, strict=True)
    return np.array(a), np.array(c)


def _heard(rng, people, counts, d=3):
    """x (N, D) of people 1 … with so many utterances each (0: unnamed), shuffled; and ids."""
    ids = rng.permutation(np.repeat(np.arange(people + 1), counts))
    gain = np.exp(0.7 * rng.normal(size=(people + 1, d)))
    shift = 2 * rng.normal(size=(people + 1, d))
    return gain[ids] * rng.normal(size=(len(ids), d)) + shift[ids], ids


def _asked(own_moments, x, ids, in_train, rows, k):
    """What was got and what was wanted: a and c, each (rows, D)."""
    got, wanted = plain(own_moments(x, ids, in_train, rows, k)), moments(x, ids, in_train, rows, k)
    for name, one, other in zip("ac", got, wanted, strict=True):
        expect(np.shape(one), np.shape(other), f"{name} has a row for every row of the table.")
    return np.asarray(got), np.asarray(wanted)


def known_people(own_moments):
    for rng in drawn(3):
        x, ids = _heard(rng, 4, np.array([0, *rng.permutation([4, 9, 25, 60])]))
        got, wanted = _asked(own_moments, x, ids, np.ones(len(ids), bool), 5, 0)
        expect(got[1, 1:], wanted[1, 1:], "c isn't each person's own mean; they're heard unequally "
                                          "often, and each by themselves.")
        expect(got[0, 1:], wanted[0, 1:], "a isn't the logarithm of 1 / the person's own standard "
                                          "deviation, the one that divides by n.")


def everybody(own_moments):
    for rng in drawn(3):
        x, ids = _heard(rng, 3, np.array([15, *rng.permutation([5, 20, 50])]))
        every = np.ones(len(ids), bool)
        for k in (0, 7.5):
            got, wanted = _asked(own_moments, x, ids, every, 4, k)
            alone = np.asarray(plain(own_moments(x, np.ones_like(ids), every, 2, 0)))
            hint = ("Row 0, nobody known, gets everybody's moments, whatever k is: of all train "
                    "utterances together, the unnamed ones too, each counted once. {}")
            expect(got[1, 0], wanted[1, 0], hint.format("The mean is another."))
            expect(got[0, 0], alone[0, 1],
                   hint.format("Were they all of one person, your a would be another."))


def absent(own_moments):
    for rng in drawn(3):
        x, ids = _heard(rng, 3, np.array([0, *rng.permutation([6, 9, 30])]))
        gone = int(rng.integers(1, 4))
        for k in (0, 3):
            got, wanted = _asked(own_moments, x, ids, ids != gone, 6, k)
            for s in (gone, 4, 5):
                for one, other in ((got[1, s], wanted[1, s]), (got[:, s], got[:, 0])):
                    expect(one, other, "Somebody is in test and not in train, others are in the "
                           "table and not in the data: strangers, who get everybody's moments.")


def shrunk(own_moments):
    for rng in drawn(4):
        x, ids = _heard(rng, 4, np.array([0, *rng.permutation([1, 4, 12, 60])]))
        k = float(rng.choice([0.5, 3, 10, 40]))
        got, wanted = _asked(own_moments, x, ids, np.ones(len(ids), bool), 5, k)
        hint = f"With k = {k:g} more utterances that have everybody's moments, "
        expect(got[1, 1:], wanted[1, 1:], hint + "c isn't the mean of all n + k.")
        expect(got[0, 1:], wanted[0, 1:], hint + "a isn't that of all n + k. The person's own mean "
               "and everybody's lie apart, and that distance is part of the spread.")


def test_stays_out(own_moments):
    for rng in drawn(3):
        x, ids = _heard(rng, 3, np.array([8, 20, 30, 40]))
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
        x, ids = _heard(rng, 3, np.array([0, 1, 20, 30]))
        x[ids == 2, 0], x[:, 1] = 1.5, -2.0
        (a, c), _ = _asked(own_moments, x, ids, np.ones(len(ids), bool), 4, 0)
        expect([a[2, 0], *a[:, 1], *a[1]], np.zeros(8),
               "A feature that never moves, everybody's or one person's, who may have said one "
               "thing only, keeps its size, a = 0.")
        expect(bool(np.isfinite([a, c]).all()), True, "Some of your moments aren't finite.")


def apart(x, ids, lengths, rows):
    """Eq. even-neutrality with a loop, in double precision, from arrays; a tensor that can be
    differentiated, and x as a tensor."""
    x = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    heard = (np.arange(len(x))[:, None] < np.asarray(lengths)) & (ids > 0)
    own = [x[heard & (ids == s)] for s in range(1, rows)]
    own = [one for one in own if len(one) > 1]
    if not own:
        return x.sum() * 0, x
    mean = torch.stack([one.mean(0) for one in own])
    variance = torch.stack([one.var(0, unbiased=False) for one in own])
    mu = mean.mean(0)
    v = (variance + (mean - mu) ** 2).mean(0)
    place, width = (mean - mu) ** 2 / (v + EPS), ((variance + EPS) / (v + EPS)).log() ** 2 / 4
    return (place + width).mean(), x


def _talk(rng, people, turns=8, dialogues=6, d=3, nobody=False, even=False):
    """x (T, B, D), ids (T, B), lengths (B,) without padding."""
    ids = rng.integers(0 if nobody else 1, people + 1, (turns, dialogues))
    if even:
        ids = rng.permutation(np.arange(turns * dialogues) % people + 1).reshape(turns, -1)
    gain, shift = np.exp(rng.normal(size=(people + 1, d)) / 2), rng.normal(size=(people + 1, d))
    x = gain[ids] * rng.normal(size=(*ids.shape, d)) + shift[ids]
    return x.astype("float32"), ids, np.full(dialogues, turns)


def _n(neutrality, talk, rows):
    return float(np.asarray(plain(neutrality(*map(torch.as_tensor, talk), rows))).reshape(()))


def even_counts(neutrality):
    for rng in drawn(3):
        talk = _talk(rng, 4, even=True)
        expect(_n(neutrality, talk, 5), apart(*talk, 5)[0],
               "Everybody speaks equally often here, nothing is padded, nobody is unknown: it is "
               "the formula itself, or what it takes a mean over.", 2e-3)


def uneven_counts(neutrality):
    for rng in drawn(3):
        x, ids, lengths = _talk(rng, 4, turns=12)
        ids[:, 1:] = np.where(rng.random(ids[:, 1:].shape) < 0.75, 1, ids[:, 1:])
        ids[:8, 0] = np.tile([1, 2, 3, 4], 2)
        expect(_n(neutrality, (x, ids, lengths), 5), apart(x, ids, lengths, 5)[0],
               "One person speaks most of the time. In our N every person counts the same, in mu "
               "and v as well, however often they speak.", 2e-3)


def _same_without(neutrality, talk, counts, rows, hint):
    """N is what it would be if only the utterances that count were there, in one dialogue."""
    x, ids, _ = talk
    alone = x[counts][:, None], ids[counts][:, None], np.array([counts.sum()])
    wanted = _n(neutrality, alone, rows)
    expect(wanted > 0, True, "People differ here, and your N is not above 0.")
    expect(_n(neutrality, talk, rows), wanted, hint, 2e-3)


def padding(neutrality):
    for rng in drawn(3):
        x, ids, lengths = _talk(rng, 3, turns=12)
        lengths = rng.integers(5, 12, len(lengths))
        heard = np.arange(len(x))[:, None] < lengths
        x[~heard] = 50 * rng.normal(size=((~heard).sum(), 3))
        _same_without(neutrality, (x, ids, lengths), heard, 4,
                      "Some dialogues are shorter than T. Behind their ends is padding, with "
                      "whatever features and ids: it must not count.")


def not_counted(neutrality):
    for rng in drawn(3):
        x, ids, lengths = _talk(rng, 3, turns=10, nobody=True)
        ids[:4, 0] = 1, 2, 1, 2                         # whoever else speaks, these two do
        ids[9, 5] = 5                                   # heard once; 4 and 6 never
        x[ids == 0] += 3
        counts = (ids > 0) & (ids < 5) & (np.bincount(ids.ravel(), minlength=7) > 1)[ids]
        _same_without(neutrality, (x, ids, lengths), counts, 7,
                      "Here are utterances of id 0, somebody heard only once, and rows of the "
                      "table that never speak. None of these is a person with mean and spread.")
    nobody = np.ones((4, 2, 3), "float32"), np.zeros((4, 2), int), np.array([4, 3])
    expect(_n(neutrality, nobody, 5), 0.0, "Where nobody is known there is nobody to tell apart: "
                                           "N is 0, neither an error nor NaN.")


def gradients(pulled):
    hint = "The gradient of N at the features {}. Nothing may be cut off (detach, item, NumPy)."
    for rng in drawn(3):
        x, ids, lengths = _talk(rng, 3, turns=9, nobody=True)
        ids[:6, 0] = 1, 2, 3, 1, 2, 3
        slope = np.asarray(plain(pulled(x, ids, lengths, 4)["gradient"]))
        step = 0.02 * slope / np.linalg.norm(slope)
        up, down = (pulled((x + way * step).astype("float32"), ids, lengths, 4)["value"]
                    for way in (1, -1))
        expect((np.asarray(up) - np.asarray(down)) / 0.04, np.linalg.norm(slope),
               hint.format("doesn't say how N changes when they move"), 2e-2)
        x[ids == 1, 0] = 0.0                            # a feature that one person never moves
        slope = np.asarray(plain(pulled(x, ids, lengths, 4)["gradient"]))
        expect(bool(np.isfinite(slope).all()), True,
               "One person never moves a feature, and the gradient there isn't finite. Which "
               "function of their variance is too steep at 0?")


def no_loops(pulled):
    for rng in drawn(1):
        few = pulled(*_talk(rng, 2, turns=6, dialogues=4, d=2), 3)["calls"]
        many = pulled(*_talk(rng, 30, turns=20, dialogues=16, d=8), 31)["calls"]
        expect(int(many) - int(few) < 8, True,
               f"It took {few} calls of torch for 2 people and {many} for 30: something is done "
               "one by one, for people, turns, dialogues or features. All people's sums can be had "
               "at once: how does a table of who said what, or an index to add at, do that?")
