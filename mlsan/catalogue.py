"""What conversations are at hand: each source's corpus by its name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pandas as pd

from mlsan.data.corpus import Corpus
from mlsan.data.validation import CorpusError
from mlsan.sources import acted, cremad, download, meld, ravdess, simulated
from mlsan.sources.download import Deposit, Pin
from mlsan.sources.feature_files import corpora as feature_files


@dataclass(frozen=True)
class Source:
    """``pins`` lists what is downloaded, ``either`` files of which one will do; ``agree`` raises
    unless a licence is accepted.

    Where there are ``folds`` (protocol -> how many), ``load`` takes one of their splits.
    """

    what: str
    size: str
    licence: str
    load: Callable[..., Corpus]
    pins: Callable[[], list[Pin]] = list
    agree: Callable[..., None] | None = None
    either: Callable[[], tuple[Deposit, ...]] = tuple
    folds: Mapping[str, int] = field(default_factory=dict)


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
    "ravdess": Source(
        "RAVDESS: 24 actors' faces (action units) and voices (MFCC), 8 emotions, 1,440 clips",
        "3.5 MB", "CC BY-NC-SA 4.0; features: none stated",
        ravdess.load_ravdess, lambda: [ravdess.FACES], folds=ravdess.FOLDS),
    "ravdess-egemaps": Source(
        "the same faces, and voices as openSMILE measures them (88 numbers)",
        "208 MB, or 5 MB by a mirror", "CC BY-NC-SA 4.0; features: none stated",
        ravdess.load_egemaps, lambda: [ravdess.FACES], folds=ravdess.FOLDS,
        either=lambda: (ravdess.VOICES, ravdess.ARCHIVE)),
    "cremad": Source(
        "CREMA-D: 91 actors' voices (35 acoustic features), 6 emotions, 7,442 clips",
        "3.3 MB", "ODbL 1.0; features: none stated",
        cremad.load_cremad, lambda: [cremad.TABLE], folds=cremad.FOLDS),
}


def is_folder(name: str, ours: Container[str] = SOURCES) -> bool:
    """Whether it means a folder. A name of ours is ours, whatever lies about; write ./meld then."""
    return name.partition("@")[0] not in ours and os.path.isdir(name)


def load(name: str) -> Corpus:
    """The corpus of that name (see ``describe``), or the one saved in that folder.

    ``NAME@SPLIT`` is one of several splits, where ``describe`` tells of any.

    Raises:
        CorpusError: no such name, split or folder, or its content is wrong.
        Unavailable: it is to be downloaded, and cannot be.
    """
    if is_folder(name):
        return Corpus.load(name)
    source, split = _source(name)
    return source.load(split) if split else source.load()


def fetch(name: str, *, accept_licence: bool = False) -> list[Path]:
    """Download what the corpus of that name is made of; nothing for a simulated one.

    Raises:
        CorpusError: no such name or split, or its licence is to be accepted first.
        Unavailable, DownloadError: a file cannot be had, or is not the pinned one.
    """
    source, _ = _source(name)
    if source.agree:
        source.agree(accepted=accept_licence)
    files = [download.fetch(pin) for pin in source.pins()]
    return files + ([download.fetch_first(either)] if (either := source.either()) else [])


def mirror(to: Path, *, accept_licence: bool = False) -> dict[str, str]:
    """Fetch every corpus's files and lay copies out as ``MLSAN_MIRROR`` wants them: for machines
    without a network. corpus -> why it is not among them, "" where it is."""
    missing = {}
    for name in SOURCES:
        try:
            for path in fetch(name, accept_licence=accept_licence):
                copy = to / path.relative_to(download.data_dir() / "downloads")
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
            missing[name] = ""
        except (CorpusError, download.DownloadError) as error:
            missing[name] = str(error).splitlines()[0]
    return missing


def describe() -> pd.DataFrame:
    """One row per corpus: what it is, its download's size, its licence, and whether it is here."""
    return pd.DataFrame([
        {"name": name, "what": s.what + _splits(s.folds), "download": s.size, "licence": s.licence,
         "downloaded": "not needed" if not s.pins()
         else "yes" if _is_here(s) else "no"}
        for name, s in SOURCES.items()])


def _is_here(source: Source) -> bool:
    either = [download.stored(pin).exists() for pin in source.either()]
    return all(download.stored(pin).exists() for pin in source.pins()) and any(either or [True])


def _splits(folds: Mapping[str, int]) -> str:
    told = ", ".join(f"@{protocol}-0 to {n - 1}" for protocol, n in folds.items())
    return f"; splits {told}" if told else ""


def _source(name: str) -> tuple[Source, str]:
    """Who has the corpus, and which split of it is asked for; none: all there is, or the usual."""
    name, _, split = name.partition("@")
    if name not in SOURCES:
        raise CorpusError(f"no corpus {name!r}; known are {', '.join(SOURCES)}, or give the folder "
                          "of a corpus that was saved")
    if split and not (folds := SOURCES[name].folds):
        raise CorpusError(f"{name}@{split}: {name} has one split, its own; write {name}")
    if split:
        acted.check(name, split, folds)
    return SOURCES[name], split
