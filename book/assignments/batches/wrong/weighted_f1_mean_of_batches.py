"""Scores each batch and averages the scores, as a training loop averages its losses."""

import numpy as np

LOSES = {"weighted_f1": 4}
SAYS = "no mean over batches"


def weighted_f1(batches, classes):
    return float(np.mean([of_one(**batch, classes=classes) for batch in batches]))


def of_one(true, called, lengths, classes):
    T = len(true)
    real = (np.arange(T)[:, None] >= T - lengths) & (true > 0)
    f1, weight = np.zeros(classes), np.zeros(classes)
    for k in range(classes):
        felt, said = real & (true == k + 1), real & (called == k + 1)
        f1[k] = 2 * (felt & said).sum() / max(felt.sum() + said.sum(), 1)
        weight[k] = felt.any(0).sum()
    return f1 @ weight / max(weight.sum(), 1)
