"""Features and presence from whatever holds them: the numbers that were given, or a refusal."""

from __future__ import annotations

from numbers import Real

import numpy as np
import torch

from mlsan.data.validation import CorpusError, is_missing, where


def array(what: str, x) -> np.ndarray:
    """What numpy, torch, pandas or lists hold. Masked values are None; rows of many lengths (N,).

    Raises:
        CorpusError: a tensor or a matrix that is not dense, or has no data.
    """
    if isinstance(x, torch.Tensor):
        try:
            x = x.detach().cpu()
            return (x.float() if x.dtype == torch.bfloat16 else x).numpy()
        except (TypeError, RuntimeError, NotImplementedError) as error:
            raise CorpusError(f"{what}: a tensor of {x.dtype}, {x.layout}, on {x.device} can't be "
                              "read; give a dense one of numbers") from error
    if hasattr(x, "toarray"):
        raise CorpusError(f"{what}: is a sparse {type(x).__name__}; give x.toarray()")
    if isinstance(x, np.ma.MaskedArray):
        found = np.array(x.data, object)
        found[np.ma.getmaskarray(x)] = None
        return found
    try:
        found = np.asarray(x)
    except ValueError:                                      # of many lengths
        found = np.empty(len(x), object)
        found[:] = list(x)
    # One word in a list makes words of all its numbers.
    return np.asarray(x, object) if found.dtype.kind in "US" else found


def stacked(modality: str, vectors: dict[int, np.ndarray], table) -> np.ndarray:
    """row -> its vector (D,), as one matrix (N, D); other rows are zeros."""
    shape = next(iter(vectors.values())).shape
    for row, vector in vectors.items():
        if vector.shape != shape or vector.ndim != 1:
            raise CorpusError(f"{modality} of {where(table, row)}: shape {vector.shape}, the first "
                              f"has {shape}; every {modality} vector needs the same length")
    values = np.stack(list(vectors.values()))
    x = np.zeros((len(table), *shape), values.dtype)
    x[list(vectors)] = values
    return x


def checked_presence(modality: str, present, table) -> np.ndarray:
    """bool (N,), from True and False or 1 and 0; None: there in every row."""
    if present is None:
        return np.ones(len(table), bool)
    what = f"present.{modality}"
    present = array(what, present)
    if present.shape != (len(table),):
        raise CorpusError(f"{what}: shape {present.shape}; needs one True or False per utterance, "
                          f"({len(table)},)")
    for row, value in enumerate(present):
        if not _is_number(value) or value not in (0, 1):
            raise CorpusError(f"{what} of {where(table, row)}: {value!r:.60}; needs True or False")
    return present.astype(bool)


def checked_features(modality: str, x, present: np.ndarray, table) -> np.ndarray:
    """float32 (N, D), zeros where it is absent; what stands there is not read."""
    x = array(modality, x)
    if x.dtype == object and x.shape == (len(table),) and present.any():   # a column of vectors
        x = stacked(modality, {row: array(f"{modality} of {where(table, row)}", x[row])
                               for row in np.flatnonzero(present)}, table)
    if x.ndim != 2 or len(x) != len(table) or x.shape[1] == 0:
        raise CorpusError(f"{modality}: shape {x.shape}; "
                          f"needs one row per utterance, ({len(table)}, D)")
    if x.dtype == object:
        x = _numbers(modality, x, present, table)
    if x.dtype.kind not in "biuf":
        raise CorpusError(f"{modality}: type {x.dtype}; needs real numbers")
    wide = np.where(present[:, None], x, 0)
    with np.errstate(over="ignore"):                        # refused below, with its value
        x = np.ascontiguousarray(wide, np.float32)
    finite = np.isfinite(x)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        value = wide[row, column]
        large = ", too large for float32" if np.isfinite(value) else ""
        raise CorpusError(f"{modality} of {where(table, row)}, column {column}: {value}{large}; "
                          f"mend the value, or mark the row absent in present.{modality}")
    return x


def _numbers(modality, x, present, table) -> np.ndarray:
    """Objects as float64, nan for a missing one: float() would take a word or half a complex."""
    out = np.zeros(x.shape)
    for row in np.flatnonzero(present):
        for column, value in enumerate(x[row]):
            if not _is_number(value) and not is_missing(value):
                raise CorpusError(f"{modality} of {where(table, row)}, column {column}: "
                                  f"{value!r:.60} is a {type(value).__name__}; give numbers")
            out[row, column] = np.nan if is_missing(value) else value
    return out


def _is_number(value) -> bool:
    return isinstance(value, Real | np.bool_)
