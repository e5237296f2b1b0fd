"""One published feature file, read and checked.

It is a pickle of a tuple, or of one dict. Its dicts map a dialogue's key to a list over the
dialogue's utterances. It is known by its tuple's length and its vectors' lengths; whatever differs
is refused, naming the file, the item, the dialogue, the utterance and the remedy.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlsan.data.validation import SPLITS, CorpusError
from mlsan.sources.feature_files.layouts import LAYOUTS, File
from mlsan.sources.safe_pickle import read_pickle

AGAIN = "take the file anew from where it was published, and change nothing in it"
# MELD's dialogues are numbered through its splits, which begin at these numbers; the last is 1432.
BEGINS = (0, 1039, 1153)
END = 1433
# IEMOCAP has no official dev split: 12 dialogues of Sessions 1 to 4, the same for all features.
DEV_DIALOGUES, DEV_SEED = 12, 0
# What a file's lists hold: the splits that a dialogue in them may be of.
LISTS = {"trainVid": {"train", "dev"}, "trainIds": {"train"}, "validIds": {"dev"},
         "testVid": {"test"}, "testIds": {"test"}}


def read(file: File, path: Path) -> dict[str, object]:
    """The items of a published file by their names; each that is a dict stays one.

    Raises:
        CorpusError: it is no pickle of plain data, or not of this file's layout.
    """
    content = read_pickle(path)
    layout = f"a tuple of {len(file.items)}" if file.items else "one dict"
    wanted = f"{file.name} is {layout}"
    size = _of_length(len(content)) if isinstance(content, (tuple, list)) else ""
    if file.items and isinstance(content, (tuple, list)):
        if len(content) != len(file.items):
            raise CorpusError(f"{path}: a tuple{size}, but {wanted}; {AGAIN}")
        content = dict(zip(file.items, content, strict=True))
    elif file.items or not isinstance(content, dict):
        raise CorpusError(f"{path}: a {type(content).__name__}{size}, but {wanted}; {AGAIN}")
    else:
        content = dict.fromkeys(file.takes, content)
    for item in {"speakers", "labels", "sentences", *file.takes} & content.keys():
        if not isinstance(content[item], dict):
            raise CorpusError(f"{path}: {item} is a {type(content[item]).__name__}, "
                              f"not a dict over the dialogues; {AGAIN}")
    return content


def _of_length(length: int) -> str:
    """How long a tuple is, and which published files are as long."""
    names = sorted({f"{dataset}'s {file.name}" for (dataset, _), files in LAYOUTS.items()
                    for file in files if len(file.items) == length})
    return f" of {length}" + (f", as {' or '.join(names)}" if names else "")


def utterances(path: Path, items: Mapping, item: str, key: Hashable, length: int | None = None):
    """What the item holds for one dialogue: a list, a tuple or an array, of that length."""
    if key not in items[item]:
        raise CorpusError(f"{path}: {item} lacks dialogue {key!r}; {AGAIN}")
    values = items[item][key]
    if not _listed(values) or len(values) == 0:
        raise CorpusError(f"{path}: {item} of dialogue {key!r}: {_short(values)}, "
                          f"not a list over its utterances; {AGAIN}")
    if length is not None and len(values) != length:
        raise CorpusError(f"{path}: {item} of dialogue {key!r}: {len(values)} utterances, but the "
                          f"dialogue has {length}; {AGAIN}")
    return values


def vectors(path: Path, items: Mapping, item: str, lengths: Mapping[Hashable, int],
            dim: int) -> np.ndarray:
    """The item's vectors of all dialogues, one under the other: finite float32 (N, dim)."""
    out, row = np.empty((sum(lengths.values()), dim), np.float32), 0
    for key, length in lengths.items():
        values = utterances(path, items, item, key, length)
        block = _array(values)
        if block is None or block.shape != (length, dim) or not np.isfinite(block).all():
            for u, value in enumerate(values):
                _check(path, item, key, u, value, _fault(value, dim))
        out[row:row + length] = block
        row += length
    return out


def _listed(values) -> bool:
    return isinstance(values, (list, tuple)) or (isinstance(values, np.ndarray) and values.ndim > 0)


def _array(values) -> np.ndarray | None:
    """Numbers as float32; None for anything else, and for rows of different lengths."""
    try:
        array = np.asarray(values)
    except (ValueError, TypeError):
        return None
    if array.dtype.kind not in "fiu":
        return None
    with np.errstate(over="ignore"):
        return array.astype(np.float32, copy=False)


def _fault(vector, dim: int) -> str:
    array = _array(vector)
    if array is None or array.ndim != 1:
        return f"not a vector of {dim} numbers"
    if len(array) != dim:
        return f"a vector of {len(array)} numbers, needs {dim}"
    return "" if np.isfinite(array).all() else "a number that is not finite"


def each(path: Path, items: Mapping, item: str, key: Hashable, length: int | None,
         valid: Callable[[object], bool], wanted: str):
    """One dialogue's part of an item, every utterance of which must be ``valid``."""
    values = utterances(path, items, item, key, length)
    for u, value in enumerate(values):
        _check(path, item, key, u, value, "" if valid(value) else wanted)
    return values


def _check(path, item, key, u, value, fault) -> None:
    if fault:
        raise CorpusError(f"{path}: {item} of dialogue {key!r}, utterance {u}: {fault}, "
                          f"has {_short(value)}; {AGAIN}")


def is_one_hot(value) -> bool:
    """Whether it is one of MELD's speakers: nine numbers, a one among zeros."""
    array = _array(value)
    if array is None or array.shape != (9,):
        return False
    return ((array == 0) | (array == 1)).all() and array.sum() == 1


def is_letter(value) -> bool:
    """Whether it is one of IEMOCAP's speakers: a gender."""
    return isinstance(value, str) and value in ("M", "F")


def is_whole(value) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _short(value) -> str:
    text = re.sub(r"\s+", " ", repr(value))
    return text if len(text) <= 40 else text[:40] + "…"


# -- who says what ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Talk:
    """What a file says besides features. All map a dialogue's key, in the order of splits and keys.

    Attributes:
        split: train, dev or test.
        labels: the number of each utterance's emotion.
        speakers: nine numbers an utterance (MELD), or a letter (IEMOCAP).
        texts: what is said.
    """

    path: Path
    split: dict[Hashable, str]
    labels: dict[Hashable, list[int]]
    speakers: dict[Hashable, list]
    texts: dict[Hashable, list[str]]

    @property
    def lengths(self) -> dict[Hashable, int]:
        return {key: len(labels) for key, labels in self.labels.items()}

    def check_same(self, other: Talk) -> None:
        """Two files that are to be joined must say the same of every dialogue."""
        for key in self.split.keys() | other.split.keys():
            if self.labels.get(key) != other.labels.get(key):
                raise CorpusError(f"{other.path}: the labels of dialogue {key!r} are "
                                  f"{_short(other.labels.get(key))}, but {self.path} has "
                                  f"{_short(self.labels.get(key))}; "
                                  "take both files from one publication")


def read_talk(dataset: str, items: Mapping, path: Path, emotions: int) -> Talk:
    """Who says what in a file's dialogues, checked; ``emotions``: how many there are."""
    split = _splits(dataset, items, path)
    for item in ("labels", "speakers"):
        if more := items[item].keys() - split.keys():
            raise CorpusError(f"{path}: {item} has dialogue {min(more, key=str)!r}, "
                              f"which is in no list of dialogues; {AGAIN}")

    def is_label(value) -> bool:
        return is_whole(value) and 0 <= value < emotions

    def is_text(value) -> bool:
        return isinstance(value, str)

    one_of = f"needs a whole number from 0 to {emotions - 1}"
    is_speaker, form = {"meld": (is_one_hot, "needs a one and eight zeros"),
                        "iemocap": (is_letter, "needs 'M' or 'F'")}[dataset]
    labels, speakers, texts = {}, {}, {}
    for key in split:
        labels[key] = list(map(int, each(path, items, "labels", key, None, is_label, one_of)))
        n = len(labels[key])
        speakers[key] = list(each(path, items, "speakers", key, n, is_speaker, form))
        texts[key] = list(each(path, items, "sentences", key, n, is_text, "needs a text"))
    return Talk(path, split, labels, speakers, texts)


def _splits(dataset: str, items: Mapping, path: Path) -> dict[Hashable, str]:
    """Each dialogue's split: MELD's by its number, IEMOCAP's by its session and our draw of dev."""
    split = {}
    for name in [name for name in LISTS if name in items]:
        if not isinstance(items[name], (set, frozenset)) and not _listed(items[name]):
            raise CorpusError(f"{path}: {name} is a {type(items[name]).__name__}, "
                              f"not a list of dialogues; {AGAIN}")
        for key in items[name]:
            home = _home(dataset, key)
            if home is None:
                form = {"meld": "a number from 0 to 1432",
                        "iemocap": "a name such as 'Ses01F_impro01'"}[dataset]
                raise CorpusError(f"{path}: {name} has {_short(key)}, which is no dialogue of "
                                  f"{dataset.upper()}'s, {form}; {AGAIN}")
            if not home & LISTS[name]:
                raise CorpusError(f"{path}: {name} has dialogue {key!r}, which is one of "
                                  f"{' or '.join(sorted(home))}; {AGAIN}")
            key = int(key) if dataset == "meld" else key
            if key in split:
                raise CorpusError(f"{path}: {name} has dialogue {key!r}, "
                                  f"which was listed already; {AGAIN}")
            split[key] = min(home)
    if dataset == "iemocap":
        train = sorted(key for key, of in split.items() if of != "test")
        if len(train) <= DEV_DIALOGUES:
            raise CorpusError(f"{path}: {len(train)} dialogues of Sessions 1 to 4; needs more than "
                              f"{DEV_DIALOGUES}, which become dev")
        dev = np.random.default_rng(DEV_SEED).choice(train, DEV_DIALOGUES, replace=False)
        split |= dict.fromkeys(train, "train") | dict.fromkeys(map(str, dev), "dev")
    ordered = sorted(split, key=lambda key: (SPLITS.index(split[key]), key))
    return {key: split[key] for key in ordered}


def _home(dataset: str, key) -> set[str] | None:
    """The splits that a dialogue may be of; None for what is no dialogue of the data set."""
    if dataset == "meld":
        return {SPLITS[bisect_right(BEGINS, key) - 1]} if is_whole(key) and 0 <= key < END else None
    session = re.fullmatch(r"Ses0([1-5])[FM]_\w+", key) if isinstance(key, str) else None
    return session and ({"test"} if session[1] == "5" else {"train", "dev"})


def name_of(dataset: str, key: Hashable) -> str:
    """What our corpora call the dialogue: MELD counts anew in each split, IEMOCAP has names."""
    if dataset == "iemocap":
        return key
    split = bisect_right(BEGINS, key) - 1
    return f"{SPLITS[split]}-{key - BEGINS[split]}"
