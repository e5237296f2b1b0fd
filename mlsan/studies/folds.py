"""Leave-speakers-out folds: everybody is tested once, by models that never met them.

The predictions of all folds are pooled and scored as one: a mean of the folds' scores would weigh a
fold of few utterances like one of many, and F1s of small folds lie off. People are what the folds
leave out, so intervals resample people.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import numpy as np
from scipy.special import softmax

from mlsan.data.corpus import Corpus
from mlsan.data.speaker_ids import speaker_ids
from mlsan.data.splits import leave_speakers_out
from mlsan.data.validation import SPLITS, CorpusError
from mlsan.measures.people import by_person
from mlsan.measures.scores import bootstrap, report
from mlsan.runs import Plan, Run
from mlsan.studies.engine import repeat, seeded
from mlsan.studies.summary import SCORES, averaged, predictions
from mlsan.training import build


def parts_of(corpus: Corpus, folds: int, plans: list[Plan]) -> list[Corpus]:
    """The corpus as each fold splits it; all of them can be trained on as ``plans`` want.

    Raises:
        CorpusError: too few or too many folds, or one that can't be trained on.
    """
    folds = max(folds, 1)                           # none at all is refused where one is
    parts = [leave_speakers_out(corpus, folds, fold) for fold in range(folds)]
    for fold, part in enumerate(parts):             # refused before hours are spent on the others
        for plan in plans:
            try:
                build(part, speaker_ids(part, plan.speakers), stages=plan.acting(part))
            except CorpusError as error:
                raise CorpusError(f"fold {fold} of {folds}: {error}; or deal the speakers into "
                                  "another number of folds") from error
    return parts


def pooled(corpus: Corpus, parts: list[Corpus], kinds: Mapping[Hashable, Plan], seeds: int,
           device: str = "auto") -> dict[Hashable, list[dict]]:
    """Every kind with every seed in every fold: kind -> its pooled records, one per seed.

    A record is as ``records.record`` gives it, its ``rows`` those of the corpus, with ``people``
    (``by_person``) and the ``folds``: of each the epoch that dev chose, and its scores.
    """
    looks = {plan: probabilities for kind in kinds.values() for plan in seeded(kind, seeds)}
    (name,) = {plan.corpus for plan in kinds.values()}
    each = [repeat(kinds, seeds, {name: part}, looks=looks, device=device) for part in parts]
    return {kind: [_pool(corpus, [groups[kind][seed] for groups in each]) for seed in range(seeds)]
            for kind in kinds}


def probabilities(run: Run) -> list[list[float]]:
    """(n, C), in the order of the labelled test rows."""
    out = run.inspect("test")
    order = np.argsort(out["rows"])
    labelled = run.corpus.emotion[out["rows"][order]] >= 0
    return softmax(out["logits"][order][labelled].astype(float), axis=1).tolist()


def _pool(corpus: Corpus, records: list[dict]) -> dict:
    """One record of all folds' test predictions."""
    rows, predicted = (np.concatenate([r[key] for r in records]) for key in ("rows", "predicted"))
    order = np.argsort(rows)
    rows, predicted = rows[order], predicted[order]
    probability = np.concatenate([r["probes"] for r in records])[order]
    true, speaker = corpus.emotion[rows], corpus.table.speaker.to_numpy()[rows]
    about = {key: records[0][key] for key in ("stages", "speakers", "seed", "concat_speaker")}
    strangers = np.ones(len(rows), bool)
    return about | report(true, predicted, corpus.emotions, strangers) | {
        "utterances": len(rows), "rows": rows.tolist(), "predicted": predicted.tolist(),
        "people": by_person(true, predicted, probability, speaker),
        "folds": [{key: r[key] for key in ("epoch", "utterances", *SCORES)} for r in records]}


def people_of(corpus: Corpus, group: list[dict]) -> dict:
    """Of one kind's pooled records: the means over seeds of ``by_person``, and ``intervals`` of the
    scores, people resampled."""
    rows = group[0]["rows"]
    intervals = bootstrap(corpus.emotion[rows], predictions(group)[0],
                          corpus.table.speaker.to_numpy()[rows], len(corpus.emotions))
    return averaged([r["people"] for r in group]) | {
        "intervals": {score: intervals[score] for score in SCORES}}


def held_out(parts: list[Corpus]) -> list[dict]:
    """Of each fold, per split: the ``speakers`` whose labels count, and how many ``utterances``."""
    return [{split: {"speakers": sorted(set(part.table.speaker[part.labelled_rows(split)])),
                     "utterances": len(part.labelled_rows(split))}
             for split in reversed(SPLITS)} for part in parts]


def protocol_of(parts: list[Corpus], speakers: tuple[str, ...]) -> list[str]:
    """How it was done, for a reader of the scores."""
    train = [len(part.labelled_rows("train")) for part in parts]
    said = [f"{len(parts)} folds by speaker; the corpus's own splits are not used. A fold's test "
            "are the turns of people of whom its train and dev have none, dev those of the next "
            "fold's people; other people's turns beside theirs are context. So a fold trains on "
            f"{min(train)} to {max(train)} utterances.",
            "The epoch is chosen on each fold's dev. Every utterance is predicted once, the "
            "predictions of all folds are scored as one, and intervals resample people."]
    if "identity" in speakers:
        said.append("In test everybody is a stranger: under identity the model knows train's "
                    "people by name, and whom it is tested on as the unknown speaker.")
    return said
