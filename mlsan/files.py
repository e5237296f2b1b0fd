"""Files that are either whole or not there, whenever a process is killed; and whose run one is."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from mlsan.data.about import check_format, read_json
from mlsan.data.validation import CorpusError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside ``path`` to write to, which takes its place in one step; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.tmp")
    yield scratch
    os.replace(scratch, path)               # a reader finds the old file or the new one, never half


def write_text(path: Path, text: str) -> None:
    with replacing(path) as scratch:
        scratch.write_text(text, "utf-8", newline="\n")         # the same bytes on every platform


def write_table(path: Path, table: pd.DataFrame) -> None:
    """As CSV or Parquet, by the name's end."""
    with replacing(path) as scratch:
        if path.suffix == ".csv":
            table.to_csv(scratch, index=False, lineterminator="\n")
        else:
            table.to_parquet(scratch, index=False)


def plain(value) -> dict:
    """What JSON makes of it: tuples become lists, so that it equals what a file gives back."""
    return json.loads(json.dumps(value))


def kept_run(path: Path, about: dict, *, resume: bool, usual: dict | None = None) -> dict | None:
    """What the file of a run holds, if it is the run that ``about`` describes; None without a file.

    The one guard for every folder that may hold a run already. ``about``: plain data that the file
    has to say of itself, word for word; it may say more. ``usual``: see ``differing``.

    Raises:
        CorpusError: the file is there and ``resume`` is off, it can't be read, or it is of a
            different run or of a newer mlsan.
    """
    if not path.exists():
        return None
    if not resume:
        raise CorpusError(f"{path.parent}: holds a run already; add --resume to go on with it, or "
                          "choose another --out")
    try:
        kept = read_json(path)
    except (OSError, ValueError) as error:
        raise CorpusError(f"{path}: cannot be read as a run ({error!r}); delete it, or choose "
                          "another --out") from error
    check_format(path, kept)
    asked = {key: kept[key] for key in about if key in kept}
    if changed := list(differing("", asked, about, usual)):
        raise CorpusError(
            f"{path}: is another run, with {'; '.join(changed)}. Go on with the options "
            "it was started with, or choose another --out")
    return kept


def differing(name: str, kept, now, usual: dict | None = None) -> Iterator[str]:
    """Where two things differ, such as "recipe.settings.epochs 8, now 20".

    ``usual``: the fields' values where nobody asks for others; what an older mlsan had no field for
    was so.
    """
    if isinstance(kept, dict) and isinstance(now, dict):
        usual = usual or {}
        for key in kept | now:
            yield from differing(f"{name}.{key}".lstrip("."), kept.get(key, usual.get(key)),
                                 now.get(key), usual.get(key))
    elif kept != now:
        yield f"{name} {kept}, now {now}"
