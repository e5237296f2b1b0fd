"""Slide utterances from where they were recorded to where calibration puts them."""

from __future__ import annotations

from pathlib import Path

import anywidget
import numpy as np
import traitlets

from mlsan.marks import emotion_colours, initials
from mlsan.widgets.common import esm


def nearest_mean_accuracy(points: np.ndarray, labels) -> float:
    """Share of (n, D) points whose nearest class mean is their own class's: the simplest reader."""
    labels = np.asarray(labels)
    names = np.unique(labels)
    means = np.stack([points[labels == n].mean(0) for n in names])
    nearest = ((points[:, None] - means) ** 2).sum(-1).argmin(1)
    return float((names[nearest] == labels).mean())


class CalibrationBench(anywidget.AnyWidget):
    """A cloud of utterances, a slider from raw (0) to calibrated (1), and what a reader sees.

    Args:
        raw, calibrated: (n, 2) coordinates of the same utterances.
        speakers, emotions: (n,) names; the colour shows the emotion, the letters the speaker
            (``figures.initials``).

    ``amount`` is the slider's place; ``accuracy`` what is shown: the share of points whose speaker
    and whose emotion the nearest mean names. It is computed in the page, kernel or none.
    """

    _esm = esm("cloud.js", "calibration-bench.js")
    _css = Path(__file__).with_name("calibration-bench.css")
    raw = traitlets.List().tag(sync=True)
    calibrated = traitlets.List().tag(sync=True)
    speakers = traitlets.List().tag(sync=True)
    emotions = traitlets.List().tag(sync=True)
    letters = traitlets.Dict().tag(sync=True)
    colours = traitlets.Dict().tag(sync=True)
    amount = traitlets.Float(0.0).tag(sync=True)
    accuracy = traitlets.Dict().tag(sync=True)

    def __init__(self, raw, calibrated, speakers, emotions, **kwargs):
        speakers, emotions = list(map(str, speakers)), list(map(str, emotions))
        super().__init__(
            raw=np.round(raw, 3).tolist(), calibrated=np.round(calibrated, 3).tolist(),
            speakers=speakers, emotions=emotions, letters=initials(speakers),
            colours=emotion_colours(sorted(set(emotions))), **kwargs)
