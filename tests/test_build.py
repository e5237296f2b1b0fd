"""A small book, built with this book's settings: what runs again, and what fails the build."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
VENDORED = ROOT / "book" / "vendor" / "files"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not VENDORED.exists(), reason="no vendored scripts: `make book`")]

COUNT = """from pathlib import Path
count = Path("count.txt")
count.write_text(str(int(count.read_text()) + 1))"""


@pytest.fixture
def book(tmp_path):
    for name in ("_config.yml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("_extensions", "execute.py", "images", "vendor/files", "references.bib"):
        source, target = ROOT / "book" / name, tmp_path / "book" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    (tmp_path / "mlsan").mkdir()
    (tmp_path / "book" / "count.txt").write_text("0")
    (tmp_path / "book" / "intro.md").write_text("# A small book\n")
    contents = "format: jb-book\nroot: book/intro\nchapters:\n  - file: book/page\n"
    (tmp_path / "_toc.yml").write_text(contents)
    return tmp_path


def build(book, *cells) -> int:
    """Build the book with these cells; how often its notebook has run in all, -1 for a failure."""
    heading = nbformat.v4.new_markdown_cell("# Page", id="heading")
    code = [nbformat.v4.new_code_cell(cell, id=f"c{i}") for i, cell in enumerate(cells)]
    page = nbformat.v4.new_notebook(cells=[heading, *code])
    page.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(page, book / "book" / "page.ipynb")
    jupyter_book = Path(sys.executable).with_name("jupyter-book")
    for command in ([sys.executable, "book/execute.py"],
                    [jupyter_book, "build", "--all", "-W", "--keep-going", "."]):
        if subprocess.run(command, cwd=book, capture_output=True).returncode:
            return -1
    return int((book / "book" / "count.txt").read_text())


def test_a_notebook_runs_again_when_the_package_changed_and_not_otherwise(book):
    assert build(book, COUNT) == 1
    assert build(book, COUNT) == 1
    (book / "mlsan" / "model.py").write_text("layers = 2\n")
    assert build(book, COUNT) == 2


def test_a_failing_cell_fails_every_build(book):
    assert build(book, COUNT, "1 / 0") == -1
    assert build(book, COUNT, "1 / 0") == -1
    assert (book / "book" / "count.txt").read_text() == "2"
