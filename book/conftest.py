"""`pytest book` runs the notebooks, twice each, and compares what they print: tests/printed.py."""

from printed import Notebook


def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".ipynb":
        return Notebook.from_parent(parent, path=file_path)
