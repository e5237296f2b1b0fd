"""All runs are reported at the same epoch: the one with the highest dev F1 on average."""

import numpy as np

LOSES = {"reported": 12}
SAYS = "For each run, a column"


def reported(dev_f1, dev_loss, test_f1):
    epoch = np.nansum(dev_f1, 1).argmax()
    honest = test_f1[epoch]
    sd = honest.std(ddof=1) if len(honest) > 1 else np.nan
    return {"epoch": np.full(len(honest), epoch + 1), "mean": honest.mean(), "sd": sd,
            "flattery": (np.nanmax(test_f1, 0) - honest).mean()}
