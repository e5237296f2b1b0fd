"""Each autocheck takes right answers, however they are written, and no plausible wrong one."""

from __future__ import annotations

import importlib
import inspect
import re

import pytest
from book_code import NOTEBOOKS, cell_source, cells, chapter, definitions, solutions

from mlsan.exercises import Wrong, exercise, expect


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


@pytest.mark.parametrize(("stem", "name"), CASES)
def test_right_answers_are_accepted_and_wrong_ones_refused(stem, name):
    answers = chapter(stem).ANSWERS[name]
    assert len(answers.right) >= 1 and len(answers.wrong) >= 2

    def verdict_on(answer):
        check = getattr(check_module(stem), name)
        return check(*answer) if isinstance(answer, tuple) else check(answer)

    for answer in answers.right:
        verdict = verdict_on(answer)
        assert verdict.right, f"a right answer: {verdict}"
    for i, answer in enumerate(answers.wrong):
        verdict = verdict_on(answer)
        assert verdict.right is False and len(verdict.why) > 20, f"wrong answer {i}: {verdict}"
        assert not verdict.why.startswith("Your code stopped"), "a plausible wrong answer runs"


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


def test_an_answer_that_fails_or_is_missing_gets_a_verdict():
    @exercise
    def double(answer):
        expect(answer(3), 6, "Twice 3 is 6, and it has no sign to change.")
        return "Twice as much."

    assert double(lambda x: 2 * x).right is True
    assert double(lambda x: None).right is None
    for wrong, why in ((lambda x: x / 0, "ZeroDivisionError"), (lambda x: [6], "shape"), (7, "")):
        assert double(wrong).right is False and why in double(wrong).why
    assert "&lt;lambda&gt;() missing" in double(lambda x, y: x)._repr_html_()
    assert "No answer yet" in repr(double(...)) and "Right" in repr(double(lambda x: x + x))
    with pytest.raises(Wrong):
        expect("joy", "fear", "It is another one.")
