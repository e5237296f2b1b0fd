"""A folder of submissions becomes a table: one row each, kept as soon as it is known.

Beside ``grades.csv`` lies ``grades.jsonl``, the instructor's log: its first line holds the seed
that every submission's own is made from, each other one all that was found out about a submission.
A grading that was stopped, however rudely, goes on from it.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import nbformat
import pandas as pd
from tqdm.auto import tqdm

from mlsan.data.validation import CorpusError
from mlsan.files import write_table, write_text

PATIENCE = 900                 # seconds until a judge that doesn't answer is ended


def grade(folder: Path, out: Path, autograder: Path, level: str, jobs: int) -> pd.DataFrame:
    """Grade every notebook in ``folder`` and below; gives and writes the table.

    ``autograder``: the folder of zips from `make assignments`; a notebook says which is its own.
    Raises ``CorpusError`` for a folder without notebooks or without a zip to grade them by.
    """
    notebooks = sorted(folder.rglob("*.ipynb"))
    notebooks = [path for path in notebooks if ".ipynb_checkpoints" not in path.parts]
    if not notebooks:
        raise CorpusError(f"{folder}: no notebooks (*.ipynb) in it")
    log = out.with_suffix(".jsonl")
    found = _kept(log, level)
    work = out.with_name(f".{out.stem}-work")
    shutil.rmtree(work, ignore_errors=True)              # of a grading that was killed
    work.mkdir(mode=0o700)                               # where submissions run as another user
    try:
        names = {str(path.relative_to(folder)): path for path in notebooks}
        left = {name: _assignment(path) for name, path in names.items()
                if name not in found["submissions"]}
        tests = {kind: _unpacked(autograder, kind, work) for kind in {*left.values()} - {None}}
        with ThreadPoolExecutor(jobs) as pool, log.open("a") as file:
            running = {pool.submit(_judged, names[name], kind, tests, _seed(found["seed"], name),
                                   level): name for name, kind in left.items()}
            for done in tqdm(as_completed(running), desc="grading", unit="submission",
                             total=len(names), initial=len(names) - len(left)):
                verdict = {"submission": running[done]} | done.result()
                found["submissions"][running[done]] = verdict
                file.write(json.dumps(verdict) + "\n")
                file.flush()
                os.fsync(file.fileno())
    finally:
        shutil.rmtree(work, ignore_errors=True)
    table = pd.DataFrame([_row(found["submissions"][name], level) for name in names])
    write_table(out, table)
    return table


def _kept(log: Path, level: str) -> dict:
    """What a log holds; a new one is begun with a seed. A last line that was cut off is dropped."""
    lines = log.read_text().splitlines(keepends=True) if log.exists() else []
    whole = [json.loads(line) for line in lines if line.endswith("\n")]
    if not whole:
        whole = [{"seed": secrets.token_hex(16), "sandbox": level}]
    if whole[0]["sandbox"] != level:
        raise CorpusError(f"{log}: begun with sandbox {whole[0]['sandbox']}, not {level}; go on "
                          "with that one, or grade into another file")
    text = "".join(json.dumps(line) + "\n" for line in whole)
    if text != "".join(lines):
        write_text(log, text)
    return {"seed": whole[0]["seed"],
            "submissions": {line["submission"]: line for line in whole[1:]}}


def _seed(seed: str, name: str) -> int:
    """A submission's own seed: the same whenever it is graded again, unknown to its author."""
    return int.from_bytes(hashlib.sha256(f"{seed} {name}".encode()).digest()[:7], "big")


def _assignment(notebook: Path) -> str | None:
    """Which assignment a notebook says that it is; None where it can't be read or doesn't say."""
    try:
        return nbformat.read(notebook, as_version=4).metadata.otter.assignment_name
    except Exception:                    # a stranger's file: not JSON, not a notebook, not there
        return None


def _unpacked(autograder: Path, kind: str, work: Path) -> Path | None:
    """The unpacked zip of an assignment; None where there is none of that name."""
    if Path(kind).name != kind or not (autograder / f"{kind}.zip").is_file():
        return None
    with zipfile.ZipFile(autograder / f"{kind}.zip") as archive:
        archive.extractall(work / kind)
    return work / kind


def _judged(notebook: Path, kind: str | None, tests: dict[str, Path | None], seed: int,
            level: str) -> dict:
    if kind is None:
        return {"problem": "not a notebook of an assignment: it can't be read, or its name is gone"}
    if tests[kind] is None:
        return {"problem": f"there is no {kind}.zip to grade it by"}
    return {"assignment": kind, "seed": seed} | judged(notebook, tests[kind], seed, level)


def judged(notebook: Path, autograder: Path, seed: int, level: str) -> dict:
    """What a judge of its own says of a notebook: ``questions``, ``cells``; or a ``problem``."""
    job = {"notebook": str(notebook.resolve()), "autograder": str(autograder.resolve()),
           "seed": seed, "level": level}
    # -P: the folder that we stand in may be the class's, with a json.py of somebody's in it.
    command = [sys.executable, "-P", "-m", "mlsan.grading.judge"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, start_new_session=True) as judge:
        try:
            judge.stdin.write(json.dumps(job) + "\n")
            judge.stdin.flush()                  # and left open: the judge ends when it closes
            said = _read(judge)
        finally:
            judge.kill()
    if said is None:
        return {"problem": "the judge gave no verdict: " + judge.stderr.read()[-400:]}
    return said


def _read(judge: subprocess.Popen) -> dict | None:
    with ThreadPoolExecutor(1) as reader:
        line = reader.submit(judge.stdout.readline)
        try:
            return json.loads(line.result(PATIENCE))
        except (TimeoutError, ValueError):
            judge.kill()
            return None


def _row(verdict: dict, level: str) -> dict:
    """A submission's row: points by question, and the feedback in one cell."""
    questions = verdict.get("questions", [])
    row = {"submission": verdict["submission"], "assignment": verdict.get("assignment"),
           "points": sum(question["points"] for question in questions),
           "of": sum(question["of"] for question in questions),
           "seconds": verdict.get("seconds"), "sandbox": level}
    row |= {question["question"]: question["points"] for question in questions}
    return row | {"feedback": feedback(verdict)}


def feedback(verdict: dict) -> str:
    """What a student may read: of each question's lost points, why."""
    if "problem" in verdict:
        return f"Not graded: {verdict['problem']}."
    return "\n".join(f"{question['question']} {question['points']:g}/{question['of']:g}"
                     + "".join(f"\n- {says}" for says in _reasons(question))
                     for question in verdict["questions"])


def _reasons(question: dict) -> list[str]:
    """Each reason once, however many tests it lost."""
    return list(dict.fromkeys(test["says"] for test in question["tests"] if test["says"]))
