"""argmax finds the best epoch, gaps or not."""

import numpy as np

LOSES = {"reported": 6}
SAYS = "Nobody could have chosen them"


def reported(dev_f1, dev_loss, test_f1):
    runs = np.arange(dev_f1.shape[1])
    best = dev_f1 == dev_f1.max(0)
    epoch = np.where(best, dev_loss, np.inf).argmin(0)
    honest = test_f1[epoch, runs]
    sd = honest.std(ddof=1) if len(honest) > 1 else np.nan
    return {"epoch": epoch + 1, "mean": honest.mean(), "sd": sd,
            "flattery": (test_f1.max(0) - honest).mean()}
