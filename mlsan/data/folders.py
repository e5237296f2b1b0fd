"""The folder that holds a corpus, so that anyone can bring their own conversations.

It has three files:

- ``utterances.parquet``: the table of utterances, its columns as ``corpus`` describes them;
- ``features.safetensors``: ``text``, ``audio``, ``visual`` as float32 (N, D), any of them left
  out, and ``present.text`` … as bool (N,) where some utterances lack a modality;
- ``corpus.json``: ``name`` and ``emotions``; optionally ``licence``, ``provenance``, ``recipe``
  and ``format``, a whole number that grows when an older mlsan could not read the folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from mlsan.data.about import FORMAT, check_format, read_json
from mlsan.data.validation import CorpusError


def fingerprint(named: tuple, table: pd.DataFrame, features: dict, present: dict) -> str:
    """Changes whenever a name, an utterance, a label or a feature does."""
    digest = hashlib.sha256(repr(named).encode())
    digest.update(table.to_csv(index=False, lineterminator="\n").encode())
    for m, x in features.items():
        for part in (m.encode(), x, present[m]):
            digest.update(np.ascontiguousarray(part) if isinstance(part, np.ndarray) else part)
    return digest.hexdigest()[:16]


def write(folder: Path, table: pd.DataFrame, features: dict, present: dict, about: dict) -> Path:
    """Write the folder in one step: it is either complete or not there."""
    if folder.exists():
        raise CorpusError(f"{folder}: exists already; choose another folder or remove it first")
    folder.parent.mkdir(parents=True, exist_ok=True)
    # A temporary folder, and what `save_file` writes, only their owner may read: so a folder
    # within it, and bytes.
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as own:
        (scratch := Path(own) / folder.name).mkdir()
        table.to_parquet(scratch / "utterances.parquet", index=False)
        tensors = features | {f"present.{m}": p for m, p in present.items()}
        (scratch / "features.safetensors").write_bytes(save(tensors))
        (scratch / "corpus.json").write_text(json.dumps({"format": FORMAT} | about, indent=1),
                                             "utf-8")
        os.replace(scratch, folder)
    return folder


def read(folder: Path) -> tuple[pd.DataFrame, dict, dict, dict]:
    """The table, features, presence and ``corpus.json`` of a folder, as they lie there.

    Raises:
        CorpusError: naming the file that is missing, damaged or of a newer mlsan.
    """
    about = _read(folder / "corpus.json", read_json)
    check_format(folder / "corpus.json", about)
    missing = {"name", "emotions"} - set(about)
    if missing:
        raise CorpusError(f"{folder / 'corpus.json'}: no {sorted(missing)}; "
                          "it needs the corpus's name and the list of its emotions")
    table = _read(folder / "utterances.parquet", pd.read_parquet)
    tensors = _read(folder / "features.safetensors", load_file)
    present = {k.removeprefix("present."): v for k, v in tensors.items()
               if k.startswith("present.")}
    features = {k: v for k, v in tensors.items() if not k.startswith("present.")}
    return table, features, present, about


def check_unchanged(folder: Path, about: dict, dims: dict[str, int], found: str) -> None:
    """Refuse a folder whose ``corpus.json`` tells of other sizes or another fingerprint."""
    if about.get("dims", dims) != dims:
        raise CorpusError(f"{folder}: corpus.json says dims {about['dims']}, "
                          f"features.safetensors has {dims}; "
                          "one of the two files is not this corpus's")
    if about.get("fingerprint", found) != found:
        raise CorpusError(f"{folder}: the content is not what was saved (fingerprint "
                          f"{found}, corpus.json says {about['fingerprint']}); restore the "
                          "folder, or delete the field if you meant to edit it")


def _read(path: Path, reader):
    if not path.exists():
        raise CorpusError(f"{path}: not found; a corpus folder holds utterances.parquet, "
                          "features.safetensors and corpus.json")
    try:
        return reader(path)
    except (OSError, ValueError, SafetensorError) as error:
        raise CorpusError(f"{path}: cannot be read ({error}); write it again") from error
