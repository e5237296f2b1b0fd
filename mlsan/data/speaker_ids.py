"""Which row of the speaker table an utterance gets: who speaks, as the model is told.

Published feature files call an utterance's *slot* (order of first appearance in its dialogue) or
*gender* a speaker. So every experiment names its mode:

- ``identity``: the person;
- ``slot``: the order of first appearance in the dialogue;
- ``gender``: where the corpus has it;
- ``none``: everyone is the unknown speaker;
- ``shuffled``: a person drawn anew for every utterance from the speakers' frequencies in train. It
  has the parameters of ``identity`` and none of its information;
- ``heard``: the person, known by ear (``model.enrolment``): by their utterances of train, and
  strangers by those that they were enrolled with (``Run.enrol``).

Whose turn it is within the dialogue is another thing (``Corpus.party``). Every mode leaves it as it
is, so that a difference between two modes is one of names alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mlsan.data.corpus import Corpus
from mlsan.data.validation import CorpusError

HEARD = "heard"
MODES = ("identity", "slot", "gender", "none", "shuffled", HEARD)
UNKNOWN = 0


@dataclass(frozen=True)
class SpeakerIds:
    """``ids`` (N,): 0 for a speaker unknown in train, else 1 + the index into ``names``."""

    mode: str
    ids: np.ndarray
    names: tuple[str, ...]

    @property
    def rows(self) -> int:
        """Rows of the speaker table, the unknown one included."""
        return len(self.names) + 1


def speaker_ids(corpus: Corpus, mode: str = "identity", seed: int = 0,
                names: tuple[str, ...] | None = None) -> SpeakerIds:
    """What the model is told of each utterance's speaker.

    Args:
        seed: matters for ``shuffled`` only.
        names: those a model knows already; left out, the corpus's train split gives them.

    Raises:
        CorpusError: unknown mode; ``gender`` for a corpus without a gender column; or ``shuffled``
            with ``names``, as there is no train split to draw from.
    """
    if mode not in MODES:
        raise CorpusError(f"speakers: unknown mode {mode!r}; use one of {', '.join(MODES)}")
    table = corpus.table
    if mode == "none":
        return SpeakerIds(mode, np.zeros(len(table), np.int64), ())
    if mode == "shuffled" and names is not None:
        raise CorpusError("speakers: shuffled names are a control within one corpus, and mean "
                          f"nothing in {corpus.name}; take a run of another mode")
    if mode == "gender" and "gender" not in table.columns:
        raise CorpusError(f"speakers: {corpus.name} has no gender column; use another mode")
    if mode == "slot":
        value = pd.Series(corpus.party).map("slot {}".format)
    else:
        value = table.gender if mode == "gender" else table.speaker
    counts = value[table.split == "train"].value_counts()
    names = tuple(sorted(counts.index)) if names is None else names
    row = {name: i for i, name in enumerate(names, start=1)}
    if mode == "shuffled":
        frequency = counts[list(names)].to_numpy() / counts.sum()
        ids = 1 + np.random.default_rng(seed).choice(len(names), len(table), p=frequency)
    else:
        ids = value.map(row).fillna(UNKNOWN).to_numpy()
    return SpeakerIds(mode, ids.astype(np.int64), names)
