"""A guess before the result: kept while the tab is open, and shown beside the result."""

from __future__ import annotations

from pathlib import Path

import anywidget
import traitlets

from mlsan.widgets.common import esm


class Guess(anywidget.AnyWidget):
    """Ask the reader for a number, for one of ``choices``, or for a few words.

    What is guessed stays as long as the browser's tab is open, on this page; where it must not be
    stored, until the page is left. With a kernel it is ``guess``, None before there is one::

        floor = Guess("What share is always right?", low=0, high=1)     # in one cell
        floor.reveal(accuracy)                                          # in a later one

    Args:
        question: plain text.
        choices: the possible answers, by name.
        low, high, step: the ends of a slider, which asks for a number, and how finely it moves.
        unit: what stands behind a number, such as ``%``.
        truth: the result, where it is known already: a button then shows it beside the guess. Of a
            question that asks for words it is the answer in words.
        id: two guesses of one id are one guess; by default the question is its own.

    Raises:
        ValueError: one end without the other, or ends in the wrong order; choices and ends; a truth
            that is none of the choices.
    """

    _esm = esm("guess.js")
    _css = Path(__file__).with_name("guess.css")
    question = traitlets.Unicode().tag(sync=True)
    key = traitlets.Unicode().tag(sync=True)
    choices = traitlets.List(traitlets.Unicode()).tag(sync=True)
    ends = traitlets.List(traitlets.Float()).tag(sync=True)
    step = traitlets.Float(0.01).tag(sync=True)
    unit = traitlets.Unicode().tag(sync=True)
    truth = traitlets.Union((traitlets.Float(), traitlets.Unicode()), default_value=None,
                            allow_none=True).tag(sync=True)
    guess = traitlets.Union((traitlets.Float(), traitlets.Unicode()), default_value=None,
                            allow_none=True).tag(sync=True)
    revealed = traitlets.Bool(False).tag(sync=True)

    def __init__(self, question, *, choices=(), low=None, high=None, truth=None, id=None, **kwargs):
        ends = [end for end in (low, high) if end is not None]
        if len(ends) == 1 or (ends and (low >= high or choices)):
            raise ValueError(f"Guess: low {low}, high {high}, choices {list(choices)}; "
                             "give a lower and a higher end, or choices, or neither")
        if choices and truth is not None and truth not in choices:
            raise ValueError(f"Guess: the truth {truth!r} is none of {list(choices)}; "
                             "name one of the choices")
        super().__init__(question=question, key=id or question, choices=list(choices), ends=ends,
                         truth=truth if truth is None or not ends else float(truth), **kwargs)

    def reveal(self, truth) -> Guess:
        """What was guessed beside what it is, to be shown where it has been computed."""
        low, high = self.ends or (None, None)
        return Guess(self.question, choices=self.choices, low=low, high=high, step=self.step,
                     unit=self.unit, truth=truth, id=self.key, guess=self.guess, revealed=True)
