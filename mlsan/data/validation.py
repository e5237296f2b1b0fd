"""What a corpus must be like. Every message names the row or field, and the remedy."""

from __future__ import annotations

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


def check_modality_names(given, what):
    for m in given:
        if m not in MODALITIES:
            raise CorpusError(f"{what}: unknown modality {m!r}; use {', '.join(MODALITIES)}")


def checked_table(table: pd.DataFrame, emotions) -> pd.DataFrame:
    missing = [c for c in COLUMNS if c not in table.columns]
    if missing:
        raise CorpusError(f"utterances: no column {', '.join(map(repr, missing))}; "
                          f"the columns are {', '.join(COLUMNS)}")
    if len(table) == 0:
        raise CorpusError("utterances: the table is empty; a corpus needs at least one dialogue")
    columns = [*COLUMNS, *(["gender"] if "gender" in table.columns else [])]
    table = table[columns].reset_index(drop=True)
    table["emotion"] = table.emotion.astype(object).where(table.emotion.notna(), UNLABELLED)
    for column in columns:
        blank = np.flatnonzero(table[column].isna())
        if len(blank):
            raise CorpusError(f"{column} of {where(table, blank[0])}: missing; "
                              "fill it or drop the row")
    for column in ("dialogue", "speaker", "text"):
        # A whole number is a name too; of a list or bytes, str() would make its repr in silence.
        for row, value in enumerate(table[column]):
            if not _is_name(value):
                raise CorpusError(f"{column} of {where(table, row)}: {value!r:.60} is a "
                                  f"{type(value).__name__}; give a text")
        table[column] = table[column].astype(str)
    if not pd.api.types.is_integer_dtype(table.turn):
        raise CorpusError(f"turn: has type {table.turn.dtype}; turns are whole numbers")
    for column, known, none in (("emotion", emotions, [UNLABELLED]), ("split", SPLITS, [])):
        bad = np.flatnonzero(~table[column].isin([*known, *none]))
        if len(bad):
            raise CorpusError(f"{column} of {where(table, bad[0])}: "
                              f"unknown {table[column][bad[0]]!r}; use one of {', '.join(known)}")
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


def _is_name(value) -> bool:
    return isinstance(value, str | int | np.integer) and not isinstance(value, bool)


def checked_presence(modality, present, n):
    present = np.ones(n, bool) if present is None else np.asarray(present)
    if present.shape != (n,) or present.dtype != bool:
        raise CorpusError(f"present.{modality}: {present.dtype} {present.shape}; needs bool ({n},)")
    return present


def checked_features(modality, x, present, table):
    x = np.asarray(x)
    if x.ndim != 2 or len(x) != len(table) or x.shape[1] == 0:
        raise CorpusError(f"{modality}: shape {x.shape}; "
                          f"needs one row per utterance, ({len(table)}, D)")
    if not np.issubdtype(x.dtype, np.number):
        raise CorpusError(f"{modality}: type {x.dtype}; needs numbers")
    x = np.where(present[:, None], x, 0).astype(np.float32, copy=False)
    finite = np.isfinite(x)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        raise CorpusError(f"{modality} of {where(table, row)}, column {column}: {x[row, column]}; "
                          f"mend the value, or mark the row absent in present.{modality}")
    return x
