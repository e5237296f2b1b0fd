"""Set the gates of an utterance, and see what a trained model makes of it."""

from __future__ import annotations

from pathlib import Path

import anywidget
import numpy as np
import torch
import traitlets

from mlsan.data.validation import CorpusError
from mlsan.runs import Run
from mlsan.widgets import page_model
from mlsan.widgets.common import esm


class GateBench(anywidget.AnyWidget):
    """The run's own fusion and classifier in the page: choose utterance, speaker or gates.

    Args:
        run: a trained ``MLSAN`` with gating alone and without context, so that the speaker reaches
            the utterance through its gates and nothing else.
        rows: rows of the run's corpus to choose from; 40 of them make 45 KB of page.

    ``utterance`` (a place in ``rows``), ``speaker`` (a row of the speaker table) and ``gates`` are
    what is chosen; ``probability`` is what is shown, of every emotion. The JavaScript computes it,
    kernel or none: the sum of the gated encodings (Eq. gating), then the classifier. A modality
    that an utterance lacks is encoded as zeros, and its gate is shut off.

    Raises:
        ValueError: a run with other stages, or with context.
        CorpusError: there are no such rows.
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
        model, rows = run.model, np.asarray(rows)
        config = model.config
        if config.stages != ("gating",) or config.context or config.concat_speaker:
            raise ValueError("GateBench: needs a run with gating alone and without context; "
                             f"this one has {page_model.description(run)}")
        if config.evidence:
            raise CorpusError("GateBench: this run has linear evidence, the bench has not; train "
                              "with another recipe than `evidence`")
        if len(rows) == 0 or not np.isin(rows, np.arange(len(run.corpus))).all():
            raise CorpusError(f"GateBench: give rows of the corpus, 0 to {len(run.corpus) - 1}; "
                              "for instance run.corpus.rows('test')[:40]")
        layer = model.classify[-1]
        utterances = page_model.turns_of(run, rows)
        table, speaker = gate_table(run).tolist(), utterances[0]["row"]
        # Encodings and weights travel as little-endian floats: that is how forward.js reads bytes.
        super().__init__(
            config=page_model.config_of(run), table=table, speaker=speaker, gates=table[speaker],
            utterances=utterances, encodings=encodings(run, rows).cpu().numpy().astype("<f4")
            .tobytes(), weight=layer.weight.detach().cpu().numpy().astype("<f4").tobytes(),
            bias=layer.bias.tolist(), **kwargs)


@torch.no_grad()
def encodings(run: Run, rows) -> torch.Tensor:
    """(n, M, H): what each modality's encoder makes of the rows' features, before any gate.

    Zero where the modality is absent, as in Eq. assembly.
    """
    model, corpus = run.model.eval(), run.corpus
    device = next(model.parameters()).device
    x = {m: torch.as_tensor(x[rows], device=device) for m, x in corpus.features.items()}
    present = {m: torch.as_tensor(p[rows], device=device)[:, None]
               for m, p in corpus.present.items()}
    return torch.stack([model.encoders[m](x) * present[m]
                        for m, x in model.standardised(x).items()], 1)


@torch.no_grad()
def gate_table(run: Run) -> torch.Tensor:
    """(S, M): every speaker's gates, row 0 being somebody unknown."""
    model = run.model
    vector = model.speakers(torch.arange(run.speakers.rows, device=next(model.parameters()).device))
    return model.gating(vector[:, model.speakers.tells] if model.config.heard else vector).cpu()
