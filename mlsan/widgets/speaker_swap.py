"""Give an utterance to another speaker, and see what the trained model makes of it."""

from __future__ import annotations

from pathlib import Path

import anywidget
import numpy as np
import traitlets

from mlsan.runs import Run
from mlsan.widgets import page_model
from mlsan.widgets.common import esm


class SpeakerSwap(anywidget.AnyWidget):
    """The run's own checkpoint in the page: choose a turn, and who is to have said it.

    Args:
        run: a trained ``MLSAN`` that is told who speaks and listens: by calibration, gating or a
            concatenated vector; with any context or none.
        dialogues: indices of the dialogues to choose from; 100 utterances make 50 KB of page.

    ``dialogue``, ``turn`` and ``speaker`` (a row of the speaker table: a person, slot or gender, as
    the run's speaker mode has it) are what is chosen; ``probability`` is what is shown: of every
    emotion, as spoken and as swapped. The JavaScript computes it (``forward.js``), kernel or none.

    Raises:
        ValueError: to this run it makes no difference who speaks.
        CorpusError: there are no such dialogues.
    """

    _esm = esm("forward.js", "speaker-swap.js")
    _css = Path(__file__).with_name("speaker-swap.css")
    config = traitlets.Dict().tag(sync=True)
    layout_of_weights = traitlets.Dict().tag(sync=True)
    weights = traitlets.Bytes().tag(sync=True)
    features = traitlets.Bytes().tag(sync=True)
    dialogues = traitlets.List().tag(sync=True)
    dialogue = traitlets.Int(0).tag(sync=True)
    turn = traitlets.Int(0).tag(sync=True)
    speaker = traitlets.Int(0).tag(sync=True)
    probability = traitlets.Dict().tag(sync=True)

    def __init__(self, run: Run, dialogues, **kwargs):
        model, corpus = run.model, run.corpus
        calibrates = model.calibration is not None and len(model.calibration.film) > 0
        if not (calibrates or model.gating or model.config.concat_speaker):
            raise ValueError("SpeakerSwap: who speaks makes no difference to this run, which has "
                             f"{page_model.description(run)}; train one with calibration or "
                             "gating, where they can act, or with concat_speaker")
        if not run.speakers.names:
            raise ValueError("SpeakerSwap: this run is told of no speaker (mode "
                             f"{run.speakers.mode!r}); train one with another speaker mode")
        rows = page_model.rows_of(run, dialogues, "SpeakerSwap")
        layout, weights = page_model.weights_of(model)
        said = np.concatenate(rows)             # the page deals features out turn after turn
        features = np.hstack([corpus.features[m][said] for m in corpus.modalities])
        super().__init__(config=page_model.config_of(run), layout_of_weights=layout,
                         weights=weights, features=features.astype("<f4").tobytes(),
                         dialogues=[page_model.turns_of(run, r) for r in rows], **kwargs)
