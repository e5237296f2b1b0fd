"""Readers run cells again: every notebook runs from top to bottom twice in one kernel."""

from __future__ import annotations

import copy

import nbformat
import pytest
from book_code import NOTEBOOKS
from nbclient import NotebookClient


@pytest.mark.slow
@pytest.mark.parametrize("stem", NOTEBOOKS)
def test_runs_twice_in_the_same_kernel(stem):
    notebook = nbformat.read(NOTEBOOKS[stem], as_version=4)
    again = copy.deepcopy(notebook.cells)
    for cell in again:
        cell.id = f"again-{cell.id}"
    once = len(notebook.cells)
    notebook.cells += again
    NotebookClient(notebook, timeout=900, coalesce_streams=True,      # a slow print comes in pieces
                   resources={"metadata": {"path": NOTEBOOKS[stem].parent}}).execute()
    for first, second in zip(notebook.cells[:once], notebook.cells[once:], strict=True):
        if "nbval-check-output" in first.metadata.get("tags", []):
            texts = [[output.get("text") or output.get("data", {}).get("text/plain") for output in cell.outputs]
                     for cell in (first, second)]
            assert texts[0] == texts[1], f"another output the second time:\n{first.source}"
