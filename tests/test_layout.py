"""The house: folders import one way, in few floors, and no file is long."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "mlsan"
FLOORS, LINES = 8, 350


def room_of(path: Path) -> str:
    """The folder a module is in; a file that lies in the package itself is a room of its own."""
    place = path.relative_to(PACKAGE)
    return str(place.parent) if len(place.parts) > 1 else place.stem


@cache
def imported(path: Path) -> set[Path]:
    """The package's modules that a module imports, inside functions and for types alone too."""
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return {found for name in names if name.startswith("mlsan.") and (found := module_of(name))}


def module_of(name: str) -> Path | None:
    """The file of a dotted name, which may end in something that the file defines."""
    parts = name.split(".")[1:]
    for end in (len(parts), len(parts) - 1):
        stem = PACKAGE.joinpath(*parts[:end])
        for path in (stem.with_suffix(".py"), stem / "__init__.py"):
            if end and path.is_file():
                return path
    return None


def rooms() -> dict[str, set[str]]:
    """room -> the rooms it imports from. The package's face imports all, and is none."""
    graph = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if path != PACKAGE / "__init__.py":
            below = {room_of(other) for other in imported(path)}
            graph.setdefault(room_of(path), set()).update(below - {room_of(path)})
    return graph


def floors(graph: dict[str, set[str]]) -> dict[str, int]:
    """room -> its floor, one above the highest that it imports from; a circle is a CycleError."""
    floor = {}
    for room in TopologicalSorter(graph).static_order():
        floor[room] = 1 + max((floor[below] for below in graph[room]), default=0)
    return floor


def test_folders_import_one_way_in_few_floors():
    graph = rooms()
    floor = floors(graph)
    for level in range(max(floor.values()), 0, -1):
        print(f"floor {level}")
        for room in sorted(room for room in floor if floor[room] == level):
            print(f"    {room}  <-  {', '.join(sorted(graph[room])) or 'nothing'}")
    print(f"{len(graph)} rooms, {sum(map(len, graph.values()))} arrows")
    assert max(floor.values()) <= FLOORS


def test_modules_go_in_no_circle():
    floors({str(path): set(map(str, imported(path) - {path})) for path in PACKAGE.rglob("*.py")})


def test_a_circle_would_be_seen():
    with pytest.raises(CycleError):
        floors({"data": {"sources"}, "sources": {"model"}, "model": {"data"}})


def test_where_data_come_from_knows_no_model():
    below, todo = set(), ["sources", "sources/feature_files", "data"]
    graph = rooms()
    while todo:
        todo += graph[room := todo.pop()] - below
        below.add(room)
    assert below <= {"data", "sources", "sources/feature_files", "files"}


def test_no_file_is_long():
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard",
                             "*.py", "*.js", "*.css"], cwd=ROOT, check=True, capture_output=True,
                            text=True).stdout.split()
    length = {name: len((ROOT / name).read_text().splitlines()) for name in listed
              if (ROOT / name).exists()}
    assert len(length) > 100 and {n: size for n, size in length.items() if size > LINES} == {}
