"""Where corpora come from. Each source returns a ``Corpus``; ``load`` finds it by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path

import pandas as pd

from mlsan.corpus import Corpus
from mlsan.sources import download
from mlsan.sources.download import Pin
from mlsan.validation import CorpusError


@dataclass(frozen=True)
class Source:
    """``loader`` names a function as module:function, imported when it is needed, called with
    ``options``; ``raw`` names what it downloads in that module: dicts of pins, or functions of
    ``options`` that list them. ``gate`` names one that raises unless a licence is accepted."""

    what: str
    size: str
    licence: str
    loader: str
    raw: tuple[str, ...] = ()
    options: dict[str, str] = field(default_factory=dict)
    gate: str = ""

    @property
    def load(self) -> Callable[[], Corpus]:
        return partial(self.named(self.loader.split(":")[1]), **self.options)

    @property
    def pins(self) -> list[Pin]:
        found = [self.named(name) for name in self.raw]
        return [pin for pins in found
                for pin in (pins(**self.options) if callable(pins) else pins.values())]

    def named(self, name: str):
        """What has that name in the loader's module."""
        return getattr(import_module(self.loader.split(":")[0]), name)


def _published(dataset: str, features: str, what: str, size: str) -> Source:
    licence = ("derived from MELD, GPL-3.0" if dataset == "meld" else
               "IEMOCAP: research only, not to be passed on; needs --accept-licence")
    return Source(what, size, licence, "mlsan.sources.published:load_published", ("pins",),
                  {"dataset": dataset, "features": features}, "check_licence")


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
    "meld-multiemo": _published(
        "meld", "multiemo", "MELD with MultiEMO's features: text 768, audio 512, visual 1000",
        "about 300 MB"),
    "meld-mmgcn": _published(
        "meld", "mmgcn", "MELD with MMGCN's features: text 600, audio 300, visual 342",
        "about 110 MB"),
    "iemocap-multiemo": _published(
        "iemocap", "multiemo", "IEMOCAP with MultiEMO's features: text 768, audio 512, visual 1000",
        "about 200 MB"),
    "iemocap-mmgcn": _published(
        "iemocap", "mmgcn", "IEMOCAP with MMGCN's features: text 100, audio 1582, visual 342",
        "about 90 MB"),
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


def fetch(name: str, progress: bool = True, *, accept_licence: bool = False) -> list[Path]:
    """Download what the corpus of that name is made of; nothing for a simulated one.

    Raises:
        CorpusError: no such name, or its licence is to be accepted first.
        Unavailable, DownloadError: a file cannot be had, or is not the pinned one.
    """
    source = _source(name)
    if source.gate:
        source.named(source.gate)(**source.options, accepted=accept_licence)
    return [download.fetch(pin, progress) for pin in source.pins]


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
