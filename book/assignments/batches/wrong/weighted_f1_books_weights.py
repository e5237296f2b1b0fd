"""Weights as the book does, by turns: one long quarrel decides what anger counts."""

import numpy as np

LOSES = {"weighted_f1": 4}
SAYS = "counts the dialogues"


def weighted_f1(batches, classes):
    felt = said = hit = 0
    for batch in batches:
        true, called = batch["true"], batch["called"]
        T = len(true)
        real = ((np.arange(T)[:, None] >= T - batch["lengths"]) & (true > 0))[..., None]
        is_true = real & (true[..., None] == np.arange(1, classes + 1))
        is_called = real & (called[..., None] == np.arange(1, classes + 1))
        felt = felt + is_true.sum((0, 1))
        said = said + is_called.sum((0, 1))
        hit = hit + (is_true & is_called).sum((0, 1))
    f1 = 2 * hit / np.maximum(felt + said, 1)
    return float(f1 @ felt / max(felt.sum(), 1))
