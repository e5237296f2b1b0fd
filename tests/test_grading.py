"""`mlsan grade`: what strangers hand in costs nobody but its author; what was graded stays so."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import zipfile
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
import torch
from hostile_students import HONEST, KINDS
from nbformat.v4 import new_code_cell, new_notebook

from mlsan.grading import gradescope, pipe, sandbox
from mlsan.grading import student as patience
from mlsan.grading.grade import grade
from mlsan.grading.judge import verdicts
from mlsan.grading.student import Student

LEVELS = [level for level in sandbox.LEVELS[:2] if sandbox._works(level)]
TEST = """\
from otter.test_files import test_case
OK_FORMAT = False
name = "{name}"
points = 5

@test_case(points=3, hidden=True)
def test_values({name}):
    import hidden
    hidden.{name}({name})

@test_case(points=2, hidden=True)
def test_unchanged({name}):
    import hidden
    hidden.unchanged({name})
"""
HIDDEN = """\
from mlsan.exercises import array, drawn, expect

def double(answer):
    for rng in drawn(2):
        x = rng.normal(size=4)
        expect(answer(x), 2 * x, "Twice each.")

def half(answer):
    for rng in drawn(2):
        x = rng.normal(size=4)
        expect(answer(x), x / 2, "Half of each.")

def unchanged(answer):
    for rng in drawn(1):
        x = rng.normal(size=4)
        before = x.copy()
        got = array(answer(x), (4,), "Of each.")
        expect(x, before, "It changes what it is given.")
        expect((got == 0).any(), False, "Of each.")
"""


def notebook(*cells, name="tiny"):
    made = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    made.metadata.otter = {"assignment_name": name}
    return made


@pytest.fixture
def autograder(tmp_path):
    """A small assignment's autograder, as a zip and unpacked."""
    files = {"tests/double.py": TEST.format(name="double"), "files/hidden.py": HIDDEN,
             "tests/half.py": TEST.format(name="half"), "student/notes.txt": "for the student"}
    place = tmp_path / "autograder"
    place.mkdir()
    with zipfile.ZipFile(place / "tiny.zip", "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    with zipfile.ZipFile(place / "tiny.zip") as archive:
        archive.extractall(place / "tiny")
    return place


@pytest.fixture
def judged(autograder, tmp_path, monkeypatch):
    """Lost points of (double, half) and all that is said, of cells in a sandbox."""
    monkeypatch.setattr(patience, "CELL", 12)
    monkeypatch.setattr(patience, "CALL", 5)

    def of(*cells, level=LEVELS[0] if LEVELS else "none"):
        with Student(list(cells), 7, level, autograder / "tiny" / "student") as student:
            questions = verdicts(student, autograder / "tiny", 7)
        lost = {one["question"]: one["of"] - one["points"] for one in questions}
        assert "fault" not in [test["verdict"] for one in questions for test in one["tests"]]
        said = " ".join(test["says"] for one in questions for test in one["tests"])
        return (lost["double"], lost["half"]), said

    return of


def running() -> list[str]:
    """The processes of the user that this process grades as."""
    uid, found = 61_000 + os.getpid() % 4_000, []
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            if folder.name.isdigit() and folder.stat().st_uid == uid:
                found.append(os.readlink(folder / "exe"))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kind", KINDS)
def test_whoever_means_harm_harms_himself_alone(kind, level, judged, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    out.chmod(0o755)
    code, lost = KINDS[kind]
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = code.replace("{out}", str(out)).replace("{port}", str(port))
        assert judged(HONEST, code, level=level)[0] == lost
    until = time.monotonic() + 10        # what was killed takes a moment to go
    while running() and time.monotonic() < until:
        time.sleep(0.1)
    assert not running()
    assert list(out.iterdir()) == [] and not Path("/etc/owned").exists()


@pytest.mark.slow
def test_what_a_student_reads_names_the_mistake(judged):
    def said(code):
        return judged(HONEST, code)[1]

    assert "`double` gives nothing back" in said("def double(x):\n    x * 2")
    assert "defines no `double`" in said("del double")
    assert "Twice each." in said("def double(x):\n    return x")
    assert "ZeroDivisionError" in (stopped := said("def double(x):\n    return 1 / 0"))
    assert "return 1 / 0" in stopped
    assert "too long" in said("def double(x):\n    while True: pass")
    assert "isn't begun" in said("def double(x):\n    return ...")
    changes = "def half(x):\n    x /= 2\n    return x"
    assert "changes what it is given" in said(changes)


@pytest.mark.slow
def test_a_program_finds_its_files_and_may_use_what_a_class_uses(judged):
    lost, said = judged(HONEST, "import torch, pandas, mlsan\nassert open('notes.txt').read()\n"
                        "def double(x):\n    return torch.tensor(x, dtype=torch.float32) * 2",
                        "%matplotlib inline\ndef half(x):\n    return pandas.Series(x) / 2")
    assert lost == (0, 0), said


@pytest.mark.parametrize("value", [
    None, True, 3, -2.5, "words", [1, [2.5, "x"], None], (1, (2,)), {"a": {1: [True]}},
    frozenset({1, 2}), ..., np.arange(6.0).reshape(2, 3), np.array(3, np.int8), np.zeros((0, 4)),
    np.array([True, False]), np.float32(1.5), np.asfortranarray(np.eye(3)), [np.arange(3), "x"]],
    ids=repr)
def test_plain_values_come_out_of_the_pipe_as_they_went_in(value):
    message = pipe.encode(value)
    total, tree = pipe.head(message[:16])
    back = pipe.decode((tree, message[16:]))
    assert total == len(message) - 16
    np.testing.assert_equal(back, value.item() if isinstance(value, np.generic) else value)


def test_tensors_stay_tensors_in_the_pipe():
    message = pipe.encode({"x": torch.arange(3)})
    back = pipe.decode((pipe.head(message[:16])[1], message[16:]))
    assert torch.equal(back["x"], torch.arange(3))


@pytest.mark.parametrize("body", [
    b"", b"{", b'{"array": "0"}', b'{"value": 1}', b'{"a": 1, "b": 2}', b"[" * 100_000,
    b'{"dict": [[{"list": []}, 1]]}'])
def test_what_is_no_message_is_refused(body):
    with pytest.raises(pipe.Unreadable):
        pipe.decode((len(body), body))
    with pytest.raises(pipe.Unreadable):
        pipe.head(b"\xff" * 16)


def hand_in(folder, **cells):
    folder.mkdir(exist_ok=True)
    for name, code in cells.items():
        nbformat.write(notebook(HONEST, code), folder / f"{name}.ipynb")


@pytest.mark.slow
@pytest.mark.skipif(not LEVELS, reason="nothing here isolates a submission")
def test_a_grading_that_is_killed_goes_on_where_it_was(autograder, tmp_path):
    folder, out = tmp_path / "handed in", tmp_path / "grades.csv"
    hand_in(folder, ada="", ben="def double(x):\n    return x", cleo="", dan="def half(x): x")
    (folder / "eve.ipynb").write_text("no notebook")
    nbformat.write(notebook(HONEST, name="other"), folder / "finn.ipynb")
    command = [sys.executable, "-m", "mlsan", "grade", str(folder), "--out", str(out),
               "--autograder", str(autograder), "--jobs", "1"]
    log = out.with_suffix(".jsonl")
    for lines in (2, 4):                 # killed as soon as so many are on record
        grader = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        while grader.poll() is None and not (log.exists() and log.read_text().count("\n") >= lines):
            time.sleep(0.05)
        grader.send_signal(signal.SIGKILL)
        grader.wait()
    kept = log.read_text()
    log.write_text(kept + '{"submission": "cut o')
    table = grade(folder, out, autograder, LEVELS[0], 2).set_index("submission")
    assert log.read_text().startswith(kept)
    assert table.points.to_dict() == {"ada.ipynb": 10, "ben.ipynb": 7, "cleo.ipynb": 10,
                                      "dan.ipynb": 5, "eve.ipynb": 0, "finn.ipynb": 0}
    assert "Twice each." in table.feedback["ben.ipynb"]
    assert "other.zip" in table.feedback["finn.ipynb"]
    assert table.feedback["eve.ipynb"].startswith("Not graded: not a notebook")
    assert pd.read_csv(out).equals(pd.read_csv(out).loc[:, table.reset_index().columns])
    assert not list(tmp_path.glob(".grades*"))
    seeds = {line["submission"]: line.get("seed") for line in
             map(json.loads, log.read_text().splitlines()[1:])}
    assert len({seeds[f"{name}.ipynb"] for name in ("ada", "ben", "cleo", "dan")}) == 4


@pytest.mark.slow
@pytest.mark.skipif(not LEVELS, reason="nothing here isolates a submission")
def test_no_file_of_the_class_runs_outside_the_sandbox(autograder, tmp_path, monkeypatch):
    folder = tmp_path / "in"
    hand_in(folder, ada="")
    for name in ("nbformat", "numpy", "json"):
        (folder / f"{name}.py").write_text(f"open({str(tmp_path / 'owned')!r}, 'w')\n")
    monkeypatch.chdir(folder)
    table = grade(Path(), tmp_path / "grades.csv", autograder, LEVELS[0], 1)
    assert table.points.tolist() == [10] and not (tmp_path / "owned").exists()


@pytest.mark.slow
@pytest.mark.skipif(not LEVELS, reason="nothing here isolates a submission")
def test_gradescopes_folders_are_graded(autograder, tmp_path):
    root = tmp_path / "autograder_root"
    (autograder / "tiny").rename(tmp_path / "source")
    root.mkdir()
    (tmp_path / "source").rename(root / "source")
    hand_in(root / "submission", own="def double(x):\n    return x")
    gradescope.main(root)
    result = json.loads((root / "results" / "results.json").read_text())
    assert [(test["name"], test["score"], test["max_score"]) for test in result["tests"]] == [
        ("double", 2, 5), ("half", 5, 5)]
    assert "Twice each." in result["tests"][0]["output"]
    hand_in(root / "submission", second="")
    gradescope.main(root)
    assert json.loads((root / "results" / "results.json").read_text())["score"] == 0


@pytest.mark.slow
def test_a_sandbox_that_gives_no_process_costs_nobody_points(judged, monkeypatch, autograder):
    monkeypatch.setattr(sandbox.Box, "command", lambda box, arguments: ["false"])
    with pytest.raises(patience.NoSandbox, match="no process starts in sandbox"):
        judged(HONEST)


def test_nothing_is_graded_where_nothing_isolates(mlsan, monkeypatch, tmp_path):
    monkeypatch.setattr(sandbox, "best", lambda: "none")
    hand_in(tmp_path / "in", ada="")
    code, _, error = mlsan("grade", tmp_path / "in", "--out", tmp_path / "g.csv")
    assert code == 2 and "--unsafe" in error and "bubblewrap" in error
    assert not (tmp_path / "g.csv").exists()


@pytest.mark.parametrize(("make", "why"), [
    (lambda folder: None, "no such folder"), (lambda folder: folder.mkdir(), "no notebooks")])
def test_a_folder_without_submissions_is_named(make, why, mlsan, monkeypatch, tmp_path):
    monkeypatch.setattr(sandbox, "best", lambda: "bubblewrap")
    make(tmp_path / "in")
    code, _, error = mlsan("grade", tmp_path / "in", "--out", tmp_path / "g.csv")
    assert code == 2 and why in error


def test_the_command_line_needs_no_grader(mlsan, monkeypatch, tmp_path):
    """Without the extra `course`, every other command works, and this one says what it lacks."""
    for name in ("nbformat", "otter", "mlsan.grading.grade"):
        monkeypatch.setitem(sys.modules, name, None)
    for name in ("mlsan.cli", "mlsan.grading.command"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert import_module("mlsan.cli").app
    code, _, error = mlsan("grade", tmp_path, "--out", tmp_path / "g.csv")
    assert code == 2 and "mlsan[course]" in error
