"""Builds `dist/` from the master notebooks: `make assignments`.

dist/student/     what a class gets: for each assignment a folder, and under colab/ one notebook
                  that brings its files along
dist/autograder/  a zip for each: for `mlsan grade`, Gradescope and `otter run`
dist/instructor/  solutions, rubrics, and the common mistakes with what they lose
"""

from __future__ import annotations

import ast
import base64
import io
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ADDRESS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]["Repository"]
NAMES = sorted(path.stem for path in HERE.glob("*/*.ipynb") if (path.parent / "hidden.py").exists())
INSTALL = f"""\
try:
    import mlsan
except ModuleNotFoundError:            # in Colab
    %pip install -q "mlsan @ git+{ADDRESS}"
"""
UNPACK = """\
# Puts the assignment's files ({names}) beside this notebook.
import base64, io, zipfile
zipfile.ZipFile(io.BytesIO(base64.b64decode(
{content}))).extractall()
"""
SETUP = f"""\
#!/usr/bin/env bash
set -e
apt-get update
apt-get install -y bubblewrap python3 python3-pip python3-venv git
python3 -m venv /autograder/venv
/autograder/venv/bin/pip install "mlsan[course] @ git+{ADDRESS}"
"""
RUN = """\
#!/usr/bin/env bash
chmod 700 /autograder/source
/autograder/venv/bin/python -P -m mlsan.grading.gradescope /autograder
"""


def main() -> None:
    dist = ROOT / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    for name in NAMES:
        build(HERE / name, dist)
        print(f"{name}: built", flush=True)
    project = HERE / "project"
    for who, names in (("student", ("project.ipynb", "rubric.md")), ("instructor", ("rubric.md",))):
        (dist / who / "project").mkdir(parents=True)
        for name in names:
            shutil.copy(project / name, dist / who / "project")


def build(source: Path, dist: Path) -> None:
    """One assignment; Otter runs the solutions against the tests while it does."""
    name = source.name
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "dist"
        shutil.copytree(source, Path(scratch) / name)
        told = subprocess.run([sys.executable, "-m", "otter", "assign", f"{name}.ipynb", str(made)],
                              cwd=Path(scratch) / name, capture_output=True, text=True)
        if told.returncode:
            sys.exit(f"{name}: otter assign failed:\n{told.stdout[-2000:]}{told.stderr[-4000:]}")
        files = [path for path in sorted((made / "student").iterdir())
                 if path.is_file() and path.suffix != ".ipynb"]
        _student(made / "student" / f"{name}.ipynb", files, dist / "student")
        _autograder(next((made / "autograder").glob("*.zip")), files,
                    dist / "autograder" / f"{name}.zip")
        _instructor(source, made / "autograder" / f"{name}.ipynb", dist / "instructor" / name)


def _student(notebook: Path, files: list[Path], place: Path) -> None:
    name = notebook.stem
    (place / name).mkdir(parents=True)
    (place / "colab").mkdir(exist_ok=True)
    for path in files:
        shutil.copy(path, place / name)
    handed = _installing(notebook)
    nbformat.write(handed, place / name / notebook.name)
    unpack = new_code_cell(_unpacking(files), id="files", metadata={"tags": ["otter_ignore"]})
    handed.cells.insert(2, unpack)
    nbformat.write(handed, place / "colab" / notebook.name)


def _installing(path: Path) -> nbformat.NotebookNode:
    """A notebook whose first code cell installs the package where it is missing."""
    notebook = nbformat.read(path, as_version=4)
    install = new_code_cell(INSTALL.rstrip(), id="install", metadata={"tags": ["otter_ignore"]})
    notebook.cells.insert(1, install)
    return notebook


def _unpacking(files: list[Path]) -> str:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.writestr(zipfile.ZipInfo(path.name), path.read_bytes(), zipfile.ZIP_DEFLATED)
    text = base64.b64encode(packed.getvalue()).decode()
    content = "\n".join(f'    "{text[i:i + 88]}"' for i in range(0, len(text), 88))
    names = ", ".join(path.name for path in files)
    return UNPACK.format(names=names, content=content).rstrip()


def _autograder(made: Path, files: list[Path], place: Path) -> None:
    """Otter's zip, run by our own runner; in student/ what a student's program may see."""
    place.parent.mkdir(parents=True, exist_ok=True)
    own = {"setup.sh": SETUP, "run_autograder": RUN}
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename not in own:
                new.writestr(entry.filename, old.read(entry))
        for name, text in own.items():
            new.writestr(name, text)
        for path in files:
            new.write(path, f"student/{path.name}")


def _instructor(source: Path, solved: Path, place: Path) -> None:
    place.mkdir(parents=True)
    nbformat.write(_installing(solved), place / f"{source.name}-solved.ipynb")
    shutil.copy(source / "rubric.md", place)
    lines = [f"# Common mistakes in {source.name}", ""]
    for path in sorted((source / "wrong").glob("*.py")):
        about = mistake(path)
        lost = ", ".join(f"{points} of {question}" for question, points in about["LOSES"].items())
        lines += [f"**{path.stem.replace('_', ' ')}**: {about['belief']} Loses {lost}; "
                  f"the feedback says: “{about['SAYS']}”.", ""]
    (place / "mistakes.md").write_text("\n".join(lines))


def mistake(path: Path) -> dict:
    """What a file in wrong/ says of itself: ``belief``, ``LOSES`` and ``SAYS``."""
    tree = ast.parse(path.read_text())
    said = {node.targets[0].id: ast.literal_eval(node.value) for node in tree.body
            if isinstance(node, ast.Assign) and node.targets[0].id in ("LOSES", "SAYS")}
    return said | {"belief": " ".join(ast.get_docstring(tree).split())}


if __name__ == "__main__":
    main()
