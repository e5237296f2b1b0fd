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

import os
import re
import warnings
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd
from scipy.io import wavfile
from tqdm.auto import tqdm

from mlsan.data.corpus import Corpus
from mlsan.data.validation import UNLABELLED, CorpusError
from mlsan.sources import acted
from mlsan.sources.cache import converted
from mlsan.sources.download import Deposit, Pin, fetch, fetch_first
from mlsan.sources.safe_pickle import read_pickle
from mlsan.sources.vectors import BROKEN, egemaps, measured_by

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
# The voices of ``ravdess-egemaps``: measured already, which only a mirror can have, or to measure.
VOICES = Deposit("derived/ravdess_egemaps88.csv", "sha256",
                 "e0144c13b79facdc62c8b2420508f25005e2ce8817c90d108bee9117d8109ea2")
# Of this clip, the measured table has the numbers of 03-01-05-02-02-01-05, a man's who shouts.
# The recording itself is quieter by 19 dB, and nearer to its own MFCC.
MISTAKEN = "03-01-05-01-01-01-02"
ARCHIVE = Deposit("zenodo.org/1188976/Audio_Speech_Actors_01-24.zip", "md5",
                  "bc696df654c87fed845eb13823edef8a",
                  "https://zenodo.org/records/1188976/files/Audio_Speech_Actors_01-24.zip")
RECORDING, LARGEST = re.compile(r"Actor_(\d\d)/(03-01(?:-\d\d){4}-\1)\.wav"), 4_000_000

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


def load_egemaps(split: str = acted.DEFAULT, progress: bool = True) -> Corpus:
    """Faces (35) and eGeMAPS functionals (88) of the 1,440 clips, under one split.

    The voices are measured by openSMILE, minutes of work, from the archive that RAVDESS's owners
    publish (208 MB); unless a mirror has the measured table. It lacks the voice of one clip, and
    differs from what is measured here in the eighth digit.

    Raises:
        CorpusError: no such split, or a file lacks a clip.
        Unavailable, DownloadError: a file cannot be had, or is not the pinned one; or openSMILE is
            not installed.
    """
    def build():
        table, vectors = read_faces(progress)
        path = fetch_first((VOICES, ARCHIVE), progress)
        if path.suffix == ".csv":
            x, by = pd.read_csv(path, index_col=0), f"{VOICES} (openSMILE 2.6.0, eGeMAPSv02)"
            x = x.set_axis(x.index.str.removesuffix(".wav")).drop(MISTAKEN)
            lacks = {MISTAKEN}
        else:
            x, by = measured(path, progress), f"{ARCHIVE} ({measured_by()})"
            lacks = set()
        clips = "03" + table.dialogue.str[2:]       # 01 with a picture, 03 the voice alone
        if missing := sorted(set(clips) - set(x.index) - lacks):
            raise CorpusError(f"{path}: {CLIPS - len(missing)} of {CLIPS} clips, no {missing[0]}; "
                              "delete the file, so that it is downloaded again")
        x = x.reindex(clips)
        return Corpus("ravdess-egemaps", table,
                      {"audio": x.to_numpy(), "visual": vectors[:, :FACE]}, EMOTIONS,
                      present={"audio": x.notna().all(axis=1).to_numpy()}, licence=LICENCE,
                      recipe="ravdess", provenance=f"{FACES} (action units); voices: {by}")

    acted.check("ravdess-egemaps", split, FOLDS)
    key = (VERSION, FACES, VOICES, ARCHIVE)
    return _split(converted("ravdess-egemaps", key, build), split)


def measured(path: Path, progress: bool) -> pd.DataFrame:
    """The 88 functionals of every recording in RAVDESS's archive, by its name: (clips, 88).

    They are read within the archive, and nothing is unpacked; what isn't named as a recording of
    RAVDESS, or is too large to be one, is left alone.
    """
    smile = egemaps()

    def measure(info):
        rate, sound = wavfile.read(BytesIO(archive.read(info)))
        loudest = np.iinfo(sound.dtype).max + 1
        return smile.process_signal(np.float32(sound.T) / loudest, rate).to_numpy()[0]

    try:
        with (warnings.catch_warnings(), ZipFile(path) as archive,
              ThreadPoolExecutor(os.cpu_count()) as pool):
            warnings.simplefilter("ignore", wavfile.WavFileWarning)     # of notes beside the sound
            clips = {name[2]: info for info in archive.infolist()
                     if (name := RECORDING.fullmatch(info.filename)) and info.file_size < LARGEST}
            found = list(tqdm(pool.map(measure, clips.values()), "voices", len(clips),
                              disable=not progress, leave=False))
    except BROKEN as error:
        raise CorpusError(f"{path}: cannot be read ({error}); delete the file, so that it is "
                          "downloaded again") from error
    return pd.DataFrame(found, list(clips), smile.feature_names)


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
