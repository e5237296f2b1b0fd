"""What notebooks print, compared with what they printed before.

Processors round sums differently, and gradient steps carry that on: a learned number is good to
about ±.005. So a number with a decimal point may be off by that much, a percentage by half a
point; words, whole numbers and marks may not be off at all. A cell's metadata can say otherwise:
`"tolerance": 0.02`, or `"tolerance": 0` for an output that is exact to the last blank.
"""

from __future__ import annotations

import copy
import re

from nbval.plugin import IPyNbCell, IPyNbFile, coalesce_streams

TOLERANCE = .005
NUMBER = re.compile(r"""
    (?<![\w.])                  # not within a word, nor within a version such as 2.13.0
    ( [-+−]? (?: \d+\.\d* | \.\d+ | \d+(?=[ ]?%) ) (?: e[-+]?\d+ )? )
    (?! \d | \.\d )
    ( [ ]?% )?""", re.VERBOSE)


def alike(got: str, stored: str, tolerance: float = TOLERANCE) -> bool:
    if not tolerance:
        return got == stored
    (texts, numbers), (stored_texts, stored_numbers) = _taken_apart(got), _taken_apart(stored)
    return texts == stored_texts and all(
        percent == stored_percent and abs(a - b) <= (100 if percent else 1) * tolerance + 1e-9
        for (a, percent), (b, stored_percent) in zip(numbers, stored_numbers, strict=True))


def _taken_apart(printed: str) -> tuple[list[str], list[tuple[float, bool]]]:
    """The texts around the numbers, and the numbers, each with whether it is a percentage."""
    pieces = NUMBER.split(printed)
    numbers = [(float(number.replace("−", "-")), bool(percent))
               for number, percent in zip(pieces[1::3], pieces[2::3], strict=True)]
    return [_laid_out(text) for text in pieces[::3]], numbers


def _laid_out(text: str) -> str:
    """Without what follows from a column's width, which a number's sign or digits may change."""
    text = re.sub(r"[-─━]{2,}", "─", re.sub(r"[ \t]+", " ", text))
    return re.sub(r" ?\n ?", "\n", text).strip(" ")


class Printed(str):
    """Text that equals another which is alike: nbval compares with == and !=."""

    tolerance = TOLERANCE
    __hash__ = None

    def __eq__(self, other: str) -> bool:
        return alike(self, other, self.tolerance)

    def __ne__(self, other: str) -> bool:
        return not self == other


class Cell(IPyNbCell):
    def sanitize(self, value):
        if isinstance(value, str):
            value = Printed(value)
            value.tolerance = self.cell.metadata.get("tolerance", TOLERANCE)
        return value

    def reportinfo(self):
        return self.path, 0, f"{self.path.name}, {self.name}"

    def differs(self, outputs: list) -> str:
        """How these outputs differ from the stored ones, in nbval's words; empty if they don't."""
        both = copy.deepcopy([outputs, self.cell.outputs])
        same = self.compare_outputs(*map(coalesce_streams, both))
        return "" if same else "\n".join(self.comparison_traceback)


class Notebook(IPyNbFile):
    """A notebook whose tagged cells are compared; readers run cells again, so it runs twice."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.compare_outputs = False        # but where a tag asks for it

    def cells(self, time: str = "") -> list[Cell]:
        return [Cell.from_parent(self, name=time + cell.name, cell=cell.cell,
                                 cell_num=cell.cell_num, options=cell.options)
                for cell in super().collect()]

    def collect(self) -> list[Cell]:
        return self.cells() + self.cells("again, ")
