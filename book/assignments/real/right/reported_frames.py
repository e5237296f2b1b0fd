"""With pandas: sort what dev measured, take the first line of each run."""

import numpy as np
import pandas as pd


def reported(dev_f1, dev_loss, test_f1):
    E, S = dev_f1.shape
    log = pd.DataFrame({"run": np.tile(np.arange(S), E), "epoch": np.repeat(np.arange(1, E + 1), S),
                        "f1": dev_f1.ravel(), "loss": dev_loss.ravel(), "test": test_f1.ravel()})
    best = (log.dropna(subset=["f1"]).sort_values(["f1", "loss", "epoch"],
                                                  ascending=[False, True, True])
            .groupby("run").first())
    return {"epoch": best.epoch, "mean": best.test.mean(), "sd": best.test.std(),
            "flattery": (log.groupby("run").test.max() - best.test).mean()}
