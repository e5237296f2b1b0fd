"""What the assignment gives you: two models' predictions on test, and the logs of their training.

``predictions.csv`` has a row for each turn of the test split; ``epochs.csv`` one for each epoch of
each run. The people are simulated.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

EMOTIONS = ("neutral", "joy", "anger", "sadness", "fear")
HERE = Path(__file__).parent


def predictions() -> pd.DataFrame:
    """A row for each turn: ``dialogue``, ``turn``, ``speaker``, ``emotion`` (empty where nobody
    labelled it), what each run called it (``static_0`` ... ``adapted_1``), and each model's
    probability of anger (``static_anger``, ``adapted_anger``; NaN where the recording is lost)."""
    return pd.read_csv(HERE / "predictions.csv", keep_default_na=False,
                       na_values={"static_anger": [""], "adapted_anger": [""]})


def log_of(model: str) -> dict[str, np.ndarray]:
    """``dev_f1``, ``dev_loss`` and ``test_f1`` of ``"static"`` or ``"adapted"``, each (E, S): an
    epoch a row, a run a column. NaN where nothing was measured."""
    log = pd.read_csv(HERE / "epochs.csv")
    log = log[log.model == model]
    return {name: log.pivot(index="epoch", columns="seed", values=name).to_numpy()
            for name in ("dev_f1", "dev_loss", "test_f1")}


def runs_of(model: str, table: pd.DataFrame) -> list[str]:
    """The columns of a model's runs, one for each seed."""
    return [name for name in table.columns if name.startswith(f"{model}_") and name[-1].isdigit()]


def codes(names) -> np.ndarray:
    """Emotions by name as numbers (N,): the place in ``EMOTIONS``, -1 where there is none."""
    return np.array([EMOTIONS.index(name) if name in EMOTIONS else -1 for name in names])


def counted(model: str, table: pd.DataFrame) -> np.ndarray:
    """Counts (C, C, D, K) of a model's labelled turns: ``counts[e, c, d, k]`` of the turns of
    dialogue d that are truly c were called e by run k."""
    labelled = table[table.emotion != ""]
    dialogue = np.unique(labelled.dialogue, return_inverse=True)[1]
    runs, truly = runs_of(model, table), codes(labelled.emotion)
    counts = np.zeros((len(EMOTIONS), len(EMOTIONS), dialogue.max() + 1, len(runs)), int)
    for k, run in enumerate(runs):
        np.add.at(counts, (codes(labelled[run]), truly, dialogue, k), 1)
    return counts
