"""The best test score of all epochs is what a model can do, so that is what one reports."""

import numpy as np

LOSES = {"reported": 12}
SAYS = "Which epoch is reported?"


def reported(dev_f1, dev_loss, test_f1):
    epoch = np.nanargmax(test_f1, 0)
    peaks = np.nanmax(test_f1, 0)
    sd = peaks.std(ddof=1) if len(peaks) > 1 else np.nan
    return {"epoch": epoch + 1, "mean": peaks.mean(), "sd": sd, "flattery": 0.0}
