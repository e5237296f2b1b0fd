"""Files as their owners published them; a test that can't have them is skipped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mlsan.sources.download import Pin, Unavailable, fetch


@contextmanager
def or_skip() -> Iterator[None]:
    try:
        yield
    except Unavailable as error:
        pytest.skip(" ".join(str(error).split()))


def fetched(pins: dict[object, Pin]) -> dict[object, Path]:
    with or_skip():
        return {key: fetch(pin, progress=False) for key, pin in pins.items()}
