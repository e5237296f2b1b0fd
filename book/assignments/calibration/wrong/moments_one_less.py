"""The standard deviation is that of pandas, which divides by one less than n."""

import numpy as np
import pandas as pd

LOSES = {"own_moments": 10}
SAYS = "divides by n"


def own_moments(x, ids, in_train, rows, k):
    train = pd.DataFrame(x[in_train])
    mean, variance = train.mean().to_numpy(), train.var().to_numpy()
    groups = train.groupby(ids[in_train])
    named = range(1, rows)
    n = groups[0].count().reindex(named, fill_value=0).to_numpy()[:, None]
    m = groups.mean().reindex(named).fillna(train.mean()).to_numpy()
    v = groups.var().reindex(named).fillna(train.var()).to_numpy()
    share = np.where(n + k > 0, n / np.maximum(n + k, 1e-9), 0)
    centre = share * m + (1 - share) * mean
    square = share * (v + (m - centre) ** 2) + (1 - share) * (variance + (mean - centre) ** 2)
    centre, square = np.vstack([mean, centre]), np.vstack([variance, square])
    sd = np.sqrt(square)
    return -np.log(np.where(sd < 1e-3, 1, sd)), centre
