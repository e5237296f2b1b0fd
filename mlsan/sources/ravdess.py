"""RAVDESS: 24 actors who say two sentences in eight emotions, their faces and voices.

S. R. Livingstone, F. A. Russo: The Ryerson Audio-Visual Database of Emotional Speech and Song
(RAVDESS). PLoS ONE 13(5), 2018, e0196391; Zenodo record 1188976. The 1,440 clips of speech are
named modality-channel-emotion-intensity-statement-repetition-actor; odd actors are men.

Two corpora come from it, the same clips with the same faces (35 action units of OpenFace):

- ``ravdess``: voices as 259 MFCC values, out of one published file with both;
- ``ravdess-egemaps``: voices as openSMILE's 88 eGeMAPS functionals.

Neither has features of text: which of two sentences is said tells nothing of the emotion.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from mlsan.data.corpus import Corpus
from mlsan.data.validation import UNLABELLED, CorpusError
from mlsan.sources import acted
from mlsan.sources.cache import converted
from mlsan.sources.download import Pin, fetch
from mlsan.sources.safe_pickle import read_pickle

EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
STATEMENTS = ("Kids are talking by the door", "Dogs are sitting by the door")
FOLDS = {"known": 2, "cells": 4, "strangers": 8}
CLIPS, FACE = 1440, 35              # of a vector, the first 35 are the face
# The same recording twice, with the same face: the copy keeps no label, so that no split can learn
# from the one and be scored on the other.
COPY = "01-01-03-01-02-02-07"
VERSION = 1     # of the conversion: raise it with every change of what the corpora hold

FACES = Pin("KangHyunWook/Pytorch-implementation-of-Multimodal-emotion-recognition-on-RAVDESS-"
            "dataset", "dd366fbcde5a8248195a47b7c0efd974f25f74c2", "au_mfcc.pkl",
            "1e37d512b4ad32cff9af65c7a18c652987ac65d2")
OWNERS = "CC BY-NC-SA 4.0 (RAVDESS, Livingstone & Russo 2018, Zenodo 1188976)"
LICENCE = f"{OWNERS}; the feature file's repository states none"


def load_ravdess(split: str = acted.DEFAULT, progress: bool = True) -> Corpus:
    """Faces (35) and MFCC (259) of the 1,440 clips, under one split of ``acted.names(FOLDS)``.

    Raises:
        CorpusError: no such split, or the file lacks a clip.
        Unavailable, DownloadError: the file cannot be had, or is not the pinned one.
    """
    def build():
        table, vectors = read_faces(progress)
        return Corpus("ravdess", table, {"audio": vectors[:, FACE:], "visual": vectors[:, :FACE]},
                      EMOTIONS, licence=LICENCE, recipe="ravdess",
                      provenance=f"{FACES} (action units, MFCC)")

    acted.check("ravdess", split, FOLDS)
    return _split(converted("ravdess", (VERSION, FACES), build), split)


def read_faces(progress: bool) -> tuple[pd.DataFrame, np.ndarray]:
    """The table of the clips, by actor, and what the published file holds of each: (1440, 294)."""
    path = fetch(FACES, progress)
    content = read_pickle(path)
    codes = pd.DataFrame([clip.split("-") for clip in content], index=list(content), columns=[
        "modality", "channel", "emotion", "intensity", "statement", "repetition", "actor"])
    codes = codes.astype(int).sort_values(["actor", "emotion", "intensity", "statement",
                                           "repetition"])
    if len(codes) != CLIPS or codes.drop(columns=["modality", "channel"]).duplicated().any():
        raise CorpusError(f"{path}: {len(codes)} clips, not {CLIPS} different ones; delete the "
                          "file, so that it is downloaded again")
    emotion = codes.emotion.map(lambda code: EMOTIONS[code - 1]).where(codes.index != COPY,
                                                                       UNLABELLED)
    table = pd.DataFrame({
        "dialogue": codes.index, "turn": 0,
        "speaker": codes.actor.map("Actor {:02}".format),
        "emotion": emotion, "split": "train",
        "text": codes.statement.map(lambda code: STATEMENTS[code - 1]),
        "gender": np.where(codes.actor % 2, "male", "female")})
    return table, np.stack([content[clip] for clip in table.dialogue])


def _split(corpus: Corpus, split: str) -> Corpus:
    code = corpus.table.dialogue.str.split("-", expand=True).astype(int)
    statement, repetition = code[4] - 1, code[5] - 1
    return acted.split_as(corpus, split, FOLDS, {
        "known": statement.to_numpy(), "cells": (2 * statement + repetition).to_numpy()})
