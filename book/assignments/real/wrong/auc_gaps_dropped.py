"""Turns without a score are left out."""

import numpy as np

LOSES = {"auc": 3}
SAYS = "ranks below every score"


def auc(score, angry, speaker):
    known = ~np.isnan(score)
    score, angry, speaker = score[known], angry[known], speaker[known]
    pair = angry[:, None] & ~angry & (speaker[:, None] == speaker)
    if not pair.any():
        return np.nan
    wins = (score[:, None] > score) + (score[:, None] == score) / 2
    return wins[pair].mean()
