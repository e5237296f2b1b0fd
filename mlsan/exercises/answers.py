"""What an answer gave back, as plain values, and whether they are the ones expected."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import is_dataclass
from itertools import islice
from numbers import Number

import numpy as np
import torch

MANY = 1_000_000               # values that an answer may yield one by one


class Wrong(Exception):
    """A wrong answer; the message is a hint."""


def fresh_seed() -> int:
    """A seed that nobody knows beforehand; the tests put known ones in its place."""
    return secrets.randbits(64)


def drawn(times: int) -> list[np.random.Generator]:
    """Generators to draw a check's inputs with, others at every call: no list of constants fits."""
    seeds = np.random.SeedSequence(fresh_seed()).spawn(times)
    return [np.random.default_rng(seed) for seed in seeds]


def plain(value):
    """Any library's values as numbers, strings, arrays, and lists and dicts of them.

    Tensors, arrays, scalars of any library, pandas' tables, ranges and generators become arrays
    where their shape is even, lists where it is not. Raises ``Wrong`` for anything else: what an
    object says of itself, of being equal for instance, counts nowhere.
    """
    if value is None or value is ... or type(value) in (bool, int, float, complex, str, bytes):
        return value
    if isinstance(value, torch.Tensor):
        value = value.detach().to_dense().cpu()
        return (value.float() if value.dtype == torch.bfloat16 else value).numpy()
    if isinstance(value, np.ndarray | np.generic):
        return np.array(value, subok=False)
    if isinstance(value, Number):            # a Fraction, a Decimal
        return float(value)
    if isinstance(value, Mapping):
        return {key: plain(part) for key, part in value.items()}
    if hasattr(value, "to_numpy"):
        return np.asarray(value.to_numpy())
    if isinstance(value, set | frozenset):
        return frozenset(value)
    if hasattr(value, "__array__"):
        return np.asarray(value)
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return _stacked([plain(part) for part in islice(value, MANY)])
    raise Wrong(f"That is an object of type {type(value).__name__}. "
                "Give numbers, lists, arrays or tensors.")


def _stacked(parts: list):
    """One array of parts that are numbers or arrays of one shape; the list itself otherwise."""
    arrays = [np.asarray(part) for part in parts if _numeric(part)]
    if len(arrays) == len(parts) and len({array.shape for array in arrays}) <= 1:
        return np.array(arrays)
    return parts


def _numeric(part) -> bool:
    return (isinstance(part, bool | int | float | complex | np.ndarray)
            and np.asarray(part).dtype.kind in "biufc")      # an int beyond 64 bits is an object


def parts(value, number: int, hint: str) -> list:
    """The ``number`` things that came back together, as plain values; else ``Wrong(hint)``."""
    value = plain(value)
    if not isinstance(value, list) and np.ndim(value) == 0 or len(value) != number:
        raise Wrong(hint)
    return list(value)


def numbers(value, hint: str) -> np.ndarray:
    """What came back as an array of finite floats, whatever its shape; else ``Wrong(hint)``."""
    value = plain(value)
    if not _numeric(value) or np.iscomplexobj(value) or not np.isfinite(value).all():
        raise Wrong(hint)
    return np.asarray(value, float)


def expect(got, wanted, hint: str, tolerance: float = 1e-4,
           mistakes: dict[str, object] | None = None) -> None:
    """Raise ``Wrong(hint)`` unless ``got`` says what ``wanted`` does, whatever types they are of.

    Floats may differ by ``tolerance`` times one more than what is wanted: single precision is
    enough. A lone number may come in an array of one. ``mistakes``: hint -> what a
    known mistake gives here; where that came back, its hint is given instead.
    """
    got, wanted = plain(got), plain(wanted)
    if not same(got, wanted, tolerance):
        for better, slip in (mistakes or {}).items():
            if same(got, plain(slip), tolerance):
                raise Wrong(better)
        raise Wrong(hint + _about_shapes(got, wanted))


def number(value, hint: str = "Give one number, not a text and not several numbers.") -> float:
    """One finite number, of whatever type or in an array of one; else ``Wrong(hint)``."""
    got = numbers(value, hint)
    if got.size != 1:
        raise Wrong(hint)
    return got.item()


def word(value) -> str:
    """One word in small letters, without blanks or a full stop; raises ``Wrong`` otherwise."""
    got = plain(value)
    if isinstance(got, list) and len(got) == 1:
        (got,) = got
    if isinstance(got, np.ndarray) and got.size == 1:
        got = got.item()
    if not isinstance(got, str):
        raise Wrong("Answer with one word, as a string in quotation marks.")
    return got.lower().strip(" .!\"'\n")


def array(value, shape: tuple[int | None, ...], hint: str) -> np.ndarray:
    """``value`` as an array of numbers of that shape, None for any length.

    Raises ``Wrong``, ``hint`` and the two shapes, for anything else.
    """
    got = plain(value)
    if not _numeric(got):
        raise Wrong(hint)
    got = np.asarray(got)
    if got.ndim != len(shape) or any(n not in (None, m)
                                     for m, n in zip(got.shape, shape, strict=True)):
        told = str(tuple("any" if n is None else int(n) for n in shape)).replace("'", "")
        raise Wrong(f"{hint} (Its shape is {got.shape}; expected {told}.)")
    return got


def _about_shapes(got, wanted) -> str:
    if _numeric(got) and _numeric(wanted) and np.size(wanted) > 1:
        if np.shape(got) != np.shape(wanted):
            return f" (Its shape is {np.shape(got)}; expected {np.shape(wanted)}.)"
    return ""


def positions(value) -> frozenset:
    """Which ones: the positions in any list, a set, or one axis's np.where, np.argwhere or
    torch.nonzero. Raises ``Wrong`` for anything else."""
    got = plain(value)
    got = plain(list(got)) if isinstance(got, frozenset) else got
    if not _numeric(got):
        raise Wrong("Return one list, of positions only.")
    got = np.asarray(got)
    if got.dtype == bool:
        raise Wrong("Return positions, 0 for the first, not True or False for each.")
    if got.ndim and got.size not in got.shape:
        raise Wrong("Return one list, of positions only: one number for each.")
    found = frozenset(got.ravel().tolist())
    if len(found) < got.size:
        raise Wrong("Give each position once.")
    return found


def same(got, wanted, tolerance: float) -> bool:
    """Whether two plain values are alike, floats within ``tolerance``."""
    if isinstance(wanted, dict) or isinstance(got, dict):
        return (isinstance(got, dict) and isinstance(wanted, dict) and got.keys() == wanted.keys()
                and all(same(got[key], wanted[key], tolerance) for key in wanted))
    if _numeric(got) and _numeric(wanted):
        got, wanted = np.asarray(got), np.asarray(wanted)
        if wanted.ndim == 0 and got.size == 1:
            got = got.reshape(())
        return got.shape == wanted.shape and bool(
            np.allclose(got, wanted, rtol=tolerance, atol=tolerance, equal_nan=True))
    if _many(got) and _many(wanted):
        return len(got) == len(wanted) and all(
            same(plain(one), plain(other), tolerance)
            for one, other in zip(got, wanted, strict=True))
    if isinstance(got, np.ndarray) and got.ndim == 0:
        got = got.item()
    if isinstance(wanted, np.ndarray) and wanted.ndim == 0:
        wanted = wanted.item()
    return type(got) is type(wanted) and got == wanted


def _many(value) -> bool:
    """Whether it is a list, even or not, or an array of at least one axis."""
    return isinstance(value, list) or isinstance(value, np.ndarray) and value.ndim > 0


def fresh(value):
    """A copy to hand to a learner's function. What gradients are taken at, what draws and what is
    called goes as it is: a copy of it would be another thing."""
    if isinstance(value, torch.Tensor):
        return value if value.requires_grad else value.clone()
    if isinstance(value, np.ndarray):
        return value.copy()
    if type(value) in (list, tuple, set):
        return type(value)(map(fresh, value))
    if type(value) is dict:
        return {key: fresh(part) for key, part in value.items()}
    if hasattr(value, "to_numpy") or is_dataclass(value) and not isinstance(value, type):
        return copy.deepcopy(value)
    return value


def snapshot(value):
    """What a value holds now, to compare with later; ``None`` for what can't be looked into."""
    if isinstance(value, torch.Tensor | np.ndarray) or type(value) in (list, tuple, dict, set):
        try:
            return copy.deepcopy(plain(value))
        except Wrong:                    # a list of functions, say
            return None
    return None
