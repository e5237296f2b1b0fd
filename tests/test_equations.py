"""An equation in the text, the cell that computes it and the package's code say the same."""

from __future__ import annotations

import re
from importlib import import_module

import pytest
from book_code import NOTEBOOKS, cell_source, cells, chapter, definitions, flipped, package_source

CASES = [pytest.param(stem, name, equation, id=name) for stem in NOTEBOOKS
         for name, equation in chapter(stem).EQUATIONS.items()]
DISPLAYED = re.compile(r"\$\$.*?\$\$", re.S)
NAMED = re.compile(r"\*Eq\. ([\w-]+)\*")


@pytest.mark.parametrize("stem", NOTEBOOKS)
def test_every_displayed_equation_is_named_and_tested(stem):
    text = "\n\n".join(cells(stem, "markdown"))
    displayed = len(DISPLAYED.findall(text))
    named = [name for name in dict.fromkeys(NAMED.findall(text)) if name in chapter(stem).EQUATIONS]
    assert displayed == len(named) == len(chapter(stem).EQUATIONS)


def test_an_equation_that_the_text_names_exists():
    known = {name for stem in NOTEBOOKS for name in chapter(stem).EQUATIONS}
    assert {(stem, name) for stem in NOTEBOOKS for text in cells(stem, "markdown")
            for name in NAMED.findall(text) if name not in known} == set()


@pytest.mark.parametrize(("stem", "name", "equation"), CASES)
def test_cell_and_package_do_what_the_equation_says(stem, name, equation):
    module, twin = equation.package.split(":")
    module = import_module(module)
    said = f"{module.__doc__} {getattr(module, twin).__doc__}"
    assert f"Eq. {name}" in said, "the docstring does not name the equation"
    equation.holds(definitions(cell_source(stem))[equation.cell])
    equation.holds(getattr(module, twin))


@pytest.mark.parametrize(("stem", "name", "equation"), CASES)
def test_a_flipped_sign_is_noticed(stem, name, equation):
    twin = equation.package.split(":")[1]
    for source, thing in ((cell_source(stem), equation.cell),
                          (package_source(equation.package), twin)):
        flips = list(flipped(source, name, thing))
        assert flips, f"{thing}: no line with a sign is marked `# Eq. {name}`"
        for changed, space in flips:
            with pytest.raises(AssertionError):
                equation.holds(space[thing])
                pytest.fail(f"{changed} went unnoticed", pytrace=False)
