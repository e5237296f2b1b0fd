"""The assignments as the tests need them: built once, and solved, half solved or wrongly."""

from __future__ import annotations

import ast
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell

ASSIGNMENTS = Path(__file__).parents[1] / "book" / "assignments"
sys.path.insert(0, str(ASSIGNMENTS))

from build import NAMES, build, mistake  # noqa: E402 (it lies beside the assignments)

__all__ = ["ASSIGNMENTS", "NAMES", "Built", "built", "mistake", "variants"]


@dataclass(frozen=True)
class Built:
    """One assignment's part of `dist/`, and its autograder unpacked."""

    name: str
    dist: Path

    @property
    def student(self) -> Path:
        return self.dist / "student" / self.name

    @property
    def autograder(self) -> Path:
        return self.dist / "unpacked" / self.name

    @property
    def solved(self) -> nbformat.NotebookNode:
        """The notebook with every solution in its place, as a student would hand it in."""
        path = self.dist / "instructor" / self.name / f"{self.name}-solved.ipynb"
        return nbformat.read(path, as_version=4)

    def with_variant(self, path: Path) -> nbformat.NotebookNode:
        """The solved notebook with a variant's definitions after those that they replace."""
        notebook, source = self.solved, path.read_text()
        place = max(i for i, cell in enumerate(notebook.cells)
                    if defines(cell, self._first(notebook, source)))
        notebook.cells.insert(place + 1, new_code_cell(source, id="variant"))
        return notebook

    def question_of(self, path: Path) -> str:
        """Which question a variant answers: the one whose name its first definition bears; "*"
        where no question is called so."""
        name = self._first(self.solved, path.read_text()).lower()
        return name if (self.autograder / "tests" / f"{name}.py").exists() else "*"

    @staticmethod
    def _first(notebook: nbformat.NotebookNode, source: str) -> str:
        """The first of a variant's names that the notebook defines as well."""
        return next(node.name for node in ast.parse(source).body
                    if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_"
                    and any(defines(cell, node.name) for cell in notebook.cells))


def defines(cell, name: str) -> bool:
    return cell.cell_type == "code" and any(
        line.startswith((f"def {name}(", f"class {name}(", f"class {name}:"))
        for line in cell.source.split("\n"))


def built(name: str, dist: Path) -> Built:
    """Build an assignment into a folder."""
    build(ASSIGNMENTS / name, dist)
    made = Built(name, dist)
    with zipfile.ZipFile(dist / "autograder" / f"{name}.zip") as archive:
        archive.extractall(made.autograder)
    return made


def variants(name: str, kind: str) -> list[Path]:
    """The files of right/ or wrong/."""
    return sorted((ASSIGNMENTS / name / kind).glob("*.py"))
