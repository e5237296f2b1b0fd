"""Features from files: arrays and tables that are ready, and voices measured by openSMILE."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
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


def voices(paths: Sequence[Path | None], progress: bool = True
           ) -> tuple[np.ndarray, np.ndarray, list[str], str]:
    """eGeMAPSv02 functionals of WAV files: 88 numbers on pitch, loudness, timbre and rhythm.

    Returns:
        x: (N, 88), zeros where absent.
        present: bool (N,), False where there is no file, or nothing to measure in it.
        notes: which are absent.
        by: what measured them.

    Raises:
        CorpusError: there is a voice in none of them.
        Unavailable: openSMILE is not installed.
    """
    smile = egemaps()

    def measure(path):
        if path is None or not path.is_file():
            return "not there"
        try:
            found = smile.process_file(str(path)).to_numpy()[0]
        except Exception as error:      # whatever the readers of audio raise: it is named below
            return f"cannot be read ({type(error).__name__})"
        return found if np.isfinite(found).all() else "too short to measure"

    with warnings.catch_warnings(), ThreadPoolExecutor(os.cpu_count()) as pool:
        warnings.simplefilter("ignore")         # "too short": told below, with the file's name
        found = list(tqdm(pool.map(measure, paths), "voices", len(paths), disable=not progress,
                          leave=False))
    present = np.array([not isinstance(v, str) for v in found])
    reasons = pd.Series([v if isinstance(v, str) else None for v in found])
    notes = [f"audio: {len(rows)} turns lack it, {why}: " + _listed(paths, rows)
             for why, rows in reasons.groupby(reasons, sort=False).groups.items()]
    if not present.any():
        raise CorpusError("; ".join(notes) + ". That is all of them: a path is taken from the "
                          "folder of its table; mend the column, or add --no-audio")
    x = np.zeros((len(paths), len(smile.feature_names)), np.float32)
    x[present] = np.stack([v for v in found if not isinstance(v, str)])
    return x, present, notes, measured_by()


def _listed(paths, rows) -> str:
    names = list(dict.fromkeys(str(paths[i] or "(empty cell)") for i in rows))
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
