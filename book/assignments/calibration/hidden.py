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


# Film --------------------------------------------------------------------------------------------

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
    ids = torch.as_tensor(ids)
    known = (ids > 0)[..., None]
    a, c = (vectors[ids] @ weight.T + bias).chunk(2, -1)
    out = torch.where(known, a.exp() * (x - c), x)
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
    hint = ("After the first backward pass {} What an untrained stage's weights get as gradient "
            "is proportional to the speakers' vectors; and if all of them, or all vectors, are "
            "alike, people can't be told apart.")
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
            expect(got[part], wanted[part],
                   f"The features come out right, but the gradient that reaches {part} is another: "
                   "something on the way is cut off, or counted twice.", 1e-3)


def leaves_nobody_alone(film_with):
    for rng in drawn(3):
        asked = _stage(rng, 4, 3, 5, (6, 5), nobody=True)
        got, wanted = plain(film_with(*asked)), film(*asked)
        nobody = asked[1] == 0
        expect(got["out"][nobody], asked[0][nobody],
               "Id 0 is nobody known, and must come back as it was, after training too, whatever "
               "head's weight and bias are then.")
        for part in ("vectors", "bias"):
            expect(got[part], wanted[part],
                   "Utterances of id 0 teach the stage something: the gradient at its "
                   f"{part} isn't that of the known people alone.", 1e-3)


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


# compose and invert ------------------------------------------------------------------------------

def _moved(x, a, c):
    return np.exp(a) * (x - c)


def two_steps(compose):
    for rng in drawn(4):
        a, c, x = rng.normal(size=(2, 4)) / 2, rng.normal(size=(2, 4)), rng.normal(size=4)
        _steps(compose, a, c, x, "Send a point through both: the second step's centre lies in the "
                                 "first step's units, and has to be brought back into x's.")


def many_steps(compose):
    for rng in drawn(4):
        k = int(rng.integers(3, 7))
        a, c, x = rng.normal(size=(k, 5)) / 2, rng.normal(size=(k, 5)), rng.normal(size=5)
        _steps(compose, a, c, x, f"Wrong for {k} steps: row 0 acts first, and each centre has to "
                                 "be brought back through all the stretches before it.")


def _steps(compose, a, c, x, hint):
    wanted = reduce(lambda point, step: _moved(point, *step), zip(a, c, strict=True), x)
    got_a, got_c = plain(compose(a, c))
    expect(got_a, a.sum(0), "One stretch after another: what do logarithms of factors do?")
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


# own_moments -------------------------------------------------------------------------------------

def moments(x, ids, in_train, rows, k):
    """a and c (rows, D): everybody's moments as k more utterances of each person."""
    every = x[in_train]
    found = []
    for s in range(rows):
        own = x[in_train & (ids == s)] if s else every[:0]
        n = len(own)
        if n + k == 0 or s == 0:
            mean, variance = every.mean(0), every.var(0)
        else:
            share = n / (n + k)
            m, v = (own.mean(0), own.var(0)) if n else (every.mean(0), every.var(0))
            mean = share * m + (1 - share) * every.mean(0)
            variance = (share * (v + (m - mean) ** 2)
                        + (1 - share) * (every.var(0) + (every.mean(0) - mean) ** 2))
        sd = np.sqrt(variance)
        found.append((-np.log(np.where(sd < 1e-3, 1, sd)), mean))
    a, c = zip(*found, strict=True)
    return np.array(a), np.array(c)


def _heard(rng, people, counts, d=3):
    """x (N, D) of people 1 … with so many utterances each (0: unnamed), shuffled; and ids."""
    ids = rng.permutation(np.repeat(np.arange(people + 1), counts))
    gain = np.exp(0.7 * rng.normal(size=(people + 1, d)))
    shift = 2 * rng.normal(size=(people + 1, d))
    return gain[ids] * rng.normal(size=(len(ids), d)) + shift[ids], ids


def _asked(own_moments, x, ids, in_train, k, hint, rows=None, these=slice(None)):
    rows = rows or int(ids.max()) + 1
    got = plain(own_moments(x, ids, in_train, rows, k))
    wanted = moments(x, ids, in_train, rows, k)
    for name, one, other in zip("ac", got, wanted, strict=True):
        one = np.asarray(one)
        expect(one.shape, other.shape, f"{name} has a row for every row of the table, (rows, D).")
        expect(one[these], other[these], f"{hint} (It is {name} that differs.)")


def known_people(own_moments):
    for rng in drawn(3):
        counts = np.array([0, *rng.permutation([4, 9, 25, 60])])
        x, ids = _heard(rng, 4, counts)
        _asked(own_moments, x, ids, np.ones(len(ids), bool), 0,
               "Each person's own mean, and the logarithm of 1 / their standard deviation, the one "
               "that divides by n; people are heard unequally often.", these=slice(1, None))


def everybody(own_moments):
    for rng in drawn(3):
        x, ids = _heard(rng, 3, np.array([15, *rng.permutation([5, 20, 50])]))
        _asked(own_moments, x, ids, np.ones(len(ids), bool), 0,
               "Row 0, nobody known, gets everybody's moments: of all train utterances taken "
               "together, the unnamed ones too, each utterance counted once.", these=slice(0, 1))


def absent(own_moments):
    for rng in drawn(3):
        counts = np.array([0, *rng.permutation([6, 9, 30])])
        x, ids = _heard(rng, 3, counts)
        gone = int(rng.integers(1, 4))
        _asked(own_moments, x, ids, ids != gone, 0,
               "Somebody has rows in test but none in train, somebody else has a row in the table "
               "and none in the data: both are strangers, and get everybody's moments.",
               rows=6, these=[gone, 4, 5])


def shrunk(own_moments):
    for rng in drawn(4):
        x, ids = _heard(rng, 4, np.array([0, *rng.permutation([1, 4, 12, 60])]))
        k = float(rng.choice([0.5, 3, 10, 40]))
        _asked(own_moments, x, ids, np.ones(len(ids), bool), k,
               f"With k = {k:g} more utterances that have everybody's moments. Their mean lies "
               "elsewhere than the person's own, and that distance is part of the spread of all "
               "n + k.")


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
        _asked(own_moments, x, ids, np.ones(len(ids), bool), 0,
               "A feature that never moves (sd below 0.001, everybody's or one person's) keeps its "
               "size, a = 0; nothing is divided by zero.")


# neutrality --------------------------------------------------------------------------------------

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


def _n(neutrality, talk, rows, hint):
    got = neutrality(*map(torch.as_tensor, talk), rows)
    expect(got, apart(*talk, rows)[0], hint, 2e-3)


def even_counts(neutrality):
    for rng in drawn(3):
        _n(neutrality, _talk(rng, 4, even=True), 5,
           "Everybody speaks equally often here, nothing is padded, nobody is unknown: it is the "
           "formula itself, or what it takes a mean over.")


def uneven_counts(neutrality):
    for rng in drawn(3):
        x, ids, lengths = _talk(rng, 4, turns=12)
        ids[:, 1:] = np.where(rng.random(ids[:, 1:].shape) < 0.75, 1, ids[:, 1:])
        ids[:8, 0] = np.tile([1, 2, 3, 4], 2)
        _n(neutrality, (x, ids, lengths), 5,
           "One person speaks most of the time. In our N every person counts the same, in mu and v "
           "as well, however often they speak.")


def padding(neutrality):
    for rng in drawn(3):
        x, ids, lengths = _talk(rng, 3, turns=12)
        lengths = rng.integers(5, 12, len(lengths))
        pad = np.arange(len(x))[:, None] >= lengths
        x[pad] = 50 * rng.normal(size=(pad.sum(), 3))
        _n(neutrality, (x, ids, lengths), 4,
           "Some dialogues are shorter than T. What stands behind their ends is padding, with "
           "whatever features and ids: it must not count.")


def not_counted(neutrality):
    for rng in drawn(3):
        x, ids, lengths = _talk(rng, 3, turns=10, nobody=True)
        ids[:2, 0] = 1, 2                           # whoever else speaks, these two are there
        ids[3, 3] = 5                               # heard once; 4 and 6 never
        x[ids == 0] += 3
        _n(neutrality, (x, ids, lengths), 7,
           "Here are utterances of nobody known (id 0), somebody heard only once, and rows of the "
           "table that never speak. None of these is a person with a mean and a spread.")
    expect(neutrality(torch.ones(4, 2, 3), torch.zeros(4, 2, dtype=torch.long),
                      torch.tensor([4, 3]), 5), 0.0,
           "Where nobody is known there is nobody to tell apart: N is 0, neither an error nor NaN.")


def gradients(pulled):
    for rng in drawn(3):
        x, ids, lengths = _talk(rng, 3, turns=9, nobody=True)
        x[ids == 1, 0] = 0.0                        # a feature that one person never moves
        lengths = rng.integers(6, 10, len(lengths))
        total, at = apart(x, ids, lengths, 4)
        wanted, = torch.autograd.grad(total, at)
        got = np.asarray(plain(pulled(x, ids, lengths, 4)["gradient"]))
        expect(got * 50, wanted * 50,
               "The gradient of N at the features isn't right. Nothing may be cut off "
               "(detach, item, NumPy), and where one person never moves a feature it stays "
               "finite.", 5e-3)


def no_loops(pulled):
    for rng in drawn(1):
        few = pulled(*_talk(rng, 2, turns=6, dialogues=4, d=2), 3)["calls"]
        many = pulled(*_talk(rng, 30, turns=20, dialogues=16, d=8), 31)["calls"]
        expect(int(many) - int(few) < 8, True,
               f"It took {few} calls of torch for 2 people and {many} for 30: something is done "
               "person by person, turn by turn or feature by feature. Whose sums could be had at "
               "once, by a product with a membership matrix or by adding at an index?")
