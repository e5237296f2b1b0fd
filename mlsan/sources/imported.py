"""Anyone's tables as a corpus: their turns, and features of what is said and how."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np

from mlsan.data.corpus import Corpus
from mlsan.data.validation import SPLITS, CorpusError, check_modality_names
from mlsan.sources import voiceprints
from mlsan.sources.columns import read_conversations
from mlsan.sources.encoders import IDENTITY, encode
from mlsan.sources.meld import LAYERS, clean_text
from mlsan.sources.vectors import read_vectors, voices


def import_tables(tables: Sequence[tuple[Path, str | None]], name: str, *,
                  columns: Mapping[str, str | None] | None = None, emotions: Sequence[str] = (),
                  make_splits: bool = False, leave_out: Collection[str] = (),
                  features: Sequence[tuple[str, Path]] = (), people: int | None = None,
                  progress: bool = True) -> tuple[Corpus, list[str]]:
    """A corpus of one or several tables; and notes of what was guessed and mended.

    Args:
        tables: files (see ``tables.read_table``), each with its split, or None where a column or
            the file's name tells.
        columns: what a column is called, for any of ``columns.USUAL``; others are guessed.
            ``dialogue`` may be several, "season,episode,scene".
        emotions: the classes in order; without, by first appearance.
        make_splits: deal whole dialogues out, 70/15/15, the same at each call.
        leave_out: which of text and audio no features are made of.
        features: (modality, file) that are ready, row for row of the tables; several of one
            modality follow one another.
        people: how many there are, where no column names the speakers: their voices are told apart.

    Raises:
        CorpusError: naming the file, the row or the column and the remedy.
        Unavailable: the text encoder or openSMILE is not installed.
    """
    check_modality_names([modality for modality, _ in features], "--features")
    ready = {m: np.concatenate(_alike(m, [(path, read_vectors(path, m)) for other, path in features
                                          if other == m])) for m, _ in features}
    leave_out = {*leave_out, *ready}
    if "audio" in leave_out and (columns or {}).get("audio"):
        raise CorpusError("--audio: stands beside --no-audio or --features audio; give one of them")
    if people and (columns or {}).get("speaker"):
        raise CorpusError("--speaker: stands beside --people, which finds the speakers by their "
                          "voices; give one of them")
    leave_out |= {"speaker"} if people else set()
    table, order, notes = read_conversations(tables, columns or {}, make_splits=make_splits,
                                             leave_out=leave_out)
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path, _ in tables]
    for i, digest in enumerate(digests):
        if digest in digests[:i]:
            raise CorpusError(f"{tables[i][0]}: is the same as {tables[digests.index(digest)][0]}; "
                              "give each table once")
    if people:
        table["speaker"] = _by_voice(table, people)
        turns = table.speaker.value_counts(sort=False)
        notes.append(f"speakers: {people} voices told apart, which is a guess: listen to some "
                     f"({', '.join(f'{name} {n} turns' for name, n in turns.items())})")
    emotions = tuple(emotions) or tuple(e for e in dict.fromkeys(table.emotion) if e)
    Corpus(name, table, {"text": np.zeros((len(table), 1))}, emotions)  # judged before hours pass
    present, sources = {}, []
    for m, x in ready.items():
        if len(x) != len(table):
            raise CorpusError(f"--features {m}: {len(x)} rows, the tables have {len(table)}; give "
                              "one for each, in their order")
        x = x[order]
        present[m] = ~np.isnan(x).all(1)
        ready[m], missing = x, int((~present[m]).sum())
        notes.append(f"{m}: {x.shape[1]} features as given" + (f"; {missing} turns lack them"
                                                               if missing else ""))
        sources.append(f"{m}: {', '.join(path.name for other, path in features if other == m)}")
    if "audio" in table:
        ready["audio"], present["audio"], more, by = voices(table.audio.to_list(), progress)
        notes += [f"audio: {by}, {len(table)} turns", *more]
        sources.append(f"audio: {by}")
    if "text" not in leave_out:
        # The table keeps its texts. The encoder reads them as it reads MELD's: quotes made plain.
        ready["text"] = encode(table.text.map(clean_text).to_list(), progress, LAYERS)
        sources.append(f"text: {IDENTITY}, layers {LAYERS}")
    if not ready:
        raise CorpusError("no features: leave out --no-text, name a column of WAV files with "
                          "--audio, or give --features")
    files = [f"{path.name} (SHA-256 {digest[:12]})"
             for (path, _), digest in zip(tables, digests, strict=True)]
    corpus = Corpus(name, table, ready, emotions, present=present,
                    provenance="; ".join([f"imported from {', '.join(files)}", *sources]))
    notes.append(f"emotions, in this order: {', '.join(emotions) or 'none'}")
    if unlabelled := int((table.emotion == "").sum()):
        notes.append(f"{unlabelled} of {len(table)} turns have no emotion")
    if table.dialogue.nunique() > 1 and table.speaker.str.fullmatch(r"\W*(\d+|\w)\W*").all():
        notes.append(f"speakers are called {', '.join(table.speaker.unique()[:3])}: where these "
                     "begin anew in each dialogue, one name is many people; `mlsan train "
                     "--speakers slot` takes them so")
    if emotions and (missing := [s for s in SPLITS if s not in set(table.split)]):
        notes.append(f"no {' and no '.join(missing)} split: `mlsan train` wants all three; give "
                     "their tables too, or add --make-splits")
    return corpus, notes


def _by_voice(table, people: int) -> list[str]:
    if "audio" not in table:
        raise CorpusError("--people: voices are told apart by recordings; name the column of WAV "
                          "files with --audio")
    silent = table.index[table.audio.isna()]
    if len(silent):
        raise CorpusError(f"--people: {len(silent)} turns have no recording, the first is turn "
                          f"{table.turn[silent[0]]} of dialogue {table.dialogue[silent[0]]!r}; "
                          "leave these rows out, or give a column of speakers")
    return voiceprints.sort_by_voice(voiceprints.embed(table.audio.to_list()), people)


def _alike(modality: str, found: list[tuple[Path, np.ndarray]]) -> list[np.ndarray]:
    for path, x in found:
        if x.shape[1] != found[0][1].shape[1]:
            raise CorpusError(f"{path}: {x.shape[1]} {modality} features a row, {found[0][0]} has "
                              f"{found[0][1].shape[1]}; they follow one another, so give as many")
    return [x for _, x in found]
