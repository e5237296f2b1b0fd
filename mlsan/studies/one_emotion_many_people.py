"""How much adaptation brings as speakers differ more, and how much the examples would allow."""

from __future__ import annotations

import numpy as np

from mlsan.data.corpus import Corpus
from mlsan.measures import bayes
from mlsan.measures.scores import bootstrap, f1_scores
from mlsan.model.mlsan import STAGES
from mlsan.runs import Plan
from mlsan.sources import plug_in, simulated
from mlsan.studies.engine import repeat
from mlsan.studies.summary import difference, means_of

STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
READERS = {"utterance": bayes.utterance, "dialogue": bayes.dialogue}


def strength_grid(seeds: int) -> list[dict]:
    """Static and ML-SAN where the planted differences between speakers are scaled by each strength.

    Each utterance is read alone (context off). One row per strength: ``strength``, ``static`` and
    ``mlsan`` (mean weighted F1), ``bayes`` (level a), the paired ``difference`` and its interval.
    """
    worlds = {}
    for strength in STRENGTHS:
        strengths = simulated.Strengths().scaled(strength)
        worlds[f"strength {strength}"] = simulated.simulate(strengths=strengths)
    groups = repeat({(world, stages): Plan(world, stages, context=False)
                     for world in worlds for stages in ((), STAGES)}, seeds, worlds)
    return [{"strength": strength, "static": means_of(groups[world, ()])["weighted_f1"],
             "mlsan": means_of(groups[world, STAGES])["weighted_f1"],
             "bayes": bayes.report(corpus)["utterance"]["weighted_f1"],
             **difference(corpus, groups[world, STAGES], groups[world, ()])}
            for strength, (world, corpus) in zip(STRENGTHS, worlds.items(), strict=True)]


def plug_in_curve(draws: int) -> dict:
    """The posterior with everything estimated (``plug_in``), from ever more of train's dialogues.

    Returns ``exact``: level -> weighted F1 on test of whoever knows what was planted; ``curve``,
    one row per share of the dialogues: ``share``, ``dialogues``, ``utterances`` (mean),
    ``inertia``, ``contagion`` (means), and per level ``mean``, ``low``, ``high`` of weighted F1
    with the paired ``difference`` from the exact reader; and ``per_class_f1`` with all of train,
    level -> one value per emotion. Every share but all is drawn ``draws`` times and averaged.
    """
    corpus = simulated.simulate()
    test, train = corpus.rows("test"), corpus.dialogues("train")
    exact = {level: read(corpus, test).argmax(1) for level, read in READERS.items()}
    curve = []
    for share in SHARES:
        n = round(share * len(train))
        drawn = [np.random.default_rng(draw).permutation(train)[:n]
                 for draw in range(draws if share < 1 else 1)]
        rows = [np.flatnonzero(np.isin(corpus.dialogue_of_row, d)) for d in drawn]
        fitted = [plug_in.fit(corpus, r) for r in rows]
        habits = [f.truth.strengths for f in fitted]
        curve.append({"share": share, "dialogues": n,
                      "utterances": float(np.mean([len(r) for r in rows])),
                      "inertia": float(np.mean([h.inertia for h in habits])),
                      "contagion": float(np.mean([h.contagion for h in habits])),
                      **{level: _scored(corpus, [read(f, test).argmax(1) for f in fitted],
                                        exact[level]) for level, read in READERS.items()}})
    true, n = corpus.emotion[test], len(corpus.emotions)
    (fitted,) = fitted                                                  # the last: all of train
    return {"exact": {level: f1_scores(true, said, n)["weighted_f1"]
                      for level, said in exact.items()},
            "curve": curve,
            "per_class_f1": {level: f1_scores(true, read(fitted, test).argmax(1), n)["per_class_f1"]
                             for level, read in READERS.items()}}


def _scored(corpus: Corpus, predicted, reference) -> dict:
    """Weighted F1 on test with its interval, and the paired difference from a reference."""
    test = corpus.rows("test")
    if len(predicted) == 1:             # of all of train: nothing is drawn
        (predicted,) = predicted
    about = corpus.dialogue_of_row[test], len(corpus.emotions)
    alone = bootstrap(corpus.emotion[test], predicted, *about)["weighted_f1"]
    return alone | {"difference": bootstrap(corpus.emotion[test], predicted, *about,
                                            minus=reference)["weighted_f1"]}
