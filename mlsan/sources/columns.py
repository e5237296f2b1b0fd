"""Tables of turns as one table of utterances: what is whose column, whose turn follows whose.

Nothing is guessed or mended in silence: what was done is returned as notes, to be shown.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from mlsan.data.validation import SPLITS, CorpusError
from mlsan.sources.tables import plain, read_table

# What each column is usually called, by ``plain``; the first that a table has is taken.
USUAL = {
    "dialogue": ("dialogue", "dialogueid", "dialog", "dialogid", "diaid", "conversation",
                 "conversationid", "convid", "sceneid", "scene", "sessionid", "session"),
    "turn": ("turn", "turnid", "turnnumber", "turnindex", "utteranceid", "uttid", "utteranceindex"),
    "speaker": ("speaker", "speakers", "speakerid", "speakername", "character", "author"),
    "emotion": ("emotion", "emotions", "emotionlabel", "label"),
    "split": ("split", "fold", "partition", "subset"),
    "text": ("text", "utterance", "transcript", "transcription", "sentence", "message"),
    "gender": ("gender", "sex"),
    "audio": ("audio", "audiopath", "audiofile", "wav", "wavpath", "wavfile"),
}
SPLIT_WORDS = {"train": "train", "training": "train", "trn": "train",
               "dev": "dev", "val": "dev", "valid": "dev", "validation": "dev",
               "test": "test", "testing": "test", "tst": "test"}
OTHERS = 0.15       # of the dialogues go to dev, and to test, where we make the splits


def split_of(path: Path) -> str | None:
    """The one split that a file's name speaks of, such as dev for ``val_sent_emo.csv``."""
    words = re.split(r"[^a-z]+", path.stem.lower())
    found = {SPLIT_WORDS[word] for word in words if word in SPLIT_WORDS}
    return found.pop() if len(found) == 1 else None


def default_name(paths: Sequence[Path]) -> str:
    """What their corpus is called: like the table; like the first of several, without its split."""
    stem = paths[0].stem
    if len(paths) > 1:
        words = re.split(r"([^A-Za-z]+)", stem)
        kept = "".join(word for word in words if word.lower() not in SPLIT_WORDS)
        stem = kept.strip("-_. ") or "corpus"
    return stem


def read_conversations(tables: Sequence[tuple[Path, str | None]], columns: Mapping[str, str | None],
                       *, make_splits: bool = False, leave_out: Collection[str] = ()
                       ) -> tuple[pd.DataFrame, np.ndarray, list[str]]:
    """The utterances of all tables, in order; of each its row in the tables; and notes.

    The arguments are ``import_tables``'s. The utterances have the columns of a ``Corpus``, and
    ``audio`` (a path or None) where there is one.

    Raises:
        CorpusError: naming the file, the row or the column and the remedy.
    """
    parts, notes = [], []
    for path, split in tables:
        raw, mended = read_table(path, [columns.get("text")] if columns.get("text")
                                 else USUAL["text"])
        notes += mended
        parts.append(_named(path, raw, split, columns, make_splits, leave_out, notes))
    given = _unique(parts, [path for path, _ in tables], notes)
    place = given.index.to_numpy()
    for column in ("dialogue", "speaker"):
        blank = np.flatnonzero(given[column] == "")
        if len(blank):
            raise CorpusError(f"{place[blank[0]]}: no {column} ({len(blank)} such rows); fill it, "
                              "or drop the row" + (" (one name for all who are unknown would make "
                              "one person of them)" if column == "speaker" else ""))
    if (given.split == "").any():
        given["split"] = _splits(given, make_splits, notes)
    spelled = {e.casefold(): e for e in reversed(given.emotion.to_list())}
    if others := set(given.emotion) - set(spelled.values()):
        given["emotion"] = given.emotion.str.casefold().map(spelled)
        notes.append(f"emotions that differ in capitals are one: {', '.join(sorted(others))}")
    first = pd.factorize(given.dialogue)[0]
    order = np.lexsort((given.turn.to_numpy(), first))
    if moved := int((order != np.arange(len(order))).sum()):
        notes.append(f"{moved} rows moved, to keep a dialogue together and its turns in order")
    table = given.iloc[order]
    again = np.flatnonzero(table.duplicated(["dialogue", "turn"]))
    if len(again):
        i = again[0]
        raise CorpusError(
            f"{place[order[i]]}: dialogue {table.dialogue.iloc[i]!r} has turn {table.turn.iloc[i]} "
            f"already ({place[order[i - 1]]}); number its turns each once, or, where an id is made "
            "of several columns, name them all, such as --dialogue season,episode,scene")
    return table.reset_index(drop=True), order, list(dict.fromkeys(notes))


def _named(path, raw, split, columns, make_splits, leave_out, notes) -> pd.DataFrame:
    """One table with our columns, its cells as texts; the turns of a dialogue may be apart."""
    found, guessed = {}, []
    by_plain = {plain(str(name)): name for name in reversed(raw.columns)}
    for column, usual in USUAL.items():
        ours = {"audio", "speaker"} & {*leave_out}
        if column in ours or column == "split" and (split or make_splits):
            continue
        if named := columns.get(column):
            parts = named.split(",") if column == "dialogue" else [named]
            missing = [part for part in parts if plain(part) not in by_plain]
            if missing:
                raise CorpusError(f"{path}: no column {missing[0]!r} for --{_option(column)}; it "
                                  f"has {', '.join(map(repr, raw.columns))}")
            found[column] = [by_plain[plain(part)] for part in parts]
        elif name := next((by_plain[u] for u in usual if u in by_plain), None):
            found[column] = [name]
            guessed.append(f"{column} {name!r}")
    needed = {"dialogue", "speaker", "text"} - ({"text", "speaker"} & set(leave_out))
    if missing := sorted(needed - set(found)):
        raise CorpusError(f"{path}: no column for the {missing[0]}; it has "
                          f"{', '.join(map(repr, raw.columns))}; name it with --{missing[0]}")
    if guessed:
        notes.append(f"columns guessed: {', '.join(guessed)}")
    if "emotion" not in found:
        notes.append(f"no column of emotions among {', '.join(map(repr, raw.columns))}; if one is, "
                     "name it with --emotion")
    table = pd.DataFrame(index=raw.index)
    for column, names in found.items():
        cells = [_texts(raw, name, column, notes) for name in names]
        table[column] = ["-".join(row) for row in zip(*cells, strict=True)]
    for column in {"emotion", "split", "text"} - set(found):
        table[column] = ""
    if "speaker" not in found:
        table["speaker"] = "unheard"            # until their voices are told apart
    if "split" not in found and not make_splits:
        if not split and (split := split_of(path)):
            notes.append(f"{path.name}: is {split}, by its name")
        table["split"] = split or ""
    bad = np.flatnonzero(~table.split.str.lower().isin(["", *SPLIT_WORDS]))
    if len(bad):
        raise CorpusError(f"{table.index[bad[0]]}: split {table.split.iloc[bad[0]]!r} is none of "
                          f"{', '.join(SPLITS)}; write one, or name another --split-column")
    table["split"] = table.split.str.lower().map(SPLIT_WORDS | {"": ""})
    table["turn"] = _turns(table, found.get("turn"), bool(columns.get("turn")), path, notes)
    if "audio" in table:
        table["audio"] = [path.parent / cell if cell else None for cell in table.audio]
    return table


def _texts(raw: pd.DataFrame, name: str, column: str, notes: list[str]) -> list[str]:
    """The cells of a column as texts, "" where there is none."""
    out, several, trimmed, gaps = [], [], 0, 0
    for place, cell in zip(raw.index, raw[name], strict=True):
        if column == "speaker" and isinstance(cell, str) and re.fullmatch(r"\[.*\]", cell.strip()):
            try:
                cell = ast.literal_eval(cell.strip())       # a list that was written into a CSV
            except (ValueError, SyntaxError):
                pass                                        # a name in brackets
        if column == "speaker" and isinstance(cell, list):
            if len(cell) > 1:
                several.append(cell)
            cell = " and ".join(map(str, cell))
        if cell is None or cell != cell:                    # NaN
            cell = ""
            gaps += 1
        if isinstance(cell, float) and cell.is_integer():
            cell = int(cell)
        if not isinstance(cell, str | int | float):
            raise CorpusError(f"{place}, {name}: {cell!r:.60} is a {type(cell).__name__}; give a "
                              f"text, or name another column with --{_option(column)}")
        text = str(cell)
        if column != "text":
            trimmed += text != (text := " ".join(text.split()))
        out.append(text)
    if column in ("dialogue", "speaker", "emotion", "turn"):
        numbers = [re.fullmatch(r"(-?\d+)(?:\.0)?", text) for text in out if text]
        if numbers and all(numbers) and any(text.endswith(".0") for text in out):
            out = [text.removesuffix(".0") for text in out]
            notes.append(f"{name}: the .0 of its whole numbers was left out")
    if several:
        notes.append(f"{name}: {len(several)} turns of several people, who are one speaker there, "
                     f"such as {' and '.join(map(str, several[0]))!r}")
    if trimmed:
        notes.append(f"{name}: blanks trimmed in {trimmed} cells")
    if gaps and column == "text":
        notes.append(f"{name}: {gaps} missing texts are empty now")
    return out


def _turns(table, names, is_named, path, notes) -> pd.Series:
    """Whole numbers: the column's, or else the order of the rows."""
    if names:
        bad = np.flatnonzero(~table.turn.str.fullmatch(r"\d{1,9}"))
        if not len(bad):
            return table.turn.astype(np.int64)
        if is_named:
            raise CorpusError(f"{table.index[bad[0]]}, {names[0]}: {table.turn.iloc[bad[0]]!r} is "
                              "no turn; turns are whole numbers. Without --turn, the order of the "
                              "rows counts")
        notes.append(f"{names[0]!r} is no number: turns go by the order of the rows")
    else:
        notes.append("no column of turns: they go by the order of the rows")
    return table.groupby("dialogue").cumcount()


def _unique(parts: list[pd.DataFrame], paths: list[Path], notes: list[str]) -> pd.DataFrame:
    """All tables as one. An id that begins anew in each table, or each split, becomes its own."""
    seen = pd.concat([part.dialogue.drop_duplicates() for part in parts])
    each = [set(part.split) for part in parts]
    if seen.duplicated().any():
        by_split = all(len(one) == 1 and "" not in one for one in each) and (
            len(set.union(*each)) == len(parts))
        stems = [next(iter(one)) if by_split else path.stem
                 for one, path in zip(each, paths, strict=True)]
        if len(set(stems)) < len(stems):
            raise CorpusError(f"{paths[0]}: dialogue {seen[seen.duplicated()].iloc[0]!r} stands in "
                              "another table of that name too; rename one of the files")
        name = seen[seen.duplicated()].iloc[0]
        now = [f"{stem}-{name}" for part, stem in zip(parts, stems, strict=True)
               if name in set(part.dialogue)]
        notes.append(f"dialogues begin anew in each table: {name!r} is now "
                     f"{' and '.join(map(repr, now[:2]))}, and so on")
        return pd.concat([part.assign(dialogue=f"{stem}-" + part.dialogue)
                          for part, stem in zip(parts, stems, strict=True)])
    table = pd.concat(parts)
    torn = table.groupby("dialogue").split.nunique() > 1
    torn = table.dialogue.isin(torn.index[torn])
    if torn.any() and table[torn].duplicated(["dialogue", "turn"]).any():
        table["dialogue"] = table.split + "-" + table.dialogue
        notes.append("dialogues begin anew in each split: each is named after its split now, such "
                     f"as {table.dialogue.iloc[0]!r}")
    return table


def _splits(table: pd.DataFrame, make_splits: bool, notes: list[str]) -> pd.Series:
    """The splits of a table in which rows have none."""
    blank = np.flatnonzero(table.split == "")
    if len(blank) < len(table):
        raise CorpusError(f"{table.index[blank[0]]}: no split, but others have one ({len(blank)} "
                          "such rows); fill it, or add --make-splits")
    if (table.emotion == "").all():
        notes.append("no emotions and no splits: everything is test, to be predicted")
        return table.split.replace("", "test")
    if not make_splits:
        raise CorpusError(f"{table.index[0]}: no split is known; name its column with "
                          "--split-column, give a table for each (--split train=FILE), or add "
                          "--make-splits: whole dialogues, 70/15/15")
    names = table.dialogue.unique()
    size = max(round(OTHERS * len(names)), 1)
    if len(names) < 3:
        raise CorpusError(f"--make-splits: {len(names)} dialogues are too few for "
                          f"{', '.join(SPLITS)}; give at least three")
    drawn = np.random.default_rng(0).permutation(names)
    split = dict.fromkeys(names, "train") | dict.fromkeys(drawn[:size], "dev") | dict.fromkeys(
        drawn[size:2 * size], "test")
    notes.append(f"splits made of whole dialogues: {len(names) - 2 * size} train, {size} dev, "
                 f"{size} test")
    return table.dialogue.map(split)


def _option(column: str) -> str:
    return "split-column" if column == "split" else column
