"""ML-SAN, stage by stage: speaker-adaptive emotion recognition in conversation."""

__version__ = "0.1.0"
