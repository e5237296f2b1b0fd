"""Epoch by epoch in plain Python, a list for each run."""

import math
import statistics


def reported(dev_f1, dev_loss, test_f1):
    epochs, honest, peaks = [], [], []
    for run in range(dev_f1.shape[1]):
        best = None
        for epoch in range(dev_f1.shape[0]):
            f1, loss = float(dev_f1[epoch, run]), float(dev_loss[epoch, run])
            if math.isnan(f1):
                continue
            if best is None or (f1, -loss) > best[0]:
                best = (f1, -loss), epoch
        epochs.append(best[1] + 1)
        honest.append(float(test_f1[best[1], run]))
        peaks.append(max(float(v) for v in test_f1[:, run] if not math.isnan(v)))
    sd = statistics.stdev(honest) if len(honest) > 1 else float("nan")
    return {"epoch": epochs, "mean": statistics.mean(honest), "sd": sd,
            "flattery": statistics.mean(p - h for p, h in zip(peaks, honest, strict=True))}
