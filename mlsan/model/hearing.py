"""People who were never in train, known by ear: from utterances to a model that knows them."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
import torch

from mlsan.data.corpus import Corpus, Utterance
from mlsan.data.speaker_ids import UNKNOWN, SpeakerIds
from mlsan.data.validation import CorpusError
from mlsan.model.mlsan import MLSAN


def enrolled(model: MLSAN, utterances: Sequence[Utterance]) -> MLSAN:
    """A model that knows one person more, by these utterances; its last row is theirs.

    Raises:
        CorpusError: it knows people by a table of names, or an utterance is not as it reads them.
    """
    _check(model)
    features, present = gathered(model, utterances)
    return _knowing(model, [_vector(model, features, present)])


def unsure(model: MLSAN, utterances: Sequence[Utterance]) -> dict[str, float]:
    """What they leave open of where their speaker lies: calibrated modality -> the share of the
    variance between people, from 1 (nothing was heard of it) towards 0."""
    _check(model)
    present = gathered(model, utterances)[1]
    return {m: model.speakers.unsure(m, int(present[m].sum())) for m in model.speakers.calibrated}


def listening(model: MLSAN, corpus: Corpus, speakers: SpeakerIds) -> tuple[MLSAN, SpeakerIds]:
    """Each turn of a stranger by that stranger's earlier turns in the dialogue, and no others.

    The model has a row for each such turn, and the ids name it.
    """
    _check(model)
    device, ids = next(model.parameters()).device, speakers.ids.copy()
    person = corpus.table.groupby(["dialogue", "speaker"], sort=False).ngroup().to_numpy()
    tensors, vectors, names = corpus.tensors(ids, device), [], []
    for row in np.flatnonzero(ids == UNKNOWN):
        before = np.flatnonzero(person[:row] == person[row])
        if len(before):
            vectors.append(_vector(model, {m: x[before] for m, x in tensors.features.items()},
                                   {m: p[before] for m, p in tensors.present.items()}))
            ids[row] = len(speakers.names) + len(vectors)
            names.append(f"{corpus.table.speaker[row]}, after {len(before)} turns")
    return _knowing(model, vectors), SpeakerIds(speakers.mode, ids, (*speakers.names, *names))


def gathered(model: MLSAN, utterances: Sequence[Utterance]):
    """What a model reads of some utterances: features (K, D_m), and bool (K,) where they are.

    Raises:
        CorpusError: features of another size, or not finite.
    """
    device, features, present = next(model.parameters()).device, {}, {}
    for m, d in model.config.dims.items():
        x = np.zeros((len(utterances), d), np.float32)
        for i, utterance in enumerate(utterances):
            given = np.asarray(utterance.features.get(m, x[i]), np.float32)
            if given.shape != (d,) or not np.isfinite(given).all():
                raise CorpusError(f"enrol: utterance {i} (dialogue {utterance.dialogue}, turn "
                                  f"{utterance.turn}): {m} is {given.shape}, or not finite; the "
                                  f"model reads {d} finite numbers, made the way its own were")
            x[i] = given
        features[m] = torch.as_tensor(x, device=device)
        present[m] = torch.tensor([m in u.features for u in utterances], dtype=torch.bool,
                                  device=device)
    return features, present


def _check(model: MLSAN) -> None:
    if not model.config.heard:
        raise CorpusError("this run knows people by a table of those of train; train one that "
                          "knows them by ear: `mlsan train CORPUS --speakers heard`")


@torch.no_grad()
def _vector(model: MLSAN, features, present) -> torch.Tensor:
    """(1, R), alone, so that nobody's vector depends on who else is heard."""
    k = len(next(iter(present.values())))
    heard = torch.ones(1, k, dtype=torch.bool, device=next(model.parameters()).device)
    return model.hear({m: x[None] for m, x in model.standardised(features).items()},
                      {m: p[None] for m, p in present.items()}, heard)


def _knowing(model: MLSAN, vectors: list[torch.Tensor]) -> MLSAN:
    model = copy.deepcopy(model)
    model.speakers.know(torch.cat([model.speakers.vectors[1:], *vectors]))
    return model
