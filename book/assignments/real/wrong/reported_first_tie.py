"""Where dev F1 is tied, the first of the tied epochs is as good as any: argmax takes it."""

import numpy as np

LOSES = {"reported": 2}
SAYS = "the lower dev loss decides"


def reported(dev_f1, dev_loss, test_f1):
    epoch = np.nanargmax(dev_f1, 0)
    honest = test_f1[epoch, np.arange(len(epoch))]
    sd = honest.std(ddof=1) if len(honest) > 1 else np.nan
    return {"epoch": epoch + 1, "mean": honest.mean(), "sd": sd,
            "flattery": (np.nanmax(test_f1, 0) - honest).mean()}
