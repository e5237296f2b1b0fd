"""Where corpora come from. Each source returns a ``Corpus``; ``load`` finds it by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pandas as pd

from mlsan.corpus import Corpus
from mlsan.sources import download
from mlsan.sources.download import Pin
from mlsan.validation import CorpusError


@dataclass(frozen=True)
class Source:
    """``loader`` names a function as module:function, imported when it is needed; ``raw`` names the
    dicts of pins in that module which it downloads."""

    what: str
    size: str
    licence: str
    loader: str
    raw: tuple[str, ...] = ()

    @property
    def load(self) -> Callable[[], Corpus]:
        module, function = self.loader.split(":")
        return getattr(import_module(module), function)

    @property
    def pins(self) -> list[Pin]:
        module = import_module(self.loader.split(":")[0])
        return [pin for name in self.raw for pin in getattr(module, name).values()]


SOURCES = {
    "simulated": Source(
        "simulated conversations whose speakers and best possible score are known",
        "none", "MIT", "mlsan.sources.simulated:simulate"),
    "meld": Source(
        "MELD, Friends: text, true speaker names, 7 emotions, 13,708 utterances",
        "1.5 MB", "GPL-3.0", "mlsan.sources.meld:load_meld", ("MELD",)),
    "meld-friends": Source(
        "MELD's six leads: text, audio, visual, 5 emotions, 4,804 utterances",
        "27 MB", "features: none stated; derived from MELD, GPL-3.0",
        "mlsan.sources.meld:load_meld_friends", ("MELD", "FRIENDS")),
}


def load(name: str) -> Corpus:
    """The corpus of that name (see ``describe``), or the one saved in that folder.

    Raises:
        CorpusError: no such name or folder, or its content is wrong.
        Unavailable: it is to be downloaded, and cannot be.
    """
    if name not in SOURCES and Path(name).is_dir():
        return Corpus.load(name)
    return _source(name).load()


def fetch(name: str, progress: bool = True) -> list[Path]:
    """Download what the corpus of that name is made of; nothing for a simulated one."""
    return [download.fetch(pin, progress) for pin in _source(name).pins]


def describe() -> pd.DataFrame:
    """One row per corpus: what it is, its download's size, its licence, and whether it is here."""
    return pd.DataFrame([
        {"name": name, "what": s.what, "download": s.size, "licence": s.licence,
         "downloaded": "not needed" if not s.raw
         else "yes" if all(download.stored(pin).exists() for pin in s.pins) else "no"}
        for name, s in SOURCES.items()])


def _source(name: str) -> Source:
    if name not in SOURCES:
        raise CorpusError(f"no corpus {name!r}; known are {', '.join(SOURCES)}, or give the folder "
                          "of a corpus that was saved")
    return SOURCES[name]
