"""Prints what every check says to every answer in tests/chapters: run it by hand."""

from __future__ import annotations

import inspect

from book_code import NOTEBOOKS, chapter
from test_exercises import check_module, exercises


def main() -> None:
    accepted = refused = 0
    for stem in NOTEBOOKS:
        for name in exercises(stem):
            answers = chapter(stem).ANSWERS[name]
            for right, given in ((True, answers.right), (False, answers.wrong)):
                check = getattr(check_module(stem), name)
                takes = len(inspect.signature(inspect.unwrap(check)).parameters)
                verdicts = [check(*answer) if takes > 1 else check(answer) for answer in given]
                kinds = [verdict.kind for verdict in verdicts]
                print(f"{stem:28} {name:18} {'right' if right else 'wrong'}  {', '.join(kinds)}")
                accepted += sum(verdict.right is True for verdict in verdicts) if not right else 0
                refused += sum(verdict.right is not True for verdict in verdicts) if right else 0
    print(f"{accepted} wrong answers accepted, {refused} right answers refused")


if __name__ == "__main__":
    main()
