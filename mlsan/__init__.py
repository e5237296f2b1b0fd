"""ML-SAN, stage by stage: speaker-adaptive emotion recognition in conversation."""
