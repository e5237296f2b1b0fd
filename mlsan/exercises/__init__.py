"""Says whether an answer is right: the same in Colab, on a laptop, in the book and in the tests.

One module per chapter, named after its notebook; one function per exercise. A check looks at what
an answer does, never at how it is written:

    from mlsan.exercises import calibration as check
    check.film(film)        # "Right. …", "Not yet. …" or "No answer yet. …"

A check is a function under ``@exercise``. It raises ``Wrong`` with a hint that does not give the
answer away, and returns one sentence on what a right answer shows.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from html import escape

import numpy as np
import torch


@dataclass(frozen=True)
class Verdict:
    """``right`` is None where nothing has been answered yet; ``why`` is for the learner to read."""

    right: bool | None
    why: str

    @property
    def word(self) -> str:
        return {True: "Right.", False: "Not yet.", None: "No answer yet."}[self.right]

    def __repr__(self) -> str:
        return f"{self.word} {self.why}"

    def _repr_html_(self) -> str:            # wraps on a phone, as plain output does not
        return f"<p class='mlsan-answer'><strong>{self.word}</strong> {escape(self.why)}</p>"


class Wrong(Exception):
    """A wrong answer; the message is a hint."""


class _Unanswered(Exception):
    pass


def exercise(check: Callable[..., str]) -> Callable[..., Verdict]:
    """Turn a check into one that returns a ``Verdict`` whatever the answer does, errors included.

    An answer of ``...``, and a function or class that returns ``None`` or ``...``, is unanswered.
    """

    @wraps(check)
    def judged(*answers) -> Verdict:
        try:
            return Verdict(True, check(*map(_guarded, answers)))
        except _Unanswered:
            return Verdict(None, "Replace the dots, then run this cell again.")
        except Wrong as hint:
            return Verdict(False, str(hint))
        except Exception as error:           # whatever their code raises is part of the answer
            return Verdict(False, f"Your code stopped with {type(error).__name__}: {error}")

    return judged


def _guarded(answer):
    if answer is ... or answer is None:
        raise _Unanswered
    if not inspect.isfunction(answer):
        return answer

    @wraps(answer)
    def called(*args, **kwargs):
        result = answer(*args, **kwargs)
        if result is ... or result is None:
            raise _Unanswered
        return result

    return called


def expect(got, wanted, hint: str, tolerance: float = 1e-4) -> None:
    """Raise ``Wrong(hint)`` unless ``got`` equals ``wanted``.

    Both are numbers, lists, arrays or tensors. Floats may differ by ``tolerance``, absolutely or
    relatively, whichever is more.
    """
    if got is ... or got is None:
        raise _Unanswered
    got, wanted = _array(got), _array(wanted)
    if got.shape != wanted.shape:
        raise Wrong(f"{hint} (Its shape is {got.shape}; expected {wanted.shape}.)")
    same = (np.allclose(got, wanted, rtol=tolerance, atol=tolerance)
            if np.issubdtype(wanted.dtype, np.number) and np.issubdtype(got.dtype, np.number)
            else np.array_equal(got, wanted))
    if not same:
        raise Wrong(hint)


def _array(value) -> np.ndarray:
    return value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)
