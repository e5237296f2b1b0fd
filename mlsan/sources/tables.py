"""Tables as people have them: CSV, TSV, JSON, JSON lines, Parquet, read without guessing at cells.

A cell stays what the file says: "NA" and "None" are texts, 3 in a Parquet column with gaps is 3.
The index of a table says where each row stands ("talk.csv, line 7"), for messages to name.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Collection, Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mlsan.data.validation import CorpusError

SUFFIXES = (".csv", ".tsv", ".jsonl", ".json", ".parquet")


def plain(name: str) -> str:
    """A column's name without case, blanks and marks: "Dialogue_ID" and "dialogue id" are one."""
    return "".join(c for c in name.casefold() if c.isalnum())


def read_table(path: Path, text: Collection[str]) -> tuple[pd.DataFrame, list[str]]:
    """A file as rows, one for each turn, and what had to be mended on the way.

    Objects within objects, such as EmoryNLP's episodes of scenes of utterances, are opened: a turn
    is what has a field called one of ``text`` (by ``plain``). It takes over the fields of all that
    it is in, and the list that it is in is its ``dialogue``. An object whose text is a list of
    turns, as DailyDialog has them, is opened likewise.

    Raises:
        CorpusError: it can't be read; names the file, the line and the remedy.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise CorpusError(f"{path}: {suffix or 'a file without a suffix'} is not read; save the "
                          f"table as one of {', '.join(SUFFIXES)}")
    try:
        data = path.read_bytes()
        if suffix == ".parquet":
            # Row by row, as pandas would make 3.0 of a 3 in a column with gaps.
            rows, notes = pq.ParquetFile(io.BytesIO(data)).read().to_pylist(), []
        else:
            content, notes = _decoded(path, data)
            if suffix in (".csv", ".tsv"):
                frame, more = _separated(path, content)
                return frame, notes + more
            rows = _json(path, content)
    except (OSError, pa.ArrowException) as error:
        raise CorpusError(f"{path}: cannot be read ({error}); save it again") from error
    return _opened(path, rows, {plain(name) for name in text}, notes)


def _decoded(path: Path, data: bytes) -> tuple[str, list[str]]:
    """UTF-8 with or without its mark, UTF-16 with it, or else Windows' Western European."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return data.decode("utf-16"), [f"{path.name}: is in UTF-16"]
        except UnicodeDecodeError as error:
            raise CorpusError(f"{path}: begins as UTF-16 and is cut or damaged ({error.reason}); "
                              "save it as UTF-8") from error
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = data[:error.start].count(b"\n") + 1
    loose = data.decode("utf-8", "surrogateescape")
    try:
        if any("\x7f" < c < "\udc80" or c > "\udcff" for c in loose):   # true UTF-8 elsewhere
            raise UnicodeError
        return data.decode("cp1252"), [
            f"{path.name}: is not in UTF-8 (line {line}) and was read as Windows-1252; look at its "
            "texts, and save it as UTF-8 if they are wrong"]
    except UnicodeError:
        raise CorpusError(f"{path}, line {line}: is neither UTF-8 nor Windows-1252; save the file "
                          "as UTF-8") from None


def _separated(path: Path, content: str) -> tuple[pd.DataFrame, list[str]]:
    first = content.split("\n", 1)[0]
    usual = "\t" if path.suffix.lower() == ".tsv" else ","
    mark = max((usual, ",", ";", "\t"), key=first.count)
    notes = [] if mark == usual else [f"{path.name}: its columns are separated by {mark!r}"]
    # csv rather than pandas, which fills a short row and drops the end of a long one in silence.
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=mark, strict=True)
    header, rows, places, began = None, [], [], 1
    try:
        for row in reader:
            place, began = f"{path}, line {began}", reader.line_num + 1
            if not row:
                continue
            if header is None:
                header = [name.strip() for name in row]
                again = [name for name in header if name and header.count(name) > 1]
                if again:
                    raise CorpusError(f"{path}: has two columns {again[0]!r}; rename one")
                continue
            if len(row) != len(header):
                raise CorpusError(f"{place}: has {len(row)} fields, the header {len(header)}; put "
                                  "a text that holds the separator or a quote into quotes")
            rows.append(row)
            places.append(place)
    except csv.Error as error:
        raise CorpusError(f"{path}, line {began}: {error}; double the quotes within a text that is "
                          "in quotes, and close it") from error
    if not rows:
        raise CorpusError(f"{path}: has no rows; a table has a header and a row for each turn")
    return pd.DataFrame(rows, columns=header, index=places, dtype=object), notes


def _json(path: Path, content: str):
    """One document, or one on each line: files of either kind are called .json."""
    if path.suffix.lower() == ".json":
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            if getattr(error, "msg", "") != "Extra data":
                raise CorpusError(f"{path}: is not JSON ({error}); write it again") from error
    rows = []
    for number, line in enumerate(content.split("\n"), 1):
        try:
            if line.strip():
                rows.append(json.loads(line))
        except (ValueError, RecursionError) as error:
            raise CorpusError(f"{path}, line {number}: is not JSON ({error}); write it again"
                              ) from error
    return rows


def _opened(path, data, text: set[str], notes) -> tuple[pd.DataFrame, list[str]]:
    found = list(_turns(data, text))
    if not found and isinstance(data, list) and all(isinstance(row, dict) for row in data):
        found = [((), None, row) for row in data]       # its columns are judged by who reads them
    if not found:
        raise CorpusError(f"{path}: nothing in it has a text; name its field or column with --text")
    above, rows = [place for place, _, _ in found], [row for _, _, row in found]
    if any(above):
        names = _names(above, [own for _, own, _ in found])
        notes = [*notes, f"{path.name}: a dialogue is a list of turns, {len(set(names))} of them"]
        rows = [{k: v for k, v in row.items() if plain(k) != "dialogue"} | {"dialogue": name}
                for row, name in zip(rows, names, strict=True)]
    frame = pd.DataFrame({key: pd.Series([row.get(key) for row in rows], dtype=object)
                          for key in dict.fromkeys(key for row in rows for key in row)})
    frame.index = [f"{path}, turn {i}" for i in range(1, len(rows) + 1)]
    return frame, notes


def _names(above: list[tuple], own: list[str | None]) -> list[str]:
    """What each list of turns is called: its own id where all have one, else where it stands."""
    if all(own) and len(set(own)) == len(set(above)):
        return own
    shared = [len(set(steps)) == 1 for steps in zip(*above, strict=False)]      # "episodes", 0
    shared += [False] * (max(map(len, above)) - len(shared))
    return ["-".join(str(step) for step, same in zip(place, shared, strict=False) if not same)
            or "0" for place in above]


def _turns(node, text, above=(), own=None, carried=None) -> Iterator[tuple]:
    """Of each turn: the steps to the list it is in, the id of what holds that list, its fields."""
    if isinstance(node, list):
        for i, item in enumerate(node):
            if isinstance(item, list | dict):
                yield from _turns(item, text, (*above, i), own, carried)
    elif isinstance(node, dict):
        said = [value for key, value in node.items() if plain(key) in text]
        if said and isinstance(said[0], list):
            several = {k: v for k, v in node.items()
                       if isinstance(v, list) and len(v) == len(said[0])}
            for turn in zip(*several.values(), strict=True):
                yield above, _id(node), node | dict(zip(several, turn, strict=True))
        elif said:
            yield above[:-1], own, (carried or {}) | node
        else:
            fields = {k: v for k, v in node.items() if not isinstance(v, list | dict)}
            for key, value in node.items():
                yield from _turns(value, text, (*above, key), _id(node), (carried or {}) | fields)


def _id(node: dict) -> str | None:
    """The last of an object's own fields that is called an id, such as ``scene_id``."""
    ids = [v for k, v in node.items() if plain(k).endswith("id") and isinstance(v, str | int)]
    return str(ids[-1]) if ids else None
