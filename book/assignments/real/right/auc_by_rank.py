"""Person by person, with the rank-sum of Mann and Whitney."""

import numpy as np
from scipy.stats import rankdata


def auc(score, angry, speaker):
    score = np.nan_to_num(score, nan=score[~np.isnan(score)].min(initial=0) - 1)
    won = pairs = 0
    for person in set(speaker.tolist()):
        here = speaker == person
        n, m = angry[here].sum(), (~angry[here]).sum()
        won += rankdata(score[here])[angry[here]].sum() - n * (n + 1) / 2
        pairs += n * m
    return won / pairs if pairs else float("nan")
