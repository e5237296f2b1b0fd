"""Each autocheck takes right answers, however they are written, and no plausible wrong one."""

from __future__ import annotations

import importlib
import inspect
import re
from fractions import Fraction
from functools import partial
from itertools import count

import numpy as np
import pandas as pd
import pytest
import torch
from book_code import NOTEBOOKS, cell_source, cells, chapter, definitions, solutions

from mlsan.exercises import (
    Wrong,
    array,
    begun,
    drawn,
    exercise,
    expect,
    number,
    numbers,
    parts,
    positions,
    word,
)


def check_module(stem):
    return importlib.import_module(f"mlsan.exercises.{stem.replace('-', '_')}")


def exercises(stem) -> list[str]:
    module = check_module(stem)
    own = [name for name, f in inspect.getmembers(module, inspect.isfunction)
           if f.__module__ == module.__name__]
    return [name for name in own if not name.startswith("_")]


CASES = [(stem, name) for stem in NOTEBOOKS for name in exercises(stem)]


@pytest.mark.parametrize("stem", NOTEBOOKS)
def test_every_exercise_is_asked_solved_and_tested(stem):
    asked = set(re.findall(r"\bcheck\.(\w+)\(", "\n".join(cells(stem, "code"))))
    assert asked == set(exercises(stem)) == set(solutions(stem)) == set(chapter(stem).ANSWERS)


@pytest.fixture
def known_seed(request, monkeypatch):
    """What a check draws: the same in every run of the tests, and another for each number given."""
    seeds = count(1000 * getattr(request, "param", 0))
    monkeypatch.setattr("mlsan.exercises.answers.fresh_seed", lambda: next(seeds))


@pytest.mark.parametrize("known_seed", [0, *(pytest.param(n, marks=pytest.mark.slow)
                                             for n in (1, 2))], indirect=True)
@pytest.mark.parametrize(("stem", "name"), CASES)
def test_right_answers_are_accepted_and_wrong_ones_refused(stem, name, known_seed):
    answers = chapter(stem).ANSWERS[name]
    assert len(answers.right) >= 4 and len(answers.wrong) >= 6

    def verdict_on(answer):
        check = getattr(check_module(stem), name)
        return check(*answer) if isinstance(answer, tuple) else check(answer)

    for answer in answers.right:
        verdict = verdict_on(answer)
        assert verdict.right, f"a right answer: {verdict}"
    for i, answer in enumerate(answers.wrong):
        verdict = verdict_on(answer)
        assert verdict.right is False and len(verdict.why) > 20, f"wrong answer {i}: {verdict}"
        assert verdict.kind in ("wrong", "nothing", "printed"), f"wrong answer {i}: {verdict}"


@pytest.mark.usefixtures("known_seed")
@pytest.mark.parametrize(("stem", "name"), CASES)
def test_the_hidden_solution_is_right_and_the_stub_unanswered(stem, name):
    check = getattr(check_module(stem), name)
    space = definitions(cell_source(stem)) | {"check": check_module(stem)}
    *body, call = solutions(stem)[name].strip().split("\n")
    assert call.startswith(f"check.{name}(")
    exec("\n".join(body), space)
    assert eval(call, space).right is True
    parameters = inspect.signature(inspect.unwrap(check)).parameters
    assert check(*[...] * len(parameters)).right is None


@exercise
def double(answer) -> str:
    for rng in drawn(2):
        values = rng.normal(size=3)
        expect(answer(values), 2 * values, "Twice each, whatever its sign.")
    return "Twice as much."


def in_place(x):
    x *= 2
    return x


def dropped(x):
    x * 2


def shown(x):
    print(2 * x)


def changed(x):
    x *= 2


def stuck(x):
    y = x + 1
    return y / "2"


class Flatterer:
    def __eq__(self, other):
        return True

    __array_priority__ = 1e6


class Blank:
    def __init__(self): ...

    def forward(self, x): ...


@pytest.mark.parametrize(("answer", "kind", "why"), [
    (lambda x: 2 * x, "right", "Twice as much."),
    (lambda x: [2 * v for v in x], "right", ""),
    (lambda x: (2 * v for v in x), "right", ""),
    (lambda x: torch.tensor(x, dtype=torch.float32) * 2, "right", ""),
    (lambda x: torch.tensor(2 * x, requires_grad=True), "right", ""),
    (lambda x: pd.Series(x) * 2, "right", ""),
    (lambda x: [2 * Fraction(v) for v in x], "right", ""),
    (lambda x: torch.tensor(2 * x).to_sparse(), "right", ""),
    (partial(np.multiply, 2), "right", ""),
    (in_place, "right", "changed what it was given (x)"),
    (lambda x: x, "wrong", "Twice each"),
    (lambda x: (2 * x)[:, None], "wrong", "(3, 1); expected (3,)"),
    (lambda x: Flatterer(), "wrong", "Flatterer"),
    (lambda x: [Flatterer()] * 3, "wrong", "Flatterer"),
    (lambda x: [x, [x, "uneven"]], "wrong", "Twice each"),
    (lambda x, y: x, "wrong", "missing a required argument: 'y'"),
    (7, "wrong", "function itself"),
    (..., "not begun", "dots"),
    (lambda x: ..., "not begun", "dots"),
    (Blank, "not begun", "dots"),
    (dropped, "nothing", "return"),
    (changed, "nothing", "changed what it was given (x)"),
    (None, "nothing", "return"),
    (shown, "printed", "return"),
    (stuck, "stopped", 'of your cell: return y / "2"'),
    (lambda x: exit(), "stopped", "SystemExit")])
def test_every_kind_of_answer_gets_its_own_verdict(answer, kind, why):
    verdict = double(answer)
    assert verdict.kind == kind and why in verdict.why, verdict
    assert verdict.right is {"right": True, "not begun": None}.get(kind, False)


def test_a_number_a_word_an_array_and_positions_come_in_any_form():
    for value in (0.5, np.float32(0.5), [0.5], torch.tensor([[0.5]]), Fraction(1, 2)):
        assert number(value) == 0.5
    for value in ("Both ", ["both"], np.array("both."), pd.Series(["BOTH"])):
        assert word(value) == "both"
    for value in ([[1, 2]], torch.ones(1, 2), (range(2) for _ in range(1))):
        assert array(value, (None, 2), "Pairs.").shape == (1, 2)
    here = np.array([True, False, True])
    for value in ([2, 0], {0, 2}, np.where(here), np.argwhere(here), torch.tensor(here).nonzero()):
        assert positions(value) == {0, 2}
    assert positions(torch.zeros(3).nonzero()) == frozenset()
    assert positions(here[1:].nonzero()[0].item()) == {1}


@pytest.mark.parametrize(("form", "value", "why"), [
    (number, "0.5", "one number"), (number, [1, 2], "one number"), (number, 1j, "one number"),
    (word, 3, "one word"), (word, ["a", "b"], "one word"), (word, [["a", "b"], "c"], "one word"),
    (positions, [True, False], "0 for the first"), (positions, [[0, 1], [2, 3]], "one list"),
    (positions, ["joy"], "one list"), (positions, [0, [1, 2]], "one list"),
    (positions, [1, 1], "once"),
    (lambda value: array(value, (None, 2), "Pairs."), [1, 2, 3],
     r"Pairs. \(Its shape is \(3,\); expected \(any, 2\).\)"),
    (lambda value: array(value, (2,), "A pair."), [[1], [1, 2]], "A pair."),
    (lambda value: array(value, (2,), "A pair."), ["1", "2"], "A pair.")])
def test_what_is_no_number_no_word_or_no_such_array_gets_a_hint(form, value, why):
    with pytest.raises(Wrong, match=why):
        form(value)


def test_a_known_mistake_gets_its_own_hint():
    for got, why in ((-2.0, "The sign"), (3.0, "Twice")):
        with pytest.raises(Wrong, match=why):
            expect(got, 2.0, "Twice it.", mistakes={"The sign.": -2.0})


def test_a_check_that_fails_says_that_it_is_not_the_learner():
    @exercise
    def broken(answer):
        return {}[answer(1)]

    assert broken(np.negative).kind == "fault"
    assert "not of yours" in broken(np.negative).why


def test_what_is_begun_is_no_empty_stub():
    assert begun(in_place, Flatterer(), 3) and begun()
    assert not begun(in_place, Blank) and not begun(...) and not begun(lambda x: ...)


def test_a_gradient_is_taken_at_the_learners_own_input():
    @exercise
    def squared(answer):
        x = torch.tensor([1.0, 3.0], requires_grad=True)
        (gradient,) = torch.autograd.grad(answer(x).sum(), x)
        expect(gradient, 2 * x, "The gradient of x² is 2x.")
        return "So it is."

    assert squared(lambda x: x * x).kind == "right"
    assert squared(lambda x: x.abs()).kind == "wrong"


def test_what_a_learner_reads_can_hold_no_markup():
    html = double(lambda x: {}["<script>"])._repr_html_()
    assert "KeyError" in html and "<script>" not in html


@pytest.mark.parametrize(("value", "number"), [
    (3, 2), ("ab", 2), ({1: 2, 3: 4}, 2), ([1, 2, 3], 2), (np.float32(1), 1), (None, 1)])
def test_what_is_not_so_many_things_is_a_wrong_answer(value, number):
    assert list(parts(np.arange(2), 2, "Two.")) == [0, 1]
    assert parts((torch.ones(3), 4), 2, "Two.")[1] == 4
    with pytest.raises(Wrong, match="So many"):
        parts(value, number, "So many.")


@pytest.mark.parametrize("value", ["1", None, 1j, [1, [2, 3]], [np.nan, 1.0], ["a"], {1: 2},
                                   10 ** 30])
def test_what_is_no_number_is_a_wrong_answer(value):
    assert numbers((v for v in (True, 2)), "Numbers.").tolist() == [1.0, 2.0]
    with pytest.raises(Wrong, match="Numbers"):
        numbers(value, "Numbers.")


@pytest.mark.parametrize("wanted", [np.float64(1), 1.0, np.array("a"), "a", [1, 2], ["a", "b"]])
def test_an_uneven_list_is_a_wrong_answer(wanted):
    expect([np.ones(()), torch.ones(1)], [1, 1], "One and one, in whatever shape.")
    with pytest.raises(Wrong, match="Uneven"):
        expect([1, [2, 3]], wanted, "Uneven.")
