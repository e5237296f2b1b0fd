"""A table of counts filled place by place, with a column for no answer."""

import numpy as np


def weighted_f1(batches, classes):
    table = np.zeros((classes + 1, classes + 1))
    occurs = np.zeros(classes + 1)
    for batch in batches:
        for b, n in enumerate(batch["lengths"]):
            start = len(batch["true"]) - n
            true, called = batch["true"][start:, b], batch["called"][start:, b]
            for felt, said in zip(true, called, strict=True):
                if felt != 0:
                    table[felt, said] += 1
            occurs[np.unique(true)] += 1
    occurs[0] = 0
    if occurs.sum() == 0:
        return 0.0
    both = table.sum(0) + table.sum(1)
    f1 = np.divide(2 * np.diag(table), both, out=np.zeros(classes + 1), where=both > 0)
    return np.average(f1, weights=occurs)
