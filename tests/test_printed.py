"""The judge of the notebooks' outputs is judged: what is off by too much fails, by less passes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from printed import TOLERANCE, alike

ROOT = Path(__file__).parents[1]

TABLE = """
        F1   people
raw  0.155       24
"""


@pytest.mark.parametrize("got, stored", [
    ("0.160", "0.155"), (".160", ".155"), ("F1 0.155.", "F1 0.159."), ("1.2e-05", "-0.003"),
    ("+.0031 [-.001, +.005]", "-.0001 [-.003, +.001]"), ("[ 0.001  0.5]", "[-0.001  0.498]"),
    ("[1.    0.998]", "[0.999 1.   ]"), ("−0.002", "0.002"), ("6.1%", "6.5%"), ("6.1 %", "5.6 %"),
    ("<td>0.155</td>", "<td>0.16</td>"), ("inf nan", "inf nan"),
    ("        F1   people\nraw  -0.001       24\n-----------\n",
     "       F1  people\nraw  0.001      24\n----------\n")])
def test_what_another_processor_prints_passes(got, stored):
    assert alike(got, stored)
    assert alike(stored, got)


@pytest.mark.parametrize("got, stored", [
    ("F1 0.155", "F2 0.155"), ("F1 0.155", "f1 0.155"), ("of 24", "of 25"), ("24", "24.0"),
    ("1e-12", "1e-06"), ("2.13.0", "2.13.1"), ("2.13.0", "2.14.0"), ("v1.001", "v1.002"),
    ("0.155", "0.155, 0.155"), ("0.5 0.6", "0.6 0.5"), ("0.5\n0.6", "0.5 0.6"), ("0.5", "0.5%"),
    ("6.1%", "6.7%"), ("62%", "63%"), ("0.155", "nan"), ("best: a 0.5", "best: b 0.5"),
    ("ab", "a b"), ("(0.5)", "[0.5]"), ("0.5 - 0.1", "0.5 + 0.1"), ("", "0.5")])
def test_anything_else_fails(got, stored):
    assert not alike(got, stored)
    assert not alike(stored, got)


@pytest.mark.parametrize("tolerance", [TOLERANCE, .02])
def test_a_number_may_move_by_its_tolerance_but_not_by_twice(tolerance):
    for sign in (-1, 1):
        near, far = (TABLE.replace("0.155", f"{.155 + sign * times * tolerance:.3f}")
                     for times in (1, 2))
        assert near != TABLE
        assert alike(near, TABLE, tolerance)
        assert not alike(far, TABLE, tolerance)


def test_without_tolerance_the_last_blank_counts():
    assert alike(TABLE, TABLE, 0)
    assert not alike(TABLE.replace("0.155", "0.156"), TABLE, 0)
    assert not alike(TABLE.replace("  0.155", " 0.155"), TABLE, 0)


# Through nbval


def judged(folder: Path, *cells: tuple[str, str, dict]) -> dict[str, str]:
    """pytest's verdicts, by cell, on a notebook of cells (source, stored output, metadata)."""
    notebook = nbformat.v4.new_notebook(cells=[
        nbformat.v4.new_code_cell(
            source, execution_count=1, metadata={"tags": ["nbval-check-output"]} | metadata,
            outputs=[nbformat.v4.new_output("stream", name="stdout", text=stored)])
        for source, stored, metadata in cells])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "page.ipynb")
    (folder / "conftest.py").write_text((ROOT / "book" / "conftest.py").read_text())
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-o", f"pythonpath={ROOT / 'tests'}",
         f"--rootdir={folder}", "page.ipynb"], cwd=folder, capture_output=True, text=True)
    return dict(re.findall(r"::((?:again, )?Cell \d+) (PASSED|FAILED)", run.stdout))


def test_nbval_judges_by_the_cells_tolerance_and_both_times(tmp_path):
    verdicts = judged(
        tmp_path,
        ("n = globals().get('n', 0) + 1\nprint('F1 0.155')", "F1 0.151\n", {}),
        ("print('F1 0.155')", "F1 0.165\n", {}),
        ("print('F1 0.155')", "F2 0.155\n", {}),
        ("print('F1 0.155')", "F1 0.165\n", {"tolerance": .02}),
        ("print('F1 0.155')", "F1 0.154\n", {"tolerance": 0}),
        ("print('pass', n)", "pass 1\n", {}))
    once, again = ([verdicts[f"{time}Cell {i}"] for i in range(6)] for time in ("", "again, "))
    assert once == ["PASSED", "FAILED", "FAILED", "PASSED", "FAILED", "PASSED"]
    assert again == [*once[:-1], "FAILED"]
