"""Twenty-four actors, and ninety-one: real people who are known, and what each stage makes of it.

Every clip is a dialogue of one turn, so the context is off. Test holds sentences that train never
heard; each clip is in the test of one fold, and the predictions of all folds are scored as one.
"""

from __future__ import annotations

import numpy as np

from mlsan import catalogue
from mlsan.data.corpus import Corpus
from mlsan.measures.scores import bootstrap, f1_scores, mean_sd
from mlsan.model.mlsan import STAGES
from mlsan.runs import Plan
from mlsan.studies.engine import run, seeded
from mlsan.studies.records import probe_run

FOLDS = {"ravdess": 2, "ravdess-egemaps": 2, "cremad": 4}      # of ``known``
TWO = STAGES[:2]
# name -> stages, what is told of the speaker.
KINDS = {"static": ((), "none"), "static, own moments": ((), "none"),
         "calibration": (STAGES[:1], "identity"), "gating": (STAGES[1:2], "identity"),
         "regularization": (STAGES[2:], "identity"), "calibration + gating": (TWO, "identity"),
         "all": (STAGES, "identity"), "all, told nobody": (STAGES, "none"),
         "all, told a shuffled actor": (STAGES, "shuffled"), "by ear": (TWO, "heard")}
PAIRS = (("all", "static"), ("calibration", "static"), ("gating", "static"),
         ("regularization", "static"), ("all", "calibration"), ("all", "all, told nobody"),
         ("all", "all, told a shuffled actor"), ("all, told a shuffled actor", "static"),
         ("all", "by ear"), ("by ear", "static"), ("static, own moments", "static"))

PROBED = ("static", "calibration", "all", "by ear")


def own_moments(corpus: Corpus) -> Corpus:
    """Every feature by the mean and sd of the actor's own clips in train: what one would do
    without a model that adapts."""
    features, train = {}, corpus.rows("train")
    speaker = corpus.table.speaker.to_numpy()
    for m, x in corpus.features.items():
        features[m] = x.copy()
        for person in np.unique(speaker):
            own = train[(speaker[train] == person) & corpus.present[m][train]]
            sd = x[own].std(0)
            features[m][speaker == person] = ((x[speaker == person] - x[own].mean(0))
                                              / np.where(sd < 1e-6, 1, sd))
        features[m][~corpus.present[m]] = 0
    return corpus.replaced(features=features)


def known_actors(seeds: int, names: tuple[str, ...]) -> dict:
    """corpus -> ``means`` of the kinds over seeds, ``paired`` differences with intervals over
    people, ``by_person`` recall static and with all stages, ``gates`` of one seed, ``probes``."""
    return {name: _known(name, seeds) for name in names}


def _known(name: str, seeds: int) -> dict:
    corpora, plans, looks = {}, {}, {}
    for kind, (stages, speakers) in KINDS.items():
        for fold in range(FOLDS[name]):
            split = f"{name}@known-{fold}"
            if split not in corpora:
                corpora[split] = catalogue.load(split)
            if kind == "static, own moments":
                corpora[f"{split}, own"] = own_moments(corpora[split])
                split = f"{split}, own"
            plan = Plan(split, stages, speakers, context=False)
            plans[kind, fold] = seeded(plan, seeds)
            if kind in PROBED and fold == 0:
                looks[plan] = probe_run         # of seed 0
    records = run((p for some in plans.values() for p in some), corpora, looks=looks,
                  device="cpu")         # networks so small are faster there
    corpus = corpora[f"{name}@known-0"]
    rows = np.flatnonzero(corpus.emotion >= 0)
    true, speaker = corpus.emotion[rows], corpus.table.speaker.to_numpy()[rows]
    predicted = {}
    for kind in KINDS:
        pooled = np.full((seeds, len(corpus)), -1)
        for fold in range(FOLDS[name]):
            for seed, plan in enumerate(plans[kind, fold]):
                pooled[seed, records[plan]["rows"]] = records[plan]["predicted"]
        predicted[kind] = pooled[:, rows]
    C, means, paired = len(corpus.emotions), [], []
    for kind, each in predicted.items():
        scores = [f1_scores(true, p, C) for p in each]
        found = {"kind": kind}
        for key in ("unweighted_recall", "accuracy", "weighted_f1"):
            found[key], found[f"{key}_sd"] = mean_sd([s[key] for s in scores])
        means.append(found | {"dev_weighted_f1": float(np.mean(
            [records[p]["dev_weighted_f1"] for f in range(FOLDS[name]) for p in plans[kind, f]]))})
    for kind, against in PAIRS:
        difference = bootstrap(true, predicted[kind], speaker, C, minus=predicted[against])
        paired.append({"kind": kind, "against": against, **difference["unweighted_recall"]})
    probes = {kind: records[plans[kind, 0][0]]["probes"]
              for kind in PROBED}
    recall = {kind: {str(s): float(np.mean([f1_scores(true[speaker == s], p[speaker == s], C)[
        "unweighted_recall"] for p in predicted[kind]])) for s in np.unique(speaker)}
        for kind in ("static", "all")}
    return {"emotions": corpus.emotions, "clips": len(rows), "means": means, "paired": paired,
            "probes": probes, "by_person": recall,
            # None with one modality, where there is nothing to weigh.
            "gates": records[plans["calibration + gating", 0][0]].get("gates")}
