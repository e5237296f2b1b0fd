"""Give an utterance to another speaker, and see what the trained model makes of it."""

from __future__ import annotations

from pathlib import Path

import anywidget
import numpy as np
import traitlets

from mlsan.figures import EMOTION_COLOURS
from mlsan.model.mlsan import STAGES
from mlsan.runs import Run
from mlsan.widgets.common import esm

AUXILIARY = "regularization."       # stage 3's head guesses the speaker in training only


class SpeakerSwap(anywidget.AnyWidget):
    """The run's own checkpoint in the page: choose a turn, and who is to have said it.

    Args:
        run: a trained ``MLSAN`` with all three stages and context.
        dialogues: indices of the dialogues to choose from; 100 utterances make 50 KB of page.

    ``dialogue``, ``turn`` and ``speaker`` (a row of the speaker table) are what is chosen;
    ``probability`` is what is shown: of every emotion, as spoken and as swapped. The JavaScript
    computes it (``forward.js``), kernel or none.

    Raises:
        ValueError: a run without the stages, or without context.
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
        if set(model.config.stages) != set(STAGES) or model.context is None:
            stages = ", ".join(model.config.stages) or "no stage"
            raise ValueError("SpeakerSwap: needs a run with all three stages and context; "
                             f"this one has {stages}, context {model.config.context}")
        layout, values, offset = {}, [], 0
        for name, tensor in model.state_dict().items():
            if not name.startswith(AUXILIARY):
                values.append(tensor.cpu().numpy().astype("<f4").ravel())
                layout[name] = {"offset": offset, "length": values[-1].size}
                offset += values[-1].size
        rows = np.flatnonzero(np.isin(corpus.dialogue_of_row, dialogues))
        # Sorted, as the features' rows are: the page deals those out turn after turn.
        said = corpus.table[["speaker", "emotion", "text"]]
        spoken = [said[corpus.dialogue_of_row == d].to_dict("records") for d in sorted(dialogues)]
        features = np.hstack([corpus.features[m][rows] for m in corpus.modalities])
        config = {"modalities": list(corpus.modalities), "dims": corpus.dims,
                  "emotions": list(corpus.emotions),
                  "colours": {e: EMOTION_COLOURS[e] for e in corpus.emotions},
                  "speakers": ["somebody unknown", *run.speakers.names],
                  "speakerDim": model.config.speaker_dim,
                  "heads": model.context.heads, "reach": model.context.reach}
        super().__init__(config=config, layout_of_weights=layout, dialogues=spoken,
                         weights=np.concatenate(values).tobytes(),
                         features=features.astype("<f4").tobytes(), **kwargs)
