"""Set the three gates of an utterance, and see what a trained model makes of it."""

from __future__ import annotations

from pathlib import Path

import anywidget
import numpy as np
import torch
import traitlets

from mlsan.figures import EMOTION_COLOURS, MODALITY_COLOURS
from mlsan.runs import Run
from mlsan.widgets.common import esm


class GateBench(anywidget.AnyWidget):
    """The run's own fusion and classifier in the page: choose utterance, speaker or gates.

    Args:
        run: a trained ``MLSAN`` with gating alone and without context, so that the speaker reaches
            the utterance through its three gates and nothing else.
        rows: rows of the run's corpus to choose from; 40 of them make 45 KB of page.

    ``utterance`` (a place in ``rows``), ``speaker`` (a row of the speaker table) and ``gates`` are
    what is chosen; ``probability`` is what is shown, of every emotion. The JavaScript computes it,
    kernel or none: the sum of the gated encodings (Eq. gating), then the classifier.

    Raises:
        ValueError: a run with other stages, or with context.
    """

    _esm = esm("forward.js", "gate-bench.js")
    _css = Path(__file__).with_name("gate-bench.css")
    config = traitlets.Dict().tag(sync=True)
    utterances = traitlets.List().tag(sync=True)
    encodings = traitlets.Bytes().tag(sync=True)
    weight = traitlets.Bytes().tag(sync=True)
    bias = traitlets.List().tag(sync=True)
    table = traitlets.List().tag(sync=True)
    utterance = traitlets.Int(0).tag(sync=True)
    speaker = traitlets.Int(0).tag(sync=True)
    gates = traitlets.List().tag(sync=True)
    probability = traitlets.List().tag(sync=True)

    def __init__(self, run: Run, rows, **kwargs):
        model, corpus, rows = run.model, run.corpus, np.asarray(rows)
        if model.config.stages != ("gating",) or model.context is not None:
            stages = ", ".join(model.config.stages) or "no stage"
            raise ValueError("GateBench: needs a run with gating alone and without context; "
                             f"this one has {stages}, context {model.config.context}")
        layer = model.classify[-1]
        speaker = run.speakers.ids[rows].tolist()
        said = corpus.table.loc[rows, ["text", "emotion"]].to_dict("records")
        table = gate_table(run).tolist()
        config = {"modalities": list(corpus.modalities), "emotions": list(corpus.emotions),
                  "speakers": ["somebody unknown", *run.speakers.names],
                  "hidden": model.config.hidden,
                  "colours": {**{e: EMOTION_COLOURS[e] for e in corpus.emotions},
                              **{m: MODALITY_COLOURS[m] for m in corpus.modalities}}}
        # Encodings and weights travel as little-endian floats: that is how forward.js reads bytes.
        super().__init__(
            config=config, table=table, speaker=speaker[0], gates=table[speaker[0]],
            utterances=[u | {"speaker": s} for u, s in zip(said, speaker, strict=True)],
            encodings=encodings(run, rows).cpu().numpy().astype("<f4").tobytes(),
            weight=layer.weight.detach().cpu().numpy().astype("<f4").tobytes(),
            bias=layer.bias.tolist(), **kwargs)


@torch.no_grad()
def encodings(run: Run, rows) -> torch.Tensor:
    """(n, M, H): what each modality's encoder makes of the rows' features, before any gate."""
    model, corpus = run.model.eval(), run.corpus
    device = next(model.parameters()).device
    x = {m: torch.as_tensor(x[rows], device=device) for m, x in corpus.features.items()}
    return torch.stack([model.encoders[m](x) for m, x in model.standardised(x).items()], 1)


@torch.no_grad()
def gate_table(run: Run) -> torch.Tensor:
    """(S, M): every speaker's gates, row 0 being somebody unknown."""
    return run.model.gating(run.model.speakers.vectors.weight).cpu()
