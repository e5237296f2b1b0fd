"""Two people whom training never meets, what they said elsewhere, and a run that may hear them."""

from __future__ import annotations

import numpy as np
import pytest

from mlsan.recipes import Recipe
from mlsan.runs import Plan, train
from mlsan.training import Settings

NEW = ("Ada", "Ben")
SHORT = Recipe(hidden=16, settings=Settings(epochs=4, batch_size=16))


@pytest.fixture(scope="session")
def newcomers(small):
    """Ada and Ben are in no dialogue of train or dev: what they said there is left out."""
    met = (small.table.split == "test") | ~small.table.speaker.isin(NEW)
    return small.replaced(keep=met.to_numpy(), name="newcomers")


@pytest.fixture(scope="session")
def said(small):
    """What Ada and Ben say outside of test: name -> utterances."""
    turns = [u for d in small.dialogues("train") for u in small.dialogue(d).utterances]
    return {name: [u for u in turns if u.speaker == name] for name in NEW}


@pytest.fixture(scope="session")
def kept_by_ear(newcomers, tmp_path_factory):
    """A run by ear, all stages, the context on, kept in a folder beside its corpus; and where."""
    here = tmp_path_factory.mktemp("kept")
    corpus = newcomers.save(here / "corpus")
    run = train(Plan(str(corpus), speakers="heard", recipe=SHORT), folder=here / "run",
                progress=False, device="cpu")
    return run, here / "run"


def logits(run):
    """(N, C), in the corpus's order."""
    out = run.inspect(None)
    return out["logits"][np.argsort(out["rows"])]


def vector(run):
    """(R,) of who was enrolled last."""
    return run.model.speakers.vectors[-1]


def spoken_by(run, *names):
    return run.corpus.table.speaker.isin(names).to_numpy()
