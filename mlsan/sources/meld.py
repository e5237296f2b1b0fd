"""MELD: conversations of *Friends* with an emotion, a speaker and a text for each utterance.

Two corpora come from it:

- ``meld``: all 13,708 utterances in their official splits, text only, seven emotions;
- ``meld-friends``: the 4,804 utterances of the six leads for which others published audio and
  visual features, five emotions.

MELD's own files give true speaker names, which the feature files of most papers replace by the
order of appearance within a dialogue. A name is kept as it is written: "Waiter", "Woman" or "All"
are roles, so their utterances in different dialogues need not come from one person.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from mlsan.data.corpus import Corpus
from mlsan.data.validation import COLUMNS, SPLITS, CorpusError
from mlsan.sources.cache import converted
from mlsan.sources.download import Pin, fetch
from mlsan.sources.encoders import IDENTITY, encode

EMOTIONS = ("neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger")
FRIENDS_EMOTIONS = ("fear", "sadness", "joy", "disgust", "anger")
GENDER = {"Chandler": "male", "Joey": "male", "Monica": "female", "Phoebe": "female",
          "Rachel": "female", "Ross": "male"}
LAYERS = (2, 4, 6)      # of the text encoder, chosen on dev (recorded "choices")
VERSION = 2     # of the conversion: raise it with every change of what the corpora hold

LICENCE = "GPL-3.0 (declare-lab/MELD)"
FRIENDS_LICENCE = "features: none stated (akakhtar/IITKGP-Internship); derived from MELD, GPL-3.0"

MELD = {split: Pin("declare-lab/MELD", "2d2011b409d3ca2d7e94460cd007d434b1d0a102",
                   f"data/MELD/{split}_sent_emo.csv", blob)
        for split, blob in (("train", "b91dbd634693608a8e77a00d9256ae9cbb51bc43"),
                            ("dev", "91dd39cd4a10a53eda3c8aaf1955d3eae795ae52"),
                            ("test", "357d4a5f7ec119215622d07ed55fa3cad5d8d4c3"))}

FRIENDS = {(speaker, split): Pin(
               "akakhtar/IITKGP-Internship", "cdbfb2a98ab525f40e2f7154f890150abf98bdfc",
               f"28_07_24/Speakers/{split.title()}/{speaker}_{split}.csv", blob)
           for speaker, blobs in {
               "Chandler": ("eda09846af7abd84719268bc261ea53abf983c77",
                            "f14fd40df37fb1b639ddd35146bdab06760ad8ba",
                            "8c2ab130ffa9b3cc88cb90f448d868ff088b0723"),
               "Joey": ("162600cca78aad3f842a4a8d20bbe96aadf15e1a",
                        "01bb50f5ac04c8994062702207e9fde28aaf2f5c",
                        "4d17041a57ab6fd2a6f2ac9dfd3a794b5556a46e"),
               "Monica": ("1dfe2028ebeee86c82de4a0664d4fe9d505d6299",
                          "f8b1b2867ef9dd33bdae3aafff28f89d631f2861",
                          "6c8f10b405526851bff374b0aab617523f7dd9b9"),
               "Phoebe": ("b0f1d267b7ac412024962d5ee41e387622293b5b",
                          "4193e1b144567e5ba6002988d1647217212f4fe8",
                          "cf4ca77195efedcb116bfde0976963ad8275db31"),
               "Rachel": ("6f77d4eae52cbf21d83f1347ccbec86d66bc22ee",
                          "e3786bcc1b5f1598c89b35db0a39af25a7b9aba9",
                          "d06d9cea3f7d022916f92fb24b5f9df0881f4e7c"),
               "Ross": ("9825cab503de89d969cd2acce140a5c41279d94b",
                        "22ee4c7fc2a9576b3908dcdd33826da5d12e8171",
                        "8046da7130ae300559c77de71036f940d7532c41"),
           }.items() for split, blob in zip(SPLITS, blobs, strict=True)}

AUDIO = {"mfccs": 13, "melSpectrogram": 128, "spectralContrast": 7}     # column -> length
LANDMARKS = (
    "eyeLeft", "eyeRight", "mouthLeft", "mouthRight", "nose", "leftEyeBrowLeft", "leftEyeBrowRight",
    "leftEyeBrowUp", "rightEyeBrowLeft", "rightEyeBrowRight", "rightEyeBrowUp", "leftEyeLeft",
    "leftEyeRight", "leftEyeUp", "leftEyeDown", "rightEyeLeft", "rightEyeRight", "rightEyeUp",
    "rightEyeDown", "noseLeft", "noseRight", "mouthUp", "mouthDown", "leftPupil", "rightPupil",
    "upperJawlineLeft", "midJawlineLeft", "chinBottom", "midJawlineRight", "upperJawlineRight")
RAW_COLUMNS = ("Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID")
AGAIN = "delete the file, so that it is downloaded again"


def load_meld(progress: bool = True) -> Corpus:
    """All of MELD: 13,708 utterances, seven emotions, text (1152: three layers of the encoder).

    Raises:
        Unavailable: a file or the text encoder cannot be had.
        DownloadError, CorpusError: a file is not what its owners published.
    """
    def build():
        table = read_meld({split: fetch(pin, progress) for split, pin in MELD.items()})
        pin = MELD["train"]
        return Corpus("meld", table, {"text": encode(table.text, progress, LAYERS)}, EMOTIONS,
                      licence=LICENCE, recipe="meld",
                      provenance=f"{pin.repo}@{pin.commit[:7]}; text: {IDENTITY}, layers {LAYERS}")

    return converted("meld", (VERSION, IDENTITY, LAYERS, *MELD.values()), build)


def load_meld_friends(progress: bool = True) -> Corpus:
    """Text (384), audio (148) and visual (60) of 4,804 utterances of the six leads, five emotions.

    Every other turn of their dialogues is left out, not masked. The features were published for
    no neutral and no surprised utterance, and for nobody but the leads: that a turn has features
    already tells something about its label, and a model must not be able to see it. The price is
    that a dialogue has gaps, to be seen in its turn numbers.

    Audio holds the published numbers: 13 MFCCs, a mel spectrogram of 128 bands (of power, so it
    spans many orders of magnitude), spectral contrast in 7 bands. Visual holds X and Y of 30 points
    of the face, as shares of the picture's width and height, and is absent where no face was found.

    Raises:
        Unavailable: a file or the text encoder cannot be had.
        DownloadError, CorpusError: a file is not what its owners published.
    """
    def build():
        meld = read_meld({split: fetch(pin, progress) for split, pin in MELD.items()})
        rows, audio, visual, seen = read_friends(
            {key: fetch(pin, progress) for key, pin in FRIENDS.items()}, meld)
        table = meld.iloc[rows].assign(gender=lambda t: t.speaker.map(GENDER))
        text = encode(meld.text, progress)[rows]
        pin, whole = next(iter(FRIENDS.values())), MELD["train"]
        return Corpus("meld-friends", table, {"text": text, "audio": audio, "visual": visual},
                      FRIENDS_EMOTIONS, present={"visual": seen}, licence=FRIENDS_LICENCE,
                      recipe="meld-friends",
                      provenance=f"{pin.repo}@{pin.commit[:7]}, "
                                 f"joined to {whole.repo}@{whole.commit[:7]}; text: {IDENTITY}")

    return converted("meld-friends", (VERSION, IDENTITY, *MELD.values(), *FRIENDS.values()), build)


def read_meld(paths: Mapping[str, Path]) -> pd.DataFrame:
    """MELD's csv files, one per split, as a table of utterances with the columns of ``COLUMNS``.

    Dialogue 7 of train becomes ``train-7``, since MELD counts anew in each split; the turn is
    MELD's Utterance_ID, with its gaps.

    Raises:
        CorpusError: naming the file, the row, the field and the remedy.
    """
    tables = []
    for split, path in paths.items():
        raw = _read_csv(path, RAW_COLUMNS)
        unknown = np.flatnonzero(~raw.Emotion.isin(EMOTIONS))
        if len(unknown):
            i = unknown[0]
            raise CorpusError(f"{_cell(path, i, 'Emotion')}: unknown {raw.Emotion[i]!r}, not one "
                              f"of {', '.join(EMOTIONS)}; {AGAIN}")
        tables.append(_utterances(raw, path, split))
    return pd.concat(tables, ignore_index=True)


def read_friends(paths: Mapping[tuple[str, str], Path], meld: pd.DataFrame):
    """The leads' feature files, one per (speaker, split), joined to MELD's table of utterances.

    Returns:
        rows: (N,) rows of ``meld``, ascending.
        audio: float64 (N, 148).
        visual: float64 (N, 60), zeros where absent.
        seen: bool (N,), whether there is a face.

    Raises:
        CorpusError: a cell cannot be read, or a row's speaker, emotion or text is not MELD's.
    """
    index = pd.MultiIndex.from_frame(meld[["dialogue", "turn"]])
    rows, audio, visual, origin = [], [], [], {}
    for (_, split), path in paths.items():
        raw = _read_csv(path, (*RAW_COLUMNS, *AUDIO, "landmarks"), may_be_empty="landmarks")
        own = _utterances(raw, path, split)
        joined = index.get_indexer(pd.MultiIndex.from_frame(own[["dialogue", "turn"]]))
        for i, row in enumerate(joined):
            here, turn = _cell(path, i, "Utterance_ID"), f"turn {own.turn[i]} of {own.dialogue[i]}"
            if row < 0:
                raise CorpusError(f"{here}: MELD has no {turn}; {AGAIN}")
            if row in origin:
                raise CorpusError(f"{here}: {turn} again, after {origin[row]}; {AGAIN}")
            for column, field in (("Speaker", "speaker"), ("Emotion", "emotion"),
                                  ("Utterance", "text")):
                if own[field][i] != meld[field][row]:
                    raise CorpusError(f"{_cell(path, i, column)}: {own[field][i]!r}, but MELD has "
                                      f"{meld[field][row]!r} for {turn}; {AGAIN}")
            rows.append(row)
            origin[row] = here
            audio.append(np.concatenate([_numbers(raw[column][i], size, _cell(path, i, column))
                                         for column, size in AUDIO.items()]))
            visual.append(_face(raw.landmarks[i], _cell(path, i, "landmarks")))
    order = np.argsort(rows)
    seen = np.array([face is not None for face in visual])
    visual = np.array([np.zeros(2 * len(LANDMARKS)) if face is None else face for face in visual])
    return np.array(rows)[order], np.array(audio)[order], visual[order], seen[order]


# The C1 control characters are what is left of Windows-1252 quotes and dashes in files that were
# taken for Latin-1. They must go before any split into words or lines: one of them, \x85 for "…",
# counts as white space to Python.
_C1 = re.compile("[\x80-\x9f]")
# MELD has "don't" and "don’t", "..." and "…" side by side; to the encoder those are other words.
_PLAIN = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "…": "..."})


def clean_text(text: str) -> str:
    """One way of writing: mended control characters, plain quotes, single blanks."""
    mended = _C1.sub(lambda byte: byte[0].encode("latin-1").decode("cp1252", "ignore"), text)
    return " ".join(mended.translate(_PLAIN).split())


def _utterances(raw: pd.DataFrame, path: Path, split: str) -> pd.DataFrame:
    for column in ("Dialogue_ID", "Utterance_ID"):
        bad = np.flatnonzero(~raw[column].str.fullmatch(r"\d{1,9}"))
        if len(bad):
            raise CorpusError(f"{_cell(path, bad[0], column)}: {raw[column][bad[0]]!r} is not a "
                              f"number; {AGAIN}")
    return pd.DataFrame({
        "dialogue": f"{split}-" + raw.Dialogue_ID.astype(int).astype(str),
        "turn": raw.Utterance_ID.astype(np.int64),
        "speaker": raw.Speaker.map(clean_text),
        "emotion": raw.Emotion,
        "split": split,
        "text": raw.Utterance.map(clean_text),
    }, columns=list(COLUMNS))


def _read_csv(path: Path, columns, may_be_empty: str = "") -> pd.DataFrame:
    """The named columns as strings; pandas must not take an utterance "None" or "NA" for a gap."""
    try:
        raw = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise CorpusError(f"{path}: cannot be read as csv in UTF-8 ({error}); {AGAIN}") from error
    missing = [c for c in columns if c not in raw.columns]
    if missing:
        raise CorpusError(f"{path}: no column {', '.join(map(repr, missing))}, it has "
                          f"{', '.join(map(repr, raw.columns))}; {AGAIN}")
    for column in columns:
        empty = np.flatnonzero(raw[column].isna() | (raw[column].str.strip() == ""))
        if len(empty) and column != may_be_empty:
            raise CorpusError(f"{_cell(path, empty[0], column)}: empty; {AGAIN}")
    return raw[list(columns)]


def _cell(path: Path, i: int, column: str) -> str:
    return f"{path}, row {i + 1}, {column}"


def _numbers(cell: str, size: int, where: str) -> np.ndarray:
    """A cell such as "[1.0, 2.5]" as float64 (size,). Read as JSON: nothing in it is executed."""
    try:
        values = np.array(json.loads(cell), float)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise CorpusError(f"{where}: not a list of numbers, {cell[:40]!r}…; {AGAIN}") from error
    if values.shape != (size,) or not np.isfinite(values).all():
        raise CorpusError(f"{where}: needs {size} finite numbers, has {cell[:40]!r}…; {AGAIN}")
    return values


def _face(cell: str, where: str) -> np.ndarray | None:
    """X and Y of each of ``LANDMARKS``, float64 (60,); None where no face was found."""
    if cell in ("", "{}"):
        return None
    try:
        points = json.loads(cell.replace("'", '"'))
        if len(points) != len(LANDMARKS):
            raise ValueError
        values = np.array([[points[p]["X"], points[p]["Y"]] for p in LANDMARKS], float).ravel()
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise CorpusError(f"{where}: not the {len(LANDMARKS)} points of a face, {cell[:40]!r}…; "
                          f"{AGAIN}") from error
    if not np.isfinite(values).all():
        raise CorpusError(f"{where}: needs finite numbers, has {cell[:40]!r}…; {AGAIN}")
    return values
