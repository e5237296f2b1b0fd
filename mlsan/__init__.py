"""ML-SAN, stage by stage: speaker-adaptive emotion recognition in conversation.

The names that a notebook needs; everything else is in the module that bears its name.
"""

from mlsan import figures
from mlsan.corpus import Corpus, Dialogue, Utterance
from mlsan.evaluation import bootstrap, f1_scores, mean_sd, paired_bootstrap, probe
from mlsan.experiments import Plan, Run, train
from mlsan.model import MLSAN, STAGES, Config
from mlsan.results import recorded
from mlsan.sources import bayes, load
from mlsan.sources.download import Unavailable
from mlsan.sources.simulated import Strengths, simulate
from mlsan.speakers import MODES, speaker_ids
from mlsan.training import at_length
from mlsan.validation import CorpusError
from mlsan.widgets import (
    CalibrationBench,
    ConversationPlayer,
    FilmBench,
    GateBench,
    LambdaSlider,
    SpeakerSwap,
)

__all__ = [
    "MLSAN", "MODES", "STAGES", "CalibrationBench", "Config", "ConversationPlayer", "Corpus", "CorpusError",
    "Dialogue", "FilmBench", "GateBench", "LambdaSlider", "Plan", "Run", "SpeakerSwap", "Strengths", "Unavailable", "Utterance",
    "at_length", "bayes", "bootstrap", "f1_scores", "figures", "load", "mean_sd", "paired_bootstrap", "probe",
    "recorded", "simulate", "speaker_ids", "train"]
