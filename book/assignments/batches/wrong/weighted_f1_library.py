"""Hands all real places to scikit-learn, whose weights and whose 0 mean something else."""

import numpy as np
from sklearn.metrics import f1_score

LOSES = {"weighted_f1": 7}
SAYS = "counts the dialogues"


def weighted_f1(batches, classes):
    true, called = [], []
    for batch in batches:
        T = len(batch["true"])
        real = np.arange(T)[:, None] >= T - batch["lengths"]
        true.extend(batch["true"][real])
        called.extend(batch["called"][real])
    labels = range(1, classes + 1)
    return f1_score(true, called, labels=labels, average="weighted", zero_division=0)
