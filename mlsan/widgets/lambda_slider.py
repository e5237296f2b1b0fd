"""Move lambda, and see where the utterances of each speaker and emotion lie once fused."""

from __future__ import annotations

from pathlib import Path

import anywidget
import numpy as np
import traitlets

from mlsan.marks import emotion_colours, initials, speaker_style
from mlsan.widgets.common import esm


class LambdaSlider(anywidget.AnyWidget):
    """One map per training run, a slider from run to run, and the scores that go with each.

    Args:
        maps: (n, 2) coordinates of the same n utterances, one array per weight.
        speakers, emotions: (n,) names; letters are its speaker's ``figures.initials``.
        scores: per weight a dict: ``weight``, ``weighted_f1``, and the shares of utterances whose
            ``speaker`` and whose ``emotion`` a probe names.

    ``step`` is the slider's place, ``colour`` what the colours mean (``speaker`` or ``emotion``).
    """

    _esm = esm("lambda-slider.js")
    _css = Path(__file__).with_name("lambda-slider.css")
    maps = traitlets.List().tag(sync=True)
    speakers = traitlets.List().tag(sync=True)
    emotions = traitlets.List().tag(sync=True)
    scores = traitlets.List().tag(sync=True)
    letters = traitlets.Dict().tag(sync=True)
    colours = traitlets.Dict().tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)
    colour = traitlets.Enum(("speaker", "emotion"), "speaker").tag(sync=True)

    def __init__(self, maps, speakers, emotions, scores, **kwargs):
        if len(maps) != len(scores):
            raise ValueError(f"LambdaSlider: {len(maps)} maps and {len(scores)} rows of scores; "
                             "give one row per map")
        speakers, emotions = list(map(str, speakers)), list(map(str, emotions))
        style = speaker_style(sorted(set(speakers)))
        super().__init__(
            maps=[np.round(points, 2).tolist() for points in maps], scores=list(scores),
            speakers=speakers, emotions=emotions, letters=initials(speakers),
            colours={"speaker": {name: look["color"] for name, look in style.items()},
                     "emotion": emotion_colours(sorted(set(emotions)))}, **kwargs)
