"""Each person has an AUC, and theirs is averaged, so that everybody counts alike."""

import numpy as np

LOSES = {"auc": 7}
SAYS = "somebody with many pairs weighs more"


def auc(score, angry, speaker):
    score = np.where(np.isnan(score), -np.inf, score)
    each = []
    for s in np.unique(speaker):
        one, other = score[(speaker == s) & angry], score[(speaker == s) & ~angry]
        if len(one) and len(other):
            wins = (one[:, None] > other).mean() + (one[:, None] == other).mean() / 2
            each.append(wins)
    return np.mean(each) if each else np.nan
