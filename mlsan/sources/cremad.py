"""CREMA-D: 91 actors who say twelve sentences in six emotions, their voices.

H. Cao, D. G. Cooper, M. K. Keutmann, R. C. Gur, A. Nenkova, R. Verma: CREMA-D: Crowd-sourced
Emotional Multimodal Actors Dataset. IEEE Transactions on Affective Computing 5(4), 2014, 377-390.
A clip is named actor_sentence_emotion_intensity, as its owners name it. The published table has 35
acoustic features: mean and standard deviation of 13 MFCCs, and of spectrum, loudness and chroma.
The faces were never published as features, and the words tell nothing of the emotion.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from mlsan.data.corpus import Corpus
from mlsan.data.validation import UNLABELLED
from mlsan.sources import acted
from mlsan.sources.cache import converted
from mlsan.sources.download import Pin, fetch

EMOTIONS = ("neutral", "happy", "sad", "angry", "fear", "disgust")
CODES = {"neutral": "NEU", "happy": "HAP", "sad": "SAD", "angry": "ANG", "fear": "FEA",
         "disgust": "DIS"}
SENTENCES = {
    "DFA": "Don't forget a jacket", "IEO": "It's eleven o'clock",
    "IOM": "I'm on my way to the meeting", "ITH": "I think I have a doctor's appointment",
    "ITS": "I think I've seen this before", "IWL": "I would like a new alarm clock",
    "IWW": "I wonder what this is about", "MTI": "Maybe tomorrow it will be cold",
    "TAI": "The airplane is almost full", "TIE": "That is exactly what happened",
    "TSI": "The surface is slick", "WSI": "We'll stop in a couple of minutes"}
FOLDS = {"known": 4, "strangers": 7}
# Neither their length nor their sampling rate, which is the same of all.
NO_FEATURES = ["actor_id", "sentence", "emotion", "intensity", "audio_duration", "sample_rate"]
VERSION = 1     # of the conversion: raise it with every change of what the corpus holds

TABLE = Pin("INFO-523-SU25/final-project-etlflow", "aec9dcc36810c400075608761bd616cc0b8e5f41",
            "data/crema_d.csv", "70821aaddff6e49da533694fe5442f962ea99a2c")
LICENCE = "ODbL 1.0 (CREMA-D, Cao et al. 2014); the feature file's repository states none"


def load_cremad(split: str = acted.DEFAULT, progress: bool = True) -> Corpus:
    """35 acoustic features of 7,442 clips, under one split of ``acted.names(FOLDS)``.

    Three recordings stand there twice, under two emotions each; nobody can say which is right, so
    these six clips have no label. One clip is silent: it has neither voice nor label.

    Raises:
        CorpusError: no such split.
        Unavailable, DownloadError: the file cannot be had, or is not the pinned one.
    """
    def build():
        raw = pd.read_csv(fetch(TABLE, progress), index_col=0)
        raw["clip"] = (raw.actor_id.astype(str) + "_" + raw.sentence + "_"
                       + raw.emotion.map(CODES) + "_" + raw.intensity)
        raw = raw.sort_values("clip", ignore_index=True)
        x = raw.drop(columns=[*NO_FEATURES, "clip"])
        silent = (x.rms_mean == 0).to_numpy()
        unclear = x.duplicated(keep=False).to_numpy() | silent
        table = pd.DataFrame({
            "dialogue": raw["clip"], "turn": 0, "speaker": raw.actor_id.astype(str),
            "emotion": raw.emotion.where(~unclear, UNLABELLED), "split": "train",
            "text": raw.sentence.map(SENTENCES)})
        return Corpus("cremad", table, {"audio": x.to_numpy()}, EMOTIONS,
                      present={"audio": ~silent}, licence=LICENCE, recipe="cremad",
                      provenance=f"{TABLE} (35 acoustic features)")

    acted.check("cremad", split, FOLDS)
    corpus = converted("cremad", (VERSION, TABLE), build)
    sentence = corpus.table.dialogue.str[5:8].map({s: i for i, s in enumerate(SENTENCES)})
    return acted.split_as(corpus, split, FOLDS, {"known": np.array(sentence % FOLDS["known"])})
