"""The assignments: what a class gets runs and tells nothing, and grades are fair."""

from __future__ import annotations

import shutil
import sys
from collections import Counter

import nbformat
import pytest
from course import ASSIGNMENTS, NAMES, built, mistake, variants
from nbclient import NotebookClient

from mlsan.grading import sandbox
from mlsan.grading.judge import code_of, verdicts
from mlsan.grading.student import Student

SEEDS = range(5)
pytestmark = [pytest.mark.slow, pytest.mark.course]


def cases():
    """Every variant; of an assignment's, four right and eight wrong ones aren't marked `whole`."""
    for name in NAMES:
        first = sorted(variants(name, "wrong"), key=turn(name))[:8] + variants(name, "right")[:4]
        for kind in ("right", "wrong"):
            for path in variants(name, kind):
                yield pytest.param(name, kind, path, id=f"{name}-{kind}-{path.stem}",
                                   marks=[] if path in first else pytest.mark.whole)


def turn(name):
    """An order that takes a wrong variant of each question in turn."""
    seen = Counter()
    order = {}
    for path in variants(name, "wrong"):
        question = min(mistake(path)["LOSES"])
        order[path] = (seen[question], question)
        seen[question] += 1
    return order.get


@pytest.fixture(scope="session")
def assignment(tmp_path_factory):
    """An assignment by name, built when first asked for."""
    made = {}

    def by_name(name):
        if name not in made:
            made[name] = built(name, tmp_path_factory.mktemp(name))
        return made[name]

    return by_name


@pytest.fixture(autouse=True)
def own_modules(monkeypatch):
    """Every assignment calls its tests' module `hidden`: none is left for the next one."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("hidden"):
            del sys.modules[name]


def graded(notebook, made, tmp_path, own):
    """{seed: (points lost by question, all that is said)}; beyond the first, of ``own`` alone."""
    path = tmp_path / "handed-in.ipynb"
    nbformat.write(notebook, path)
    with Student(code_of(path), 0, sandbox.best(), made.autograder / "student") as student:
        every = {seed: verdicts(student, made.autograder, seed, own if seed else "*")
                 for seed in SEEDS}
        assert not student.failed_cells
    tests = [test for questions in every.values() for one in questions for test in one["tests"]]
    assert not [test for test in tests if test["verdict"] == "fault"]
    return {seed: ({one["question"]: one["of"] - one["points"] for one in questions
                    if one["of"] > one["points"]},
                   " ".join(test["says"] for one in questions for test in one["tests"]))
            for seed, questions in every.items()}


def ran(notebook, folder):
    """The text that each check cell showed, the notebook run in ``folder``."""
    NotebookClient(notebook, timeout=600, kernel_name="python3",
                   resources={"metadata": {"path": str(folder)}}).execute()
    return [output.data.get("text/plain", "") for cell in notebook.cells
            if cell.cell_type == "code" and "check." in cell.source
            for output in cell.outputs if output.output_type == "execute_result"]


def test_there_are_four_assignments_with_enough_variants():
    assert NAMES == ["batches", "calibration", "gates", "real"]
    for name in NAMES:
        assert len(variants(name, "wrong")) >= 8 and len(variants(name, "right")) >= 4


@pytest.mark.parametrize(("name", "kind", "path"), list(cases()))
def test_right_solutions_get_full_marks_and_wrong_ones_lose_the_right_points(
        name, kind, path, assignment, tmp_path):
    made = assignment(name)
    expected = mistake(path) if kind == "wrong" else {"LOSES": {}, "SAYS": ""}
    # Where a mistake costs points in two questions, both are its own.
    own = "*" if len(expected["LOSES"]) > 1 else made.question_of(path)
    for seed, (lost, said) in graded(made.with_variant(path), made, tmp_path, own).items():
        assert lost == expected["LOSES"], f"seed {seed}: {said}"
        assert expected["SAYS"] in said, f"seed {seed}: {said}"


@pytest.mark.parametrize("name", NAMES)
def test_seventy_points_are_automatic_and_thirty_written(name, assignment, tmp_path):
    made = assignment(name)
    path = tmp_path / "solved.ipynb"
    nbformat.write(made.solved, path)
    with Student(code_of(path), 1, sandbox.best(), made.autograder / "student") as student:
        questions = verdicts(student, made.autograder, 1)
    assert sum(one["points"] for one in questions) == sum(one["of"] for one in questions) == 70
    master = nbformat.read(ASSIGNMENTS / name / f"{name}.ipynb", as_version=4)
    written = [cell.source for cell in master.cells
               if cell.cell_type == "raw" and "manual: true" in cell.source]
    points = [int(line.split(":")[1]) for cell in written for line in cell.split("\n")
              if line.startswith("points:")]
    assert sum(points) == 30 and len(points) >= 2


@pytest.mark.parametrize("name", NAMES)
def test_a_students_folder_tells_no_solution(name, assignment):
    made = assignment(name)
    master = nbformat.read(ASSIGNMENTS / name / f"{name}.ipynb", as_version=4)
    handed = "\n".join(path.read_text() for path in sorted(made.student.rglob("*"))
                       if path.suffix in (".ipynb", ".py", ".md"))
    handed += "\n".join(cell.source for cell in nbformat.read(
        made.student / f"{name}.ipynb", as_version=4).cells)
    secret = solution_lines(master) + [
        line.strip() for path in ASSIGNMENTS.glob(f"{name}/hidden*.py")
        for line in path.read_text().split("\n")]
    told = {line for line in secret if len(line) > 30 and line in handed
            and not line.startswith(("def ", "class "))} - shared_lines()      # stubs have these
    assert not told
    assert not list(made.student.glob("hidden*")) and not list(made.student.glob("**/tests"))


def solution_lines(master) -> list[str]:
    """The lines of every solution, code and prose."""
    lines, inside, cells = [], False, False
    for cell in master.cells:
        if cell.cell_type == "raw":
            cells = "BEGIN SOLUTION" in cell.source or cells and "END SOLUTION" not in cell.source
        elif cells and cell.cell_type == "markdown":
            lines += cell.source.split("\n")
        elif cells:
            for line in cell.source.split("\n"):
                inside = "BEGIN SOLUTION" in line or inside and "END SOLUTION" not in line
                lines += [line] if inside and "BEGIN SOLUTION" not in line else []
    return [line.strip() for line in lines]


def shared_lines() -> set[str]:
    """The imports of the self-checks, which hidden tests may need as well."""
    return {line.strip() for path in ASSIGNMENTS.glob("*/checks.py")
            for line in path.read_text().split("\n") if line.startswith(("from ", "import "))}


@pytest.mark.parametrize("name", NAMES)
def test_a_students_copy_runs_to_its_end_and_its_checks_fail_kindly(name, assignment, tmp_path):
    folder = shutil.copytree(assignment(name).student, tmp_path / "own")
    said = ran(nbformat.read(folder / f"{name}.ipynb", as_version=4), folder)
    assert len(said) >= 4 and all(one.startswith("Not begun.") for one in said), said


@pytest.mark.parametrize("name", NAMES)
def test_a_solved_copy_runs_and_its_checks_pass(name, assignment, tmp_path):
    made = assignment(name)
    folder = shutil.copytree(made.student, tmp_path / "own")
    said = ran(made.solved, folder)
    assert len(said) >= 4 and all(one.startswith("Right.") for one in said), said


@pytest.mark.parametrize("name", NAMES)
def test_the_colab_notebook_brings_its_files(name, assignment, tmp_path):
    handed = assignment(name).dist / "student" / "colab" / f"{name}.ipynb"
    said = ran(nbformat.read(handed, as_version=4), tmp_path)
    assert len(said) >= 4 and all(one.startswith("Not begun.") for one in said), said


@pytest.mark.whole
def test_the_projects_template_runs_as_it_is(tmp_path):
    path = tmp_path / "project.ipynb"
    shutil.copy(ASSIGNMENTS / "project" / "project.ipynb", path)
    NotebookClient(nbformat.read(path, as_version=4), timeout=600, kernel_name="python3",
                   resources={"metadata": {"path": str(tmp_path)}}).execute()
