"""The notebooks as `make book` ran them print what is stored; `make other` runs them once more."""

from __future__ import annotations

import pytest
from book_code import NOTEBOOKS
from execute import executed
from printed import Notebook


@pytest.mark.slow
@pytest.mark.parametrize("stem", NOTEBOOKS)
def test_prints_what_is_stored(stem, request):
    ran = executed(NOTEBOOKS[stem])
    assert ran, "not run since its code changed: `make test` sees to it"
    outputs = [cell.outputs for cell in ran.cells if cell.cell_type == "code"]
    stored = Notebook.from_parent(request.session, path=NOTEBOOKS[stem]).cells()
    differing = [f"{cell.name}:\n{cell.cell.source}\n{difference}"
                 for cell, fresh in zip(stored, outputs, strict=True)
                 if cell.options["check"] and (difference := cell.differs(fresh))]
    assert not differing, "\n".join(differing)
