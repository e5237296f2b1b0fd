"""Judges one submission: the hidden tests, asked of a process that answers with plain values.

    python -m mlsan.grading.judge < job.json       # prints the verdicts, as JSON

A job names the notebook, the assignment's unpacked autograder, a seed and the sandbox. The judge
ends when its standard input does, so that no judge outlives who started it.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
import threading
import time
from itertools import count
from pathlib import Path

import nbformat
import numpy as np
import torch

from mlsan.exercises import Wrong, answers
from mlsan.grading.student import Ended, NoSandbox, Stopped, Student, TimedOut

IGNORED = "otter_ignore"       # Otter's own tag: a cell that grading leaves out


def main() -> None:
    job = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with, args=(sys.stdin,), daemon=True).start()
    print(json.dumps(judge(**job)), flush=True)


def _end_with(stream) -> None:
    stream.read()
    os._exit(1)


def judge(notebook: str, autograder: str, seed: int, level: str) -> dict:
    """Verdicts on a notebook: ``questions`` with points and tests, ``cells`` that failed."""
    started = time.monotonic()
    folder = Path(autograder)
    torch.set_num_threads(1)
    with Student(code_of(Path(notebook)), seed, level, folder / "student") as student:
        return {"questions": verdicts(student, folder, seed), "cells": student.failed_cells,
                "seconds": round(time.monotonic() - started, 1)}


def code_of(notebook: Path) -> list[str]:
    """A notebook's cells as they are graded."""
    return [cell.source for cell in nbformat.read(notebook, as_version=4).cells
            if cell.cell_type == "code" and IGNORED not in cell.metadata.get("tags", [])]


def verdicts(student: Student, autograder: Path, seed: int, only: str = "*") -> list[dict]:
    """Every question's points and tests; ``only`` those whose names fit."""
    if (files := str(autograder / "files")) not in sys.path:
        sys.path.insert(0, files)                        # hidden.py lies there
    tests = sorted((autograder / "tests").glob(f"{only}.py"))
    return [_judged(path, student, seed) for path in tests]


def _judged(path: Path, student: Student, seed: int) -> dict:
    """One question: its tests in turn, until one of them hangs."""
    from otter.test_files import ExceptionTestFile  # only who grades needs Otter

    tests, hung = [], ""
    for case in ExceptionTestFile.from_file(str(path)).test_cases:
        verdict, says = ("hung", hung) if hung else _verdict(case.body.test_func, student, seed)
        hung = says if verdict == "hung" else ""
        tests.append({"test": case.name, "points": case.points if verdict == "right" else 0,
                      "of": case.points, "verdict": verdict, "says": says})
    if any(test["verdict"] in ("stopped", "hung") for test in tests):
        student.end()              # what stopped may have left something behind: start anew
    return {"question": path.stem, "points": sum(test["points"] for test in tests),
            "of": sum(test["of"] for test in tests), "tests": tests}


def _verdict(test, student: Student, seed: int) -> tuple[str, str]:
    seeds = count(seed)
    answers.fresh_seed = lambda: next(seeds)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
    try:
        test(**{name: student.asked(name) for name in inspect.signature(test).parameters})
    except Wrong as hint:
        return "wrong", str(hint)
    except (Stopped, Ended) as reason:
        return "stopped", str(reason)
    except TimedOut as reason:
        return "hung", str(reason)
    except NoSandbox:                    # no fault of the student's: there is no verdict
        raise
    except Exception as error:           # the instructor has to see it; the student is told so
        return "fault", f"The test itself failed, with {type(error).__name__}: {error}"
    return "right", ""


if __name__ == "__main__":
    main()
