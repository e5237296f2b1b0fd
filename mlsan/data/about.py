"""The JSON that says what a folder holds, ``corpus.json`` and ``run.json``, of any platform."""

from __future__ import annotations

import json
from pathlib import Path

from mlsan.data.validation import CorpusError

FORMAT = 1      # of both files: raise it when an older mlsan would misread what is written now


def read_json(path: Path) -> dict:
    """The object in a file; Windows' line ends and byte order mark make no difference.

    Raises:
        OSError, ValueError: there is none.
    """
    about = json.loads(path.read_text("utf-8-sig"))
    if not isinstance(about, dict):
        raise ValueError(f"holds a {type(about).__name__}, not an object in braces")
    return about


def check_format(path: Path, about: dict) -> None:
    """Refuse what a newer mlsan wrote. One from before formats were counted says none, and is 1."""
    found = about.get("format", 1)
    if type(found) is not int or found < 1:
        raise CorpusError(f"{path}: format {found!r} is not a whole number from 1 on; mend it, or "
                          "drop the field")
    if found > FORMAT:
        raise CorpusError(f"{path}: was written by a newer mlsan (format {found}, this one reads "
                          f"up to {FORMAT}); update mlsan")
