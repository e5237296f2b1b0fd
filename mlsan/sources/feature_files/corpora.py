"""MELD and IEMOCAP with the feature files of other papers: MMGCN, MultiEMO, SDT, COSMIC, M3NET.

The files are pickles. They are read once, with nothing in them executed, checked, and kept as a
corpus folder. What they call a speaker is no person: MELD's one-hot is the order of first
appearance in the dialogue, IEMOCAP's letter is a gender. Here ``speaker`` is the person: for MELD
the name in MELD's own csv, joined by dialogue and utterance; for IEMOCAP one of the two actors of
a session.

Beside generated stand-ins for such files lies an ``identity.pkl``, which says who speaks. A corpus
made of them has ``GENERATED`` in its name, and its scores say nothing about MELD or IEMOCAP.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mlsan.data.corpus import Corpus
from mlsan.data.validation import CorpusError
from mlsan.sources import meld
from mlsan.sources.cache import converted, folder_of
from mlsan.sources.download import Pin, Unavailable, fetch, git_blob_id, stored
from mlsan.sources.feature_files.layouts import LAYOUTS
from mlsan.sources.feature_files.reading import (
    AGAIN,
    DEV_DIALOGUES,
    DEV_SEED,
    Talk,
    each,
    is_whole,
    name_of,
    read,
    read_talk,
    vectors,
)
from mlsan.sources.safe_pickle import read_pickle

FEATURES = ("mmgcn", "multiemo", "sdt", "cosmic", "m3net")
EMOTIONS = {"meld": meld.EMOTIONS,
            "iemocap": ("happy", "sad", "neutral", "angry", "excited", "frustrated")}
GENERATED, IDENTITY = "GENERATED", "identity.pkl"
GENDER = {"M": "male", "F": "female"}
VERSION = 2     # of the conversion: raise it with every change of what the corpora hold

LICENCE = {"meld": "features: see their repository; derived from MELD, GPL-3.0",
           "iemocap": "IEMOCAP, USC SAIL's release form: research only, not to be passed on"}
IEMOCAP_TERMS = """\
IEMOCAP belongs to the Signal Analysis and Interpretation Laboratory (SAIL), University of \
Southern California. Its terms in short and in our words; what counts is the release form:
- ask SAIL for the data: https://sail.usc.edu/iemocap/iemocap_release.htm
- use it for your own research, for nothing commercial
- pass on neither the data nor what is derived from it, such as these features or a corpus of them
- release form: https://sail.usc.edu/iemocap/Data_Release_Form_IEMOCAP.pdf"""


def is_generated(corpus: Corpus) -> bool:
    """Whether it was made of generated files: its scores must not stand beside a published one."""
    return GENERATED in corpus.name


def load_features(dataset: str, features: str, folder: Path | None = None, *,
                   accept_licence: bool = False, progress: bool = True) -> Corpus:
    """The features (``FEATURES``) of a data set ("meld", "iemocap"), from ``folder`` or downloaded.

    Raises:
        CorpusError: an unknown name, a file that is missing or not as published, a licence that has
            to be accepted first.
        Unavailable, DownloadError: a file cannot be had, or is not the pinned one.
    """
    return find(dataset, features, folder).load(accept_licence=accept_licence, progress=progress)


def find(dataset: str, features: str, folder: Path | None = None) -> FeatureFiles:
    """What ``load_features`` would load, with nothing downloaded or converted yet."""
    if (dataset, features) not in LAYOUTS:
        raise CorpusError(f"no features {features!r} of {dataset!r}; "
                          f"there are {', '.join(FEATURES)} of {' and of '.join(EMOTIONS)}")
    files = LAYOUTS[dataset, features]
    if folder is None:
        if missing := [file.name for file in files if file.pin is None]:
            raise Unavailable(f"{dataset}, {features}: nobody publishes {' and '.join(missing)} "
                              "under an address that stays. Get it from its authors, "
                              "then name the folder it is in: "
                              f"`mlsan fetch {dataset} --features {features} --from DIR`")
        return FeatureFiles(dataset, features, {file.name: file.pin.blob for file in files})
    names, folder = [file.name for file in files], Path(folder).expanduser()
    if missing := [name for name in names if not (folder / name).is_file()]:
        raise CorpusError(f"{folder / missing[0]}: not found; the features {features} of {dataset} "
                          f"are {' and '.join(names)}, in one folder and under these names")
    generated = (folder / IDENTITY).is_file()
    blobs = {name: git_blob_id(folder / name) for name in (*names, *[IDENTITY] * generated)}
    return FeatureFiles(dataset, features, blobs, folder, generated)


def pins(dataset: str, features: str) -> list[Pin]:
    """What is downloaded for these features; for MELD its csv too."""
    csv = meld.MELD.values() if dataset == "meld" else ()
    return [*(file.pin for file in LAYOUTS[dataset, features]), *csv]


def check_licence(dataset: str, features: str, folder: Path | None = None, *,
                  accepted: bool) -> None:
    """Refuse IEMOCAP's files to who has not accepted its terms, now or at their download."""
    here = folder is None and all(stored(file.pin).exists() for file in LAYOUTS[dataset, features])
    if dataset == "iemocap" and not accepted and not here:
        place = f" --from {folder}" if folder else ""
        raise CorpusError(f"{IEMOCAP_TERMS}\nIf you accept them, type `mlsan fetch iemocap "
                          f"--features {features}{place} --accept-licence`")


@dataclass(frozen=True)
class FeatureFiles:
    """Feature files that were found: ``blobs`` maps their names to their git blob ids."""

    dataset: str
    features: str
    blobs: dict[str, str]
    folder: Path | None = None
    generated: bool = False

    @property
    def name(self) -> str:
        return f"{self.dataset}-{self.features}" + (f"-{GENERATED}" if self.generated else "")

    @property
    def kept(self) -> Path:
        """The corpus folder in which ``load`` keeps what it converted."""
        return folder_of(self.name, self._key)

    def load(self, *, accept_licence: bool = False, progress: bool = True) -> Corpus:
        """See ``load_features``."""
        return converted(self.name, self._key, lambda: self._convert(accept_licence, progress))

    @property
    def _named(self) -> bool:                   # by MELD's csv
        return self.dataset == "meld" and not self.generated

    @property
    def _key(self) -> tuple:
        return (VERSION, self.dataset, self.features, *self.blobs.items(),
                *(meld.MELD.values() if self._named else ()))

    def _convert(self, accept_licence: bool, progress: bool) -> Corpus:
        if not self.generated:
            check_licence(self.dataset, self.features, self.folder, accepted=accept_licence)
        emotions, talk, features = EMOTIONS[self.dataset], None, {}
        for file in LAYOUTS[self.dataset, self.features]:
            path = self.folder / file.name if self.folder else fetch(file.pin, progress)
            items = read(file, path)
            if file.items:
                found = read_talk(self.dataset, items, path, len(emotions))
                talk = talk or found
                talk.check_same(found)
            for item, dim in file.takes.items():
                block = vectors(path, items, item, talk.lengths, dim)
                if item.startswith("roberta"):             # the text is the mean of the four layers
                    features["text"] = features.get("text", 0) + block / 4
                else:
                    features[item] = block
            items = block = None              # hundreds of megabytes: gone before the next are read
        table = self._table(talk, progress)
        return Corpus(self.name, table, features, emotions, licence=self._licence,
                      provenance=self._provenance(talk, table), recipe=self.dataset)

    def _table(self, talk: Talk, progress: bool) -> pd.DataFrame:
        """The utterances in the order of ``talk``."""
        emotions, rows = EMOTIONS[self.dataset], []
        for key, split in talk.split.items():
            said = zip(talk.speakers[key], talk.labels[key], talk.texts[key], strict=True)
            for turn, (speaker, label, text) in enumerate(said):
                rows.append({"dialogue": name_of(self.dataset, key), "turn": turn,
                             "speaker": speaker, "emotion": emotions[label],
                             "split": split, "text": meld.clean_text(text)})
        table = pd.DataFrame(rows)
        if self._named:
            csv = meld.read_meld({split: fetch(pin, progress) for split, pin in meld.MELD.items()})
            return _joined(talk, table, csv)
        if self.dataset == "iemocap":
            table["gender"] = table.speaker.map(GENDER)
            table["speaker"] = table.dialogue.str[:5] + table.speaker    # Ses01F_impro01, M: Ses01M
        if self.generated:
            path = self.folder / IDENTITY
            identity = {"identity": read_pickle(path)}
            if not isinstance(identity["identity"], dict):
                raise CorpusError(f"{path}: not a dict over the dialogues; {AGAIN}")
            who = []
            for key, length in talk.lengths.items():
                who += each(path, identity, "identity", key, length, is_whole,
                            "needs the speaker's number")
            table["speaker"] = [f"speaker {number}" for number in who]
        return table

    @property
    def _licence(self) -> str:
        if self.generated:
            return "generated, none"
        return LICENCE[self.dataset]

    def _provenance(self, talk: Talk, table: pd.DataFrame) -> str:
        published = {file.name: file.pin for file in LAYOUTS[self.dataset, self.features]}
        files = []
        for name, blob in self.blobs.items():
            pin = published.get(name)
            if pin and pin.blob == blob:
                files.append(str(pin))
            else:
                files.append(f"{name} (local file, not verified, git blob {blob})")
        lines = ["GENERATED, nobody's speech: " * self.generated + ", ".join(files)]
        if self.dataset == "iemocap":
            lines.append(f"dev: {DEV_DIALOGUES} dialogues drawn with seed {DEV_SEED}")
        else:
            by_dialogue = table.groupby("dialogue", sort=False)
            slots = by_dialogue.speaker.transform(lambda s: s.factorize()[0])
            one_hot = np.concatenate([np.argmax(talk.speakers[key], axis=1) for key in talk.split])
            as_said = (slots == one_hot).groupby(table.dialogue).all()
            lines.append("the file's speaker is the order of first appearance in "
                         f"{as_said.sum()} of {len(as_said)} dialogues")
        if self._named:
            pin = meld.MELD["train"]
            lines.append(f"speakers, turns and texts: {pin.repo}@{pin.commit[:7]}")
        return "; ".join(lines)


def _joined(talk: Talk, table: pd.DataFrame, csv: pd.DataFrame) -> pd.DataFrame:
    """MELD's own rows, in the order of ``table``, once both are seen to hold the same talk.

    An utterance is joined by its place in the dialogue: the published files leave out what MELD's
    csv leaves out, and both count on, where the csv's turn has a gap.
    """
    ours, theirs = (t.groupby("dialogue", sort=False).size() for t in (table, csv))
    for key in talk.split:
        name = name_of("meld", key)
        if ours[name] != theirs.get(name, 0):
            raise CorpusError(f"{talk.path}: dialogue {key} has {ours[name]} utterances, "
                              f"{name} in MELD's csv has {theirs.get(name, 0)}; {AGAIN}")
    if missing := [name for name in theirs.index if name not in ours]:
        raise CorpusError(f"{talk.path}: no dialogue for {missing[0]} of MELD's csv; {AGAIN}")
    place = pd.Series(range(len(ours)), ours.index)
    csv = csv.iloc[np.argsort(csv.dialogue.map(place), kind="stable")].reset_index(drop=True)
    differ = np.flatnonzero(csv.emotion != table.emotion)
    if len(differ):
        row = differ[0]
        raise CorpusError(f"{talk.path}: labels of {table.dialogue[row]}, "
                          f"utterance {table.turn[row]}: {table.emotion[row]}, but MELD's csv has "
                          f"{csv.emotion[row]} for {csv.text[row]!r}; {AGAIN}")
    return csv
