"""`pytest book` runs the notebooks, twice each, and compares what they print: tests/printed.py."""

from pathlib import Path

from printed import Notebook

BOOK = Path(__file__).parent


def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".ipynb" and file_path.parent == BOOK:      # an assignment is no chapter
        return Notebook.from_parent(parent, path=file_path)
