"""Widgets that work with a kernel (as ipywidgets) and without (their JavaScript does the sums)."""

from mlsan.widgets.calibration_bench import CalibrationBench, nearest_mean_accuracy
from mlsan.widgets.conversation_player import ConversationPlayer
from mlsan.widgets.enrolment_bench import EnrolmentBench
from mlsan.widgets.film_bench import FilmBench
from mlsan.widgets.gate_bench import GateBench
from mlsan.widgets.guess import Guess
from mlsan.widgets.lambda_slider import LambdaSlider
from mlsan.widgets.speaker_swap import SpeakerSwap

__all__ = ["CalibrationBench", "ConversationPlayer", "EnrolmentBench", "FilmBench", "GateBench",
           "Guess", "LambdaSlider", "SpeakerSwap", "nearest_mean_accuracy"]
