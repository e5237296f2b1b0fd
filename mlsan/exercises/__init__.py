"""Says whether an answer is right: the same in Colab, on a laptop, in the book and in the tests.

One module per chapter, named after its notebook; one function per exercise. A check looks at what
an answer does, never at how it is written:

    from mlsan.exercises import calibration as check
    check.film(film)        # "Right. …", "Not yet. …" or "Not begun. …"

A check is a function under ``@exercise``. It asks on inputs that it draws anew (``drawn``), holds
what comes back against what it worked out itself (``expect``), raises ``Wrong`` with a hint that
does not give the answer away, and returns one sentence on what a right answer shows. The learner's
function gets copies, so nothing that it does to them moves what the check expects.
"""

from mlsan.exercises.answers import (
    Wrong,
    array,
    drawn,
    expect,
    number,
    numbers,
    parts,
    plain,
    positions,
    word,
)
from mlsan.exercises.verdicts import Verdict, begun, exercise

__all__ = ["Verdict", "Wrong", "array", "begun", "drawn", "exercise", "expect", "number", "numbers",
           "parts", "plain", "positions", "word"]
