"""What the notebooks define, taken from their cells without running them; flips of marked signs."""

from __future__ import annotations

import ast
import copy
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType

import nbformat

BOOK = Path(__file__).parents[1] / "book"
NOTEBOOKS = {path.stem: path for path in sorted(BOOK.glob("*.ipynb"))}


@dataclass(frozen=True)
class Answers:
    """Of one exercise: right answers, written otherwise than the notebook's own, and wrong ones.

    At least six wrong ones, what people really write, and four right ones: in place and not, in the
    types of Python, NumPy and PyTorch. An answer is what the check takes; a tuple where it takes
    several things.
    """

    right: list = field(default_factory=list)
    wrong: list = field(default_factory=list)


@dataclass(frozen=True)
class Equation:
    """``cell``: what the notebook's cell defines; ``package``: module:name of its twin.

    ``holds(thing)`` asserts that either does what the equation says, against sums written out by
    hand.
    """

    cell: str
    package: str
    holds: Callable


@cache
def cells(stem: str, kind: str) -> list[str]:
    notebook = nbformat.read(NOTEBOOKS[stem], as_version=4)
    return [cell.source for cell in notebook.cells if cell.cell_type == kind]


def chapter(stem: str):
    """tests/chapters/<stem>.py: the chapter's ``ANSWERS`` and ``EQUATIONS``."""
    return importlib.import_module(f"chapters.{stem.replace('-', '_')}")


def _is_definition(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        computed = ast.Call | ast.Name | ast.Attribute
        return not any(isinstance(part, computed) for part in ast.walk(node.value))
    return isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef)


def cell_source(stem: str) -> str:
    """All code of a notebook but the install cell and magics."""
    kept = [source for source in cells(stem, "code")
            if not source.startswith("try:\n    import mlsan")]
    return "\n".join(re.sub(r"^\s*[%!].*$", "", source, flags=re.M) for source in kept)


def definitions(source: str, name: str = "__main__") -> dict:
    """Run the imports, functions, classes and constants of a source; nothing that computes.

    ``name`` is a module that exists: dataclasses look theirs up.
    """
    tree = ast.parse(source)
    tree.body = [node for node in tree.body if _is_definition(node)]
    sys.modules[name] = module = ModuleType(name)      # where a dataclass looks up its annotations
    exec(compile(tree, name, "exec"), vars(module))
    return vars(module)


def package_source(where: str) -> str:
    """The source of the module in module:name."""
    return inspect.getsource(importlib.import_module(where.split(":")[0]))


FLIPS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.USub: ast.UAdd,
         ast.Mult: ast.Div, ast.Div: ast.Mult}


def _signs(tree: ast.Module, name: str, lines: set[int]) -> list[ast.BinOp | ast.UnaryOp]:
    """The operations that have a flip, on one of ``lines``, within ``name``'s definition."""
    home = next(node for node in tree.body if getattr(node, "name", None) == name)
    return [node for node in ast.walk(home)
            if isinstance(node, ast.BinOp | ast.UnaryOp) and type(node.op) in FLIPS
            and lines & set(range(node.lineno, node.end_lineno + 1))]


def flipped(source: str, equation: str, name: str) -> Iterator[tuple[str, dict]]:
    """Every way to flip one sign in a line marked ``# Eq. <equation>`` of ``name``'s definition.

    Yields what was flipped and the names that the source then defines. A product without a sum has
    no sign: there, times and divided-by change places.
    """
    marked = re.compile(rf"# Eq\. {equation}\b")
    lines = {i for i, line in enumerate(source.split("\n"), 1) if marked.search(line)}
    tree = ast.parse(source)
    found = _signs(tree, name, lines)
    sums = [i for i, node in enumerate(found) if isinstance(node.op, ast.Add | ast.Sub | ast.USub)]
    for i in sums or range(len(found)):
        changed = copy.deepcopy(tree)
        node = _signs(changed, name, lines)[i]
        node.op = FLIPS[type(node.op)]()
        yield ast.unparse(node), definitions(ast.unparse(changed))


def solutions(stem: str) -> dict[str, str]:
    """exercise -> the code of its hidden solution; its last line calls the exercise's check."""
    hidden = re.compile(r"<details>.*?```python\n(.*?)```.*?</details>", re.S)
    blocks = hidden.findall("\n".join(cells(stem, "markdown")))
    return {re.findall(r"\bcheck\.(\w+)\(", block)[-1]: block for block in blocks}
