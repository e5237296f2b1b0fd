"""What conversations are at hand: each source's corpus by its name."""

from __future__ import annotations

import os
from collections.abc import Callable, Container
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from mlsan.data.corpus import Corpus
from mlsan.data.validation import CorpusError
from mlsan.sources import download, meld, simulated
from mlsan.sources.download import Pin
from mlsan.sources.feature_files import corpora as feature_files


@dataclass(frozen=True)
class Source:
    """``pins`` lists what is downloaded; ``agree`` raises unless a licence is accepted."""

    what: str
    size: str
    licence: str
    load: Callable[[], Corpus]
    pins: Callable[[], list[Pin]] = list
    agree: Callable[..., None] | None = None


def _features(dataset: str, features: str, what: str, size: str) -> Source:
    licence = ("derived from MELD, GPL-3.0" if dataset == "meld" else
               "IEMOCAP: research only, not to be passed on; needs --accept-licence")
    return Source(what, size, licence, partial(feature_files.load_features, dataset, features),
                  partial(feature_files.pins, dataset, features),
                  partial(feature_files.check_licence, dataset, features))


SOURCES = {
    "simulated": Source(
        "simulated conversations whose speakers and best possible score are known",
        "none", "MIT", simulated.simulate),
    "meld": Source(
        "MELD, Friends: text, true speaker names, 7 emotions, 13,708 utterances",
        "1.5 MB", "GPL-3.0", meld.load_meld, lambda: [*meld.MELD.values()]),
    "meld-friends": Source(
        "MELD's six leads: text, audio, visual, 5 emotions, 4,804 utterances",
        "27 MB", "features: none stated; derived from MELD, GPL-3.0",
        meld.load_meld_friends, lambda: [*meld.MELD.values(), *meld.FRIENDS.values()]),
    "meld-multiemo": _features(
        "meld", "multiemo", "MELD with MultiEMO's features: text 768, audio 512, visual 1000",
        "about 300 MB"),
    "meld-mmgcn": _features(
        "meld", "mmgcn", "MELD with MMGCN's features: text 600, audio 300, visual 342",
        "about 110 MB"),
    "iemocap-multiemo": _features(
        "iemocap", "multiemo", "IEMOCAP with MultiEMO's features: text 768, audio 512, visual 1000",
        "about 200 MB"),
    "iemocap-mmgcn": _features(
        "iemocap", "mmgcn", "IEMOCAP with MMGCN's features: text 100, audio 1582, visual 342",
        "about 90 MB"),
}


def is_folder(name: str, ours: Container[str] = SOURCES) -> bool:
    """Whether it means a folder. A name of ours is ours, whatever lies about; write ./meld then."""
    return name not in ours and os.path.isdir(name)


def load(name: str) -> Corpus:
    """The corpus of that name (see ``describe``), or the one saved in that folder.

    Raises:
        CorpusError: no such name or folder, or its content is wrong.
        Unavailable: it is to be downloaded, and cannot be.
    """
    if is_folder(name):
        return Corpus.load(name)
    return _source(name).load()


def fetch(name: str, *, accept_licence: bool = False) -> list[Path]:
    """Download what the corpus of that name is made of; nothing for a simulated one.

    Raises:
        CorpusError: no such name, or its licence is to be accepted first.
        Unavailable, DownloadError: a file cannot be had, or is not the pinned one.
    """
    source = _source(name)
    if source.agree:
        source.agree(accepted=accept_licence)
    return [download.fetch(pin) for pin in source.pins()]


def describe() -> pd.DataFrame:
    """One row per corpus: what it is, its download's size, its licence, and whether it is here."""
    return pd.DataFrame([
        {"name": name, "what": s.what, "download": s.size, "licence": s.licence,
         "downloaded": "not needed" if not s.pins()
         else "yes" if all(download.stored(pin).exists() for pin in s.pins()) else "no"}
        for name, s in SOURCES.items()])


def _source(name: str) -> Source:
    if name not in SOURCES:
        raise CorpusError(f"no corpus {name!r}; known are {', '.join(SOURCES)}, or give the folder "
                          "of a corpus that was saved")
    return SOURCES[name]
