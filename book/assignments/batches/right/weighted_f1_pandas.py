"""One long pandas table of all labelled turns, grouped."""

import numpy as np
import pandas as pd


def weighted_f1(batches, classes):
    parts = []
    for i, batch in enumerate(batches):
        T, B = batch["true"].shape
        row, column = np.nonzero(np.arange(T)[:, None] >= T - batch["lengths"])
        parts.append(pd.DataFrame({"true": batch["true"][row, column],
                                   "called": batch["called"][row, column],
                                   "dialogue": i * 1000 + column}))
    turns = pd.concat(parts)
    turns = turns[turns.true > 0]
    if turns.empty:
        return 0
    top = bottom = 0
    for c, own in turns.groupby("true"):
        f1 = 2 * (own.called == c).sum() / (len(own) + (turns.called == c).sum())
        top += own.dialogue.nunique() * f1
        bottom += own.dialogue.nunique()
    return top / bottom
