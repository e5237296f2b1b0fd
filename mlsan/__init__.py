"""ML-SAN, stage by stage: speaker-adaptive emotion recognition in conversation.

The names that a notebook needs; everything else is in the module that bears its name. Each name is
imported when it is first asked for: whoever needs two of them doesn't wait for all.
"""

from importlib import import_module

HOMES = {
    "catalogue": ("load",),
    "data.corpus": ("Corpus", "Dialogue", "Utterance"),
    "data.speaker_ids": ("MODES", "speaker_ids"),
    "data.validation": ("CorpusError",),
    "figures": (),
    "measures.bayes": (),
    "measures.probes": ("probe",),
    "measures.scores": ("bootstrap", "f1_scores", "mean_sd"),
    "model.mlsan": ("MLSAN", "STAGES", "Config"),
    "runs": ("Plan", "Run", "train"),
    "sources.download": ("Unavailable",),
    "sources.simulated": ("Strengths", "simulate"),
    "studies.recorded": ("recorded",),
    "training": ("at_length",),
    "widgets": ("CalibrationBench", "ConversationPlayer", "EnrolmentBench", "FilmBench",
                "GateBench", "Guess", "LambdaSlider", "SpeakerSwap"),
}
# A module without names is itself what is asked for, by the last part of its own.
_PLACES = {name: (home, name) for home, names in HOMES.items() for name in names}
_PLACES |= {home.split(".")[-1]: (home, None) for home, names in HOMES.items() if not names}

__all__ = sorted(_PLACES)


def __getattr__(name: str):
    if name not in _PLACES:
        raise AttributeError(f"module 'mlsan' has no attribute {name!r}")
    home, own = _PLACES[name]
    module = import_module(f"mlsan.{home}")
    globals()[name] = value = getattr(module, own) if own else module
    return value


def __dir__() -> list[str]:
    return __all__
