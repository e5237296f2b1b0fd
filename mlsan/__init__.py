"""ML-SAN, stage by stage: speaker-adaptive emotion recognition in conversation.

The names that a notebook needs; everything else is in the module that bears its name.
"""

from mlsan import figures
from mlsan.catalogue import load
from mlsan.data.corpus import Corpus, Dialogue, Utterance
from mlsan.data.speaker_ids import MODES, speaker_ids
from mlsan.data.validation import CorpusError
from mlsan.measures import bayes
from mlsan.measures.probes import probe
from mlsan.measures.scores import bootstrap, f1_scores, mean_sd
from mlsan.model.mlsan import MLSAN, STAGES, Config
from mlsan.runs import Plan, Run, train
from mlsan.sources.download import Unavailable
from mlsan.sources.simulated import Strengths, simulate
from mlsan.studies.recorded import recorded
from mlsan.training import at_length
from mlsan.widgets import (
    CalibrationBench,
    ConversationPlayer,
    EnrolmentBench,
    FilmBench,
    GateBench,
    Guess,
    LambdaSlider,
    SpeakerSwap,
)

__all__ = [
    "MLSAN", "MODES", "STAGES", "CalibrationBench", "Config", "ConversationPlayer", "Corpus",
    "CorpusError", "Dialogue", "EnrolmentBench", "FilmBench", "GateBench", "Guess", "LambdaSlider",
    "Plan", "Run", "SpeakerSwap", "Strengths", "Unavailable", "Utterance", "at_length", "bayes",
    "bootstrap", "f1_scores", "figures", "load", "mean_sd", "probe", "recorded", "simulate",
    "speaker_ids", "train"
]
