"""ML-SAN, stage by stage: speaker-adaptive emotion recognition in conversation.

The names that a notebook needs; everything else is in the module that bears its name.
"""

from mlsan import figures
from mlsan.corpus import Corpus, Dialogue, Utterance
from mlsan.evaluation import f1_scores, mean_sd, paired_bootstrap, probe
from mlsan.experiments import Plan, Run, train
from mlsan.model import MLSAN, STAGES, Config
from mlsan.results import recorded
from mlsan.sources import bayes, load
from mlsan.sources.download import Unavailable
from mlsan.sources.simulated import Strengths, simulate
from mlsan.speakers import MODES, speaker_ids
from mlsan.validation import CorpusError
from mlsan.widgets import CalibrationBench

__all__ = [
    "MLSAN", "MODES", "STAGES", "CalibrationBench", "Config", "Corpus", "CorpusError", "Dialogue", "Plan", "Run",
    "Strengths", "Unavailable", "Utterance", "bayes", "f1_scores", "figures", "load", "mean_sd",
    "paired_bootstrap", "probe", "recorded", "simulate", "speaker_ids", "train"]
