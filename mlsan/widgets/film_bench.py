"""FiLM by hand: move and stretch each speaker's cloud until the speakers can't be told apart."""

from __future__ import annotations

from pathlib import Path

import anywidget
import numpy as np
import traitlets

from mlsan.marks import emotion_colours, initials, speaker_style
from mlsan.widgets.common import esm


class FilmBench(anywidget.AnyWidget):
    """Utterances in a plane, each speaker's gamma and beta on both axes, and what a reader sees.

    Sliders set them; pulling at the chosen speaker's ring moves beta, its handle stretches the
    cloud about its middle. Eq. calibration and both accuracies (``nearest_mean_accuracy``) are
    computed in the page, kernel or none.

    Args:
        points: (n, 2) features. speakers, emotions: (n,) names.
        undo: speaker -> (gamma, beta), two numbers each: what takes their gain and shift out.

    ``chosen`` is the speaker at hand, ``colour`` what the colours mean (``emotion`` or
    ``speaker``); ``film`` holds each speaker's gamma and beta, ``accuracy`` what is shown of both.
    """

    _esm = esm("cloud.js", "film-bench.js")
    _css = "\n".join(Path(__file__).with_name(name).read_text("utf-8")
                     for name in ("calibration-bench.css", "film-bench.css"))
    points = traitlets.List().tag(sync=True)
    speakers = traitlets.List().tag(sync=True)
    emotions = traitlets.List().tag(sync=True)
    undo = traitlets.Dict().tag(sync=True)
    letters = traitlets.Dict().tag(sync=True)
    colours = traitlets.Dict().tag(sync=True)
    chosen = traitlets.Unicode().tag(sync=True)
    colour = traitlets.Enum(("emotion", "speaker"), "emotion").tag(sync=True)
    film = traitlets.Dict().tag(sync=True)
    accuracy = traitlets.Dict().tag(sync=True)

    def __init__(self, points, speakers, emotions, undo, **kwargs):
        speakers, emotions = list(map(str, speakers)), list(map(str, emotions))
        if set(undo) != set(speakers):
            raise ValueError(f"FilmBench: undo names {', '.join(undo)}; the points are of "
                             f"{', '.join(sorted(set(speakers)))}")
        style = speaker_style(list(undo))
        super().__init__(
            points=np.round(points, 3).tolist(), speakers=speakers, emotions=emotions,
            undo={s: {"gamma": np.round(gamma, 3).tolist(), "beta": np.round(beta, 3).tolist()}
                  for s, (gamma, beta) in undo.items()},
            letters=initials(speakers),
            colours={"emotion": emotion_colours(sorted(set(emotions))),
                     "speaker": {s: look["color"] for s, look in style.items()}},
            **{"chosen": next(iter(undo)), **kwargs})
