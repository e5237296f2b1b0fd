"""A tie is no success: only strictly higher counts."""

import numpy as np

LOSES = {"auc": 3}
SAYS = "A tie within a pair counts half"


def auc(score, angry, speaker):
    score = np.where(np.isnan(score), -np.inf, score)
    pair = angry[:, None] & ~angry & (speaker[:, None] == speaker)
    return (score[:, None] > score)[pair].mean() if pair.any() else np.nan
