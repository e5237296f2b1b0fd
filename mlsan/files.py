"""Files that are either whole or not there, whenever a process is killed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside ``path`` to write to, which takes its place in one step; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.tmp")
    yield scratch
    os.replace(scratch, path)               # a reader finds the old file or the new one, never half


def write_text(path: Path, text: str) -> None:
    with replacing(path) as scratch:
        scratch.write_text(text)
