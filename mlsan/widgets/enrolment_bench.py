"""Enrol somebody in the page: hear a stranger utterance by utterance, and see what that changes."""

from __future__ import annotations

from pathlib import Path

import anywidget
import numpy as np
import traitlets

from mlsan.data.speaker_ids import UNKNOWN
from mlsan.data.validation import CorpusError
from mlsan.runs import Run
from mlsan.widgets import page_model
from mlsan.widgets.common import esm

CALLED = "EnrolmentBench"


class EnrolmentBench(anywidget.AnyWidget):
    """Strangers and their utterances; whoever is chosen is known by those that the reader picks.

    Args:
        run: knows people by ear (``speakers="heard"``), with calibration, and reads each turn
            alone.
        rows: rows of the run's corpus, of two people or more whom the run doesn't know; 48 of them
            make 60 KB of page.

    ``person`` is the place of who is chosen, ``heard`` the places in ``rows`` of what was heard in
    their name, ``only`` the emotion that is picked from (0: any); ``found`` is what that makes of
    them: their ``vector``, what is ``unsure``, the ``gates``, the ``probability`` of every emotion
    in each utterance of theirs. The JavaScript computes it all (``hear.js``), kernel or none.

    The map shows the calibrated modalities together, along the two directions in which train's
    emotions lie farthest apart.

    Raises:
        CorpusError: a run that can't be shown so, no such rows, or of people whom it knows.
    """

    _esm = esm("forward.js", "hear.js", "enrolment-bench.js")
    _css = "\n".join(Path(__file__).with_name(name).read_text("utf-8")
                     for name in ("calibration-bench.css", "enrolment-bench.css"))
    config = traitlets.Dict().tag(sync=True)
    layout_of_weights = traitlets.Dict().tag(sync=True)
    weights = traitlets.Bytes().tag(sync=True)
    features = traitlets.Bytes().tag(sync=True)
    utterances = traitlets.List().tag(sync=True)
    map = traitlets.Dict().tag(sync=True)
    person = traitlets.Int(0).tag(sync=True)
    heard = traitlets.List().tag(sync=True)
    only = traitlets.Int(0).tag(sync=True)
    found = traitlets.Dict().tag(sync=True)

    def __init__(self, run: Run, rows, **kwargs):
        rows, corpus = np.asarray(rows, int), run.corpus
        _check(run, rows)
        layout, weights = page_model.weights_of(run.model)
        features = np.hstack([corpus.features[m][rows] for m in corpus.modalities])
        super().__init__(config=page_model.config_of(run), layout_of_weights=layout,
                         weights=weights, features=features.astype("<f4").tobytes(),
                         utterances=page_model.turns_of(run, rows), map=_map(run), **kwargs)


def _map(run: Run) -> dict:
    """``axes``, two directions (D,) in the calibrated modalities one after another, orthonormal;
    ``means``, where train's emotions lie on them (C, 2), as the model reads them."""
    out = run.inspect("train")
    x = np.hstack([out[m] for m in run.model.calibration.film])
    felt = run.corpus.emotion[out["rows"]]
    means = np.stack([x[felt == e].mean(0) for e in range(len(run.corpus.emotions))])
    axes = np.linalg.svd(means - means.mean(0), full_matrices=False)[2][:2].astype(float)
    return {"axes": axes.round(5).tolist(), "means": (means @ axes.T).round(3).tolist()}


def _check(run: Run, rows: np.ndarray) -> None:
    config = run.model.config
    if not (config.heard and run.model.calibration and run.model.calibration.film):
        raise CorpusError(f"{CALLED}: needs a run that knows people by ear and calibrates; this "
                          f"one has {page_model.description(run)}, speakers "
                          f"{run.speakers.mode!r}. Train one with --speakers heard")
    if config.context or config.concat_speaker:
        raise CorpusError(f"{CALLED}: shows utterances one by one; this run has "
                          f"{page_model.description(run)}. Train one with context=False")
    if len(rows) == 0 or not np.isin(rows, np.arange(len(run.corpus))).all():
        raise CorpusError(f"{CALLED}: give rows of the corpus, 0 to {len(run.corpus) - 1}; for "
                          "instance run.corpus.rows('test')[:40]")
    people = run.corpus.table.speaker.iloc[rows]
    if known := sorted(set(people[run.speakers.ids[rows] != UNKNOWN])):
        raise CorpusError(f"{CALLED}: the run knows {', '.join(known)} already; give rows of "
                          "people whom it never met")
    if people.nunique() < 2:
        raise CorpusError(f"{CALLED}: rows of {people.nunique()} person; give those of two at "
                          "least, so that a wrong name can be tried")
