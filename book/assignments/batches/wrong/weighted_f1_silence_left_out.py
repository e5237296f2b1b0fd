"""Leaves out the turns where the model gave no answer: silence is forgiven."""

import numpy as np

LOSES = {"weighted_f1": 3}
SAYS = "still counts as felt"


def weighted_f1(batches, classes):
    felt = said = hit = occurs = 0
    for batch in batches:
        true, called = batch["true"], batch["called"]
        T = len(true)
        real = (np.arange(T)[:, None] >= T - batch["lengths"]) & (true > 0)
        both = (real & (called > 0))[..., None]
        one = np.arange(1, classes + 1)
        is_true, is_called = both & (true[..., None] == one), both & (called[..., None] == one)
        felt = felt + is_true.sum((0, 1))
        said = said + is_called.sum((0, 1))
        hit = hit + (is_true & is_called).sum((0, 1))
        occurs = occurs + (real[..., None] & (true[..., None] == one)).any(0).sum(0)
    f1 = 2 * hit / np.maximum(felt + said, 1)
    return float(f1 @ occurs / max(occurs.sum(), 1))
