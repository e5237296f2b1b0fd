"""Features from files: arrays and tables that are ready, and voices measured by openSMILE."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import pandas as pd
import pyarrow as pa
from safetensors import SafetensorError
from safetensors.numpy import load_file
from tqdm.auto import tqdm

from mlsan.data.validation import CorpusError
from mlsan.sources.download import Unavailable

BROKEN = (OSError, ValueError, EOFError, BadZipFile, SafetensorError, pa.ArrowException)
READERS = {".npy": lambda path: np.load(path, allow_pickle=False),
           ".npz": lambda path: dict(np.load(path, allow_pickle=False)),
           ".safetensors": load_file, ".parquet": pd.read_parquet, ".csv": pd.read_csv}


def read_vectors(path: Path, modality: str) -> np.ndarray:
    """An array (N, D) from a file: the one in it, or the one called like the modality.

    A table's columns are all numbers; a row of gaps only is a row that lacks the modality.

    Raises:
        CorpusError: naming the file and the remedy.
    """
    if path.suffix.lower() not in READERS:
        raise CorpusError(f"--features {modality}={path}: is none of {', '.join(READERS)}")
    try:
        found = READERS[path.suffix.lower()](path)
    except BROKEN as error:
        raise CorpusError(f"{path}: cannot be read ({error}); write it again, as numbers"
                          ) from error
    if isinstance(found, dict):
        if len(found) > 1 and modality not in found:
            raise CorpusError(f"{path}: holds {', '.join(found)}; call one of them {modality}")
        found = found.get(modality, next(iter(found.values()), np.zeros(0)))
    if isinstance(found, pd.DataFrame):
        for name in found:
            if not pd.api.types.is_numeric_dtype(found[name]) or str(name).startswith("Unnamed:"):
                raise CorpusError(f"{path}: column {name!r} is no feature; leave it out (in "
                                  "pandas, index=False), and give a CSV a header")
        found = found.to_numpy()
    if found.ndim != 2 or not (np.issubdtype(found.dtype, np.floating)
                               or np.issubdtype(found.dtype, np.integer)):
        raise CorpusError(f"{path}: {found.dtype} {found.shape}; needs numbers, one row for each "
                          "row of the tables")
    return found


def egemaps():
    """openSMILE's measure of eGeMAPSv02 functionals; of several channels, it hears the first.

    Raises:
        Unavailable: openSMILE is not installed.
    """
    try:
        import opensmile
    except ImportError as error:
        raise Unavailable('measuring voices needs openSMILE: pip install "mlsan[audio]"; `mlsan '
                          "import` can leave them out with --no-audio") from error
    return opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.Functionals)


def measured_by() -> str:
    return f"openSMILE {version('opensmile')}, eGeMAPSv02 functionals"


# Ours: below it eGeMAPSv02 still answers, but half of what it averages is a window's edge.
SHORTEST = 0.2      # seconds
# The alpha ratio and the Hammarberg index look that far up (Eyben and others, 2016).
HIGHEST = 5000      # Hz
CLIPPED = 0.001     # of the samples at full scale; a recording that is merely loud has one or two


@dataclass(frozen=True)
class Heard:
    """What a WAV file gave: its ``numbers`` (88,), or ``why`` there are none; and how it is made.

    ``rate`` in Hz (0 where it could not be read), ``channels``, and ``full``, the share of the
    first channel's samples at full scale.
    """

    numbers: np.ndarray | None = None
    why: str = ""
    rate: int = 0
    channels: int = 1
    full: float = 0.0


def voices(paths: Sequence[Path | None], progress: bool = True
           ) -> tuple[np.ndarray, np.ndarray, list[str], str]:
    """eGeMAPSv02 functionals of WAV files: 88 numbers on pitch, loudness, timbre and rhythm.

    Returns:
        x: (N, 88), zeros where absent.
        present: bool (N,), False where there is no file, or nothing to measure in it.
        notes: which are absent, and which were measured with a fault.
        by: what measured them.

    Raises:
        CorpusError: there is a voice in none of them.
        Unavailable: openSMILE is not installed.
    """
    smile = egemaps()
    with warnings.catch_warnings(), ThreadPoolExecutor(os.cpu_count()) as pool:
        warnings.simplefilter("ignore")         # "too short": told below, with the file's name
        found = list(tqdm(pool.map(partial(_hear, smile), paths), "voices", len(paths),
                          disable=not progress, leave=False))
    present = np.array([heard.numbers is not None for heard in found])
    reasons = pd.Series([heard.why or None for heard in found])
    notes = [f"audio: {len(rows)} turns lack it, {why}: " + _listed(paths, rows)
             for why, rows in reasons.groupby(reasons, sort=False).groups.items()]
    if not present.any():
        raise CorpusError("; ".join(notes) + ". That is all of them: a path is taken from the "
                          "folder of its table; mend the column, or add --no-audio")
    notes += _faults(paths, found, present)
    x = np.zeros((len(paths), len(smile.feature_names)), np.float32)
    x[present] = np.stack([heard.numbers for heard in found if heard.numbers is not None])
    return x, present, notes, measured_by()


def _hear(smile, path: Path | None) -> Heard:
    import audiofile  # openSMILE brings it

    if path is None or not path.is_file():
        return Heard(why="not there")
    try:
        wave, rate = audiofile.read(path, always_2d=True)       # (channels, samples), -1 to 1
    except Exception as error:      # whatever the readers of audio raise: it is named by the caller
        return Heard(why=f"cannot be read ({type(error).__name__})")
    first = wave[0]
    if len(first) < SHORTEST * rate:
        return Heard(why=f"too short to measure, under {SHORTEST} s")
    if not np.isfinite(first).all():
        return Heard(why="broken, holds samples that are no numbers")
    if np.ptp(first) == 0:
        return Heard(why="silent" if len(wave) == 1 else "silent in the first channel")
    numbers = smile.process_signal(first, rate).to_numpy()[0]
    if not np.isfinite(numbers).all():
        return Heard(why="measured in part only")
    full = float((np.abs(first) >= 1 - 2 ** -15).mean())        # 16 bits end at 1 - 2^-15
    return Heard(numbers, rate=rate, channels=len(wave), full=full)


def _faults(paths, found: list[Heard], present: np.ndarray) -> list[str]:
    """Notes of what was measured all the same."""
    rate, channels, full = (np.array([getattr(heard, what) for heard in found])
                            for what in ("rate", "channels", "full"))

    def told(which, what):
        rows = np.flatnonzero(which & present)
        return [f"audio: {len(rows)} turns {what}: {_listed(paths, rows)}"] if len(rows) else []

    kinds = pd.Series(rate[present]).value_counts().sort_index()
    rates = ", ".join(f"{n} turns at {r} Hz" for r, n in kinds.items())
    mixed = [f"audio: recorded at different rates ({rates}), which moves the numbers by itself: "
             "where one speaker or emotion has one rate, a model may read that instead"
             ] if len(kinds) > 1 else []
    return [*told(full >= CLIPPED, f"measured though clipped, up to {full.max():.1%} of the "
                                   "samples at full scale, which adds harmonics"),
            *told(rate < 2 * HIGHEST, f"measured though sampled below {2 * HIGHEST} Hz: the "
                                      f"spectral features look up to {HIGHEST} Hz, where these "
                                      "have nothing"),
            *told(channels > 1, "have several channels, of which the first is measured"), *mixed]


def _listed(paths, rows) -> str:
    names = list(dict.fromkeys(str(paths[i] or "(empty cell)") for i in rows))
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
