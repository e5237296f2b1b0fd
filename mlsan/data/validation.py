"""What a corpus must be like. Every message names the row or field, and the remedy."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from numbers import Real

import numpy as np
import pandas as pd

MODALITIES = ("text", "audio", "visual")
SPLITS = ("train", "dev", "test")
UNLABELLED = ""         # of an emotion that nobody noted
COLUMNS = ("dialogue", "turn", "speaker", "emotion", "split", "text")


class CorpusError(ValueError):
    """Bad input. The message names the file, row or field, and the remedy."""


def where(table, row) -> str:
    r = table.iloc[row]
    return f"row {row} (dialogue {r.dialogue!r}, turn {r.turn})"


def is_missing(value) -> bool:
    return pd.api.types.is_scalar(value) and pd.isna(value)


def check_modality_names(given, what):
    for m in given:
        if m not in MODALITIES:
            raise CorpusError(f"{what}: unknown modality {m!r}; use {', '.join(MODALITIES)}")


def check_labelled(corpus, split: str, why: str) -> None:
    """Refuse a corpus without a labelled utterance in a split; ``why`` ends the sentence."""
    if len(corpus.labelled_rows(split)) == 0:
        what = f"emotion in the {split}" if len(corpus.rows(split)) else split
        raise CorpusError(f"{corpus.name}: no {what} split; {why}")


def checked_emotions(emotions) -> tuple[str, ...]:
    """The classes, in the order of their indices; a set has none."""
    if isinstance(emotions, str | set | frozenset):
        raise CorpusError(f"emotions: {emotions!r:.60} is a {type(emotions).__name__}; "
                          "give a list of names, in the order of their indices")
    names = tuple(_text("emotions", name) for name in emotions)
    if again := sorted({name for name in names if names.count(name) > 1}):
        raise CorpusError(f"emotions: {again[0]!r} more than once; name each once")
    _check_names(enumerate(names), lambda i: f"emotions[{i}]")
    return names


def checked_table(table: pd.DataFrame, emotions) -> pd.DataFrame:
    """A copy with rows numbered from 0, turns as int64 and all else as text."""
    if not isinstance(table, pd.DataFrame):
        raise CorpusError(f"utterances: is a {type(table).__name__}; give a pandas DataFrame")
    missing = [c for c in COLUMNS if c not in table.columns]
    if missing:
        raise CorpusError(f"utterances: no column {', '.join(map(repr, missing))}; "
                          f"the columns are {', '.join(COLUMNS)}")
    if len(table) == 0:
        raise CorpusError("utterances: the table is empty; a corpus needs at least one dialogue")
    columns = [*COLUMNS, *(["gender"] if "gender" in table.columns else [])]
    for column in columns:
        if list(table.columns).count(column) > 1:
            raise CorpusError(f"utterances: more than one column {column!r}; keep one of them")
    table = table[columns].reset_index(drop=True)
    table["emotion"] = table.emotion.astype(object).where(table.emotion.notna(), UNLABELLED)
    for column in columns:
        blank = np.flatnonzero(table[column].isna())
        if len(blank):
            raise CorpusError(f"{column} of {where(table, blank[0])}: missing; "
                              "fill it or drop the row")
    for row, value in enumerate(table.turn):
        if not _is_whole(value):
            raise CorpusError(f"turn of {where(table, row)}: {value!r:.60} is a "
                              f"{type(value).__name__}; turns are whole numbers")
    table["turn"] = table.turn.astype(np.int64)
    for column in columns:
        if column != "turn":
            table[column] = [_text((column, table, row), value)
                             for row, value in enumerate(table[column])]
    for column, known, none in (("emotion", emotions, [UNLABELLED]), ("split", SPLITS, [])):
        bad = np.flatnonzero(~table[column].isin([*known, *none]))
        if len(bad):
            value = table[column][bad[0]]
            like = [name for name in known if _alike(name) == _alike(value)]
            remedy = f"write {like[0]!a}" if like else f"use one of {', '.join(known)}"
            raise CorpusError(f"{column} of {where(table, bad[0])}: "
                              f"unknown {ascii(value) if like else repr(value)}; {remedy}")
    for column in set(columns) - {"turn", "emotion", "split", "text"}:
        _check_names(table[column].drop_duplicates().items(),
                     lambda row, column=column: f"{column} of {where(table, row)}")
    splits = table.groupby("dialogue", sort=False).split.unique()
    torn = splits[splits.map(len) > 1]
    if len(torn):
        name, found = torn.index[0], torn.iloc[0]
        others = f", and {len(torn) - 1} more like it" if len(torn) > 1 else ""
        raise CorpusError(f"dialogue {name!r}: has turns in {' and in '.join(found)}{others}; a "
                          "dialogue belongs to one split. Where ids begin anew in each split, make "
                          f"them unique, for instance {found[0] + '-' + name!r}")
    same = table.dialogue.eq(table.dialogue.shift())
    again = np.flatnonzero(~same & table.dialogue.duplicated())
    if len(again):
        raise CorpusError(f"{where(table, again[0])}: the dialogue began further up; "
                          "keep the rows of a dialogue together")
    step = np.flatnonzero(same & (table.turn.diff() <= 0))
    if len(step):
        kind = "repeated" if table.turn[step[0]] == table.turn[step[0] - 1] else "out of order"
        raise CorpusError(f"{where(table, step[0])}: turn {kind}; "
                          "sort by dialogue and turn, each once")
    return table


def _text(place, value) -> str:
    """A text or whole number as text; ``place``: words, or (column, table, row)."""
    def at():
        return place if isinstance(place, str) else f"{place[0]} of {where(*place[1:])}"

    # A whole number is a name too; of a list or bytes, str() would make its repr in silence.
    if not isinstance(value, str | int | np.integer) or isinstance(value, bool):
        raise CorpusError(f"{at()}: {value!r:.60} is a {type(value).__name__}; give a text")
    text = str.__str__(value) if isinstance(value, str) else str(value)     # an Enum's str differs
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise CorpusError(f"{at()}: {text[error.start]!r} is half a character and can't be "
                          "written; mend the text, or replace it by '\\ufffd'") from error
    return text


def _is_whole(value) -> bool:
    return (isinstance(value, Real) and not isinstance(value, bool) and abs(value) < 2 ** 53
            and value == int(value))


def _alike(name: str) -> str:
    """What is the same of names that look the same: blanks, and how an accent is encoded, aside."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def _check_names(names: Iterable[tuple[int, str]], place: Callable[[int], str]) -> None:
    """Refuse an empty name, and a pair of them that only a computer would tell apart."""
    seen = {}
    for row, name in names:
        if not name.strip():
            raise CorpusError(f"{place(row)}: {name!r} is empty; give a name")
        first, other = seen.setdefault(_alike(name), (row, name))
        if name != other:
            raise CorpusError(f"{place(row)}: {name!a}, and {other!a} in {place(first)}; they "
                              "differ in blanks or in how an accent is encoded: write them alike")
