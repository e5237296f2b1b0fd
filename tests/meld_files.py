"""A small made-up copy of MELD: seven utterances, in the layouts of its csv and Friends files."""

from __future__ import annotations

import csv

import numpy as np

from mlsan.sources.meld import AUDIO, LANDMARKS

HEADER = ["Sr No.", "Utterance", "Speaker", "Emotion", "Sentiment", "Dialogue_ID", "Utterance_ID",
          "Season", "Episode", "StartTime", "EndTime"]
# split -> (dialogue, turn, speaker, emotion, text); turn 1 of train's dialogue 0 is missing
TURNS = {
    "train": [(0, 0, "Monica", "joy", "It’s done!"), (0, 2, "Ross", "neutral", "None"),
              (0, 3, " Ross ", "anger", "You did… what?"),
              (1, 0, "The Waiter", "surprise", "“Sir”")],
    "dev": [(0, 0, "Ross", "sadness", "I  know.")],
    "test": [(0, 0, "Monica", "fear", "Who’s there?"), (0, 1, "Joey", "disgust", "Ew.")],
}
FRIENDS_TURNS = [("Monica", "train", 0, 0), ("Ross", "train", 0, 3), ("Ross", "dev", 0, 0),
                 ("Monica", "test", 0, 0), ("Joey", "test", 0, 1)]


def face(seed):
    xy = np.random.default_rng(seed).random((30, 2))
    return {p: {"X": float(x), "Y": float(y)} for p, (x, y) in zip(LANDMARKS, xy, strict=True)}


def sound(seed):
    rng = np.random.default_rng(seed)
    return {column: rng.normal(size=size).tolist() for column, size in AUDIO.items()}


def write_csv(path, rows: list[dict]):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, list(rows[0]), lineterminator="\r\n")
        out.writeheader()
        out.writerows(rows)
    return path


def meld_row(split, i):
    d, u, speaker, emotion, text = TURNS[split][i]
    cells = [i + 1, text, speaker, emotion, "-", d, u, 1, 1, "0", "1"]
    return dict(zip(HEADER, cells, strict=True))


def meld_rows(split):
    return [meld_row(split, i) for i in range(len(TURNS[split]))]


def friends_rows():
    """(speaker, split) -> the rows of that file, not in the order of MELD's rows."""
    files = {}
    for seed, (speaker, split, d, u) in enumerate(FRIENDS_TURNS):
        i = [t[:2] for t in TURNS[split]].index((d, u))
        row = meld_row(split, i) | {"Speaker": speaker}
        # As published: quotes as stray control characters, some pictures without a face.
        row["Utterance"] = row["Utterance"].replace("’", "\x92").replace("…", "\x85")
        row["landmarks"] = {0: "{}", 1: ""}.get(seed, str(face(seed)))
        row |= {column: str(values) for column, values in sound(seed).items()}
        files.setdefault((speaker, split), []).append(row)
    return dict(reversed(files.items()))
