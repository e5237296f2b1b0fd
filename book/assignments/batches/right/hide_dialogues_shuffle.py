"""Sorted names, shuffled in place, and pandas to look each utterance up."""

import pandas as pd


def hide_dialogues(dialogue, share, rng):
    column = pd.Series(dialogue)
    names = column.drop_duplicates().sort_values().tolist()
    rng.shuffle(names)
    hidden = column.isin(names[:int(share * len(names))])
    return column.index[~hidden].to_numpy(), column.index[hidden].to_numpy()
