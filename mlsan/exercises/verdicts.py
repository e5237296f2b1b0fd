"""What is said of an answer, and how a check comes to say it."""

from __future__ import annotations

import dis
import inspect
import io
import linecache
import sys
import traceback
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from functools import partial, wraps
from html import escape

from mlsan.exercises.answers import Wrong, fresh, same, snapshot

WORDS = {"right": "Right.", "wrong": "Not yet.", "not begun": "Not begun.",
         "nothing": "Nothing came back.", "printed": "Printed, not returned.",
         "stopped": "It stopped.", "fault": "The check failed."}

# A sign, a colour and a line. Jupyter and Colab have none of our stylesheets, so a verdict brings
# its look along; its words keep the reader's own text colour, which stands on light and on dark.
LOOKS = {"right": ("✓", "46, 158, 79", "solid"), "wrong": ("✗", "217, 72, 65", "solid"),
         "open": ("○", "128, 128, 128", "dashed"), "fault": ("!", "200, 130, 0", "double")}


@dataclass(frozen=True)
class Verdict:
    """``kind`` is one of ``WORDS``; ``why`` is for the learner to read."""

    kind: str
    why: str

    @property
    def right(self) -> bool | None:
        """None where nothing was begun, and where the check itself failed."""
        return {"right": True, "not begun": None, "fault": None}.get(self.kind, False)

    def __repr__(self) -> str:
        return f"{WORDS[self.kind]} {self.why}"

    def _repr_html_(self) -> str:            # wraps on a phone, as plain output does not
        look = {"right": "right", "not begun": "open", "fault": "fault"}.get(self.kind, "wrong")
        sign, colour, line = LOOKS[look]
        return (f"<p class='mlsan-answer mlsan-{look}' style='margin: .5em 0; padding: .3em .8em; "
                f"border-left: .4em {line} rgb({colour}); background: rgba({colour}, .12)'>"
                f"<strong><span aria-hidden='true'>{sign}</span> {WORDS[self.kind]}</strong> "
                f"{escape(self.why)}</p>")


class _NotBegun(Exception):
    pass


class _Returned(Exception):
    """A function that returned nothing: whether it ``printed``, what it ``changed``."""


@dataclass
class _Watch:
    """What a check saw on the side while it called an answer."""

    changed: list[str] = field(default_factory=list)
    printed: bool = False

    @property
    def remark(self) -> str:
        if not self.changed:
            return ""
        return (f" Besides, your function changed what it was given ({', '.join(self.changed)}): "
                "whoever calls it still needs that as it was. Work on a copy.")


def exercise(check: Callable[..., str]) -> Callable[..., Verdict]:
    """Turn a check into one that returns a ``Verdict`` whatever the answer does, errors included.

    Answers that are functions are called with copies. Not begun: ``...``, a function or class
    whose bodies are empty, a function that returns ``...``.
    """

    @wraps(check)
    def judged(*answers) -> Verdict:
        watch = _Watch()
        try:
            praise = check(*(_guarded(answer, watch) for answer in answers))
            return Verdict("right", praise + watch.remark)
        except _NotBegun:
            return Verdict("not begun", "Replace the dots, then run this cell again.")
        except _Returned:
            if watch.printed:
                return Verdict("printed", "Your function shows its answer and gives back None: "
                                          "end it with `return`, so that others can use the value.")
            return Verdict("nothing", "Your function ran to its end and gave back None: "
                                      "end it with `return`." + watch.remark)
        except Wrong as hint:
            return Verdict("wrong", f"{hint}{watch.remark}")
        except (Exception, SystemExit) as error:        # whatever their code raises is part of it
            return _stopped(error, answers)

    return judged


def _guarded(answer, watch: _Watch):
    """The answer as a check may use it: a function that gets copies, and is watched."""
    if answer is ... or _blank(answer):
        raise _NotBegun
    if answer is None:
        raise _Returned
    if not (inspect.isroutine(answer) or isinstance(answer, partial)):
        return answer
    try:
        signature = inspect.signature(answer)
    except ValueError:                       # some built-in functions tell none
        signature = inspect.signature(lambda *arguments: ...)

    def called(*args, **kwargs):
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise Wrong(f"The check calls your function with {len(args) + len(kwargs)} "
                        f"argument(s), and it doesn't take them: {error}.") from None
        before = {name: snapshot(value) for name, value in bound.arguments.items()}
        bound.arguments.update({name: fresh(value) for name, value in bound.arguments.items()})
        given = dict(bound.arguments)
        out = _Echo(sys.stdout)
        with redirect_stdout(out):
            result = answer(*bound.args, **bound.kwargs)
        watch.printed |= out.heard
        watch.changed += [name for name, value in given.items()
                          if name not in watch.changed and before[name] is not None
                          and not same(snapshot(value), before[name], 0)]
        if result is ...:
            raise _NotBegun
        if result is None:
            raise _Returned
        return result

    return called


class _Echo(io.TextIOBase):
    """Passes on what is printed, and remembers that something was."""

    def __init__(self, out) -> None:
        self.out, self.heard = out, False

    def write(self, text: str) -> int:
        self.heard = True
        return self.out.write(text)


def _codes(answer) -> list:
    """The code objects of a function, or of a class's own methods."""
    if inspect.isfunction(answer):
        return [answer.__code__]
    if inspect.isclass(answer):
        return [method.__code__ for method in vars(answer).values() if inspect.isfunction(method)]
    return []


def _blank(answer) -> bool:
    """Whether a function, or every method of a class, does nothing at all."""
    idle = {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST", "COPY_FREE_VARS",
            "MAKE_CELL"}
    codes = _codes(answer)
    return bool(codes) and all(
        step.opname in idle and (step.argval is None or step.argval is ...
                                 or step.opname not in ("LOAD_CONST", "RETURN_CONST"))
        for code in codes for step in dis.get_instructions(code))


def begun(*answers) -> bool:
    """Whether none of the answers is still the empty stub that was given."""
    return not any(answer is ... or _blank(answer) for answer in answers)


def _stopped(error: BaseException, answers: tuple) -> Verdict:
    """Whose line it was that failed: the learner's, or one of the check's."""
    said = f"{type(error).__name__}: {error}"
    files = {code.co_filename for answer in answers for code in _codes(answer)}
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename in files:
            line = linecache.getline(frame.filename, frame.lineno).strip()
            return Verdict("stopped", f"{said}, at line {frame.lineno} of your cell: {line}")
    if not all(map(callable, answers)) and isinstance(error, TypeError) and "callable" in said:
        return Verdict("wrong", "The check wants to call your function: "
                                "hand over the function itself, not a value.")
    return Verdict("fault", f"{said}, in a line of the check's own, not of yours. Is what you "
                            "give back of the kind that the text asks for? If so, the fault is "
                            "ours; please tell us.")
