"""What calibration and gating bring together, and to which emotion."""

from __future__ import annotations

import numpy as np

from mlsan.measures.scores import bootstrap
from mlsan.model.mlsan import STAGES
from mlsan.runs import Plan
from mlsan.sources import simulated
from mlsan.studies.engine import repeat
from mlsan.studies.summary import compare, predictions

MODELS = {"static": (), "calibration": ("calibration",), "gating": ("gating",),
          "both": ("calibration", "gating"), "all stages": STAGES}


def together(context: bool, seeds: int) -> dict:
    """The full model against the static one, emotion by emotion, and the interaction of two stages.

    Returns ``support`` (test utterances by emotion); ``models``: F1s with intervals (``bootstrap``)
    of the static model and of the one with all stages; ``difference`` of these; and
    ``interaction``: both stages minus each alone plus neither. The last two come from ``compare``.
    """
    corpus = simulated.simulate()
    kinds = {name: Plan("simulated", stages, context=context) for name, stages in MODELS.items()}
    groups = repeat(kinds, seeds, {"simulated": corpus})
    rows = corpus.rows("test")
    true, dialogue = corpus.emotion[rows], corpus.dialogue_of_row[rows]
    n = len(corpus.emotions)
    support = np.bincount(true, minlength=n).tolist()
    return {"support": dict(zip(corpus.emotions, support, strict=True)),
            "models": {name: bootstrap(true, predictions(groups[name]), dialogue, n)
                       for name in ("static", "all stages")},
            "difference": compare(corpus, [groups["all stages"]], [groups["static"]]),
            "interaction": compare(corpus, [groups["both"], groups["static"]],
                                   [groups["calibration"], groups["gating"]])}
