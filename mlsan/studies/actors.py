"""Twenty-four actors, and ninety-one: real people who are known, and what each stage makes of it.

Every clip is a dialogue of one turn, so the context is off. Test holds sentences that train never
heard; each clip is in the test of one fold, and the predictions of all folds are scored as one.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import numpy as np
import torch

from mlsan import catalogue
from mlsan.data.corpus import Corpus
from mlsan.measures.maps import umap
from mlsan.measures.people import recall_by_person
from mlsan.measures.scores import bootstrap, f1_scores, mean_sd
from mlsan.model.mlsan import STAGES
from mlsan.recipes import RECIPES
from mlsan.runs import Plan, Run, train
from mlsan.studies.calibration import standardised_by_speaker
from mlsan.studies.engine import run, seeded
from mlsan.studies.recording import FACE
from mlsan.studies.records import calibrated_features, probe_places, probe_run
from mlsan.studies.summary import averaged

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
                corpora[f"{split}, own"] = standardised_by_speaker(corpora[split])
                split = f"{split}, own"
            plan = Plan(split, stages, speakers, context=False)
            plans[kind, fold] = seeded(plan, seeds)
            if kind in PROBED and fold == 0:
                looks[plan] = probe_run         # of seed 0
    records = run((p for some in plans.values() for p in some), corpora, looks=looks,
                  device="cpu")         # networks so small are faster there
    corpus = corpora[f"{name}@known-0"]
    true, speaker = _answers(corpus)
    predicted = {kind: _pooled(corpus, records, [plans[kind, f] for f in range(FOLDS[name])])
                 for kind in KINDS}
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
    probes = {kind: records[plans[kind, 0][0]]["probes"] for kind in PROBED}
    recall = {kind: averaged([recall_by_person(true, p, speaker, C) for p in predicted[kind]])
              for kind in ("static", "all")}
    return {"emotions": corpus.emotions, "clips": len(true), "means": means, "paired": paired,
            "probes": probes, "by_person": recall,
            # None with one modality, where there is nothing to weigh.
            "gates": records[plans["calibration + gating", 0][0]].get("gates")}


def _answers(corpus: Corpus) -> tuple[np.ndarray, np.ndarray]:
    """Emotions and names (n,) of all labelled clips, in their order."""
    rows = np.flatnonzero(corpus.emotion >= 0)
    return corpus.emotion[rows], corpus.table.speaker.to_numpy()[rows]


def _pooled(corpus: Corpus, records: dict, folds: list[list[Plan]],
            answer=lambda r: r["predicted"]) -> np.ndarray:
    """(seeds, n): what every labelled clip is called in the fold whose test it is in.

    ``folds``: of each fold its plans, one per seed; ``answer``: where a record has it.
    """
    found = np.full((len(folds[0]), len(corpus)), -1)
    for plans in folds:
        for seed, plan in enumerate(plans):
            found[seed, records[plan]["rows"]] = answer(records[plan])
    return found[:, corpus.emotion >= 0]


# Where the clips lie, and one face: statistics and points of two numbers, no features.

MAPPED = {"as measured": "static", "calibrated by a table of names": "calibration + gating",
          "calibrated by ear": "by ear"}
NEUTRALITIES = (0.1, 0.3, 1.0)
SHOWN = {"AU01_r": "inner brows up", "AU04_r": "brows down", "AU06_r": "cheeks up",
         "AU12_r": "smile", "AU25_r": "lips apart"}
STEPS = 200                     # of whole batches
FACE_OF = "Actor 19"            # whom the static model reads worst, with these features
TELLINGS = ("the actor", "nobody", "another actor")
HALVES = ("gamma", "beta")


def retold(run: Run, telling: str) -> Run:
    """The trained model told of every clip its actor, nobody, or another actor than its own."""
    ids, people = run.speakers.ids, len(run.speakers.names)
    if telling == "nobody":
        ids = 0 * ids
    elif telling == "another actor":
        away = np.random.default_rng(run.plan.seed).integers(1, people, len(ids))
        ids = (ids - 1 + away) % people + 1
    return replace(run, speakers=replace(run.speakers, ids=ids))


def tellings(run: Run) -> dict[str, list[int]]:
    return {telling: called(retold(run, telling)) for telling in TELLINGS}


def called(run: Run) -> list[int]:
    """What each labelled test clip is called, in the order of its rows."""
    out = run.inspect("test")
    named = dict(zip(out["rows"], out["logits"].argmax(1).tolist(), strict=True))
    return [named[row] for row in np.sort(run.corpus.labelled_rows("test"))]


@torch.no_grad()
def halved(run: Run, own: str) -> Run:
    """The trained model in which only one half of stage 1, ``gamma`` or ``beta``, is a person's
    own; of the other half everybody gets the mean."""
    model = deepcopy(run.model)
    for linear in model.calibration.film.values():
        given = linear(model.speakers.vectors.weight[1:])               # (S, 2 D)
        D = given.shape[1] // 2
        frozen = slice(D, None) if own == "gamma" else slice(None, D)
        linear.weight[frozen] = 0
        linear.bias[frozen] = given.mean(0)[frozen]
    return replace(run, model=model)


@torch.no_grad()
def undoes(run: Run) -> dict[str, float]:
    """How far beta takes a person's mean away: its correlation, over people and features, with what
    would, given gamma; from both is taken what everybody has in common."""
    corpus, rows = run.corpus, run.corpus.rows("train")
    found, who, vectors = {}, run.speakers.ids[rows], run.model.speakers.vectors.weight[1:]
    for m in corpus.modalities:
        x = corpus.features[m][rows].astype(float)
        z = (x - x.mean(0)) / np.maximum(x.std(0), 1e-6)
        own = np.stack([z[who == s].mean(0) for s in range(1, 1 + len(vectors))])
        gamma, beta = (part.numpy() for part in run.model.calibration.gamma_beta(m, vectors))
        away = -(1 + gamma) * own
        found[m] = float(np.corrcoef((away - away.mean(0)).ravel(),
                                     (beta - beta.mean(0)).ravel())[0, 1])
    return found


def inside(run: Run) -> dict:
    """What stage 1 has done: read off its features, its halves and what it takes away."""
    return {**probe_run(run), "undoes": undoes(run),
            **{half: called(halved(run, half)) for half in HALVES}}


def actors_map(seeds: int) -> dict:
    """``maps`` of test's clips and one actor's ``face`` (seed 0); what a name tells a model that
    was trained with true ones (``told``), what stage 1 does with it (``halves``, ``undoes``,
    and ``places``, seed 0), and what it costs to be asked to be neutral (``neutral``)."""
    corpora = {f"ravdess@known-{fold}": catalogue.load(f"ravdess@known-{fold}")
               for fold in range(FOLDS["ravdess"])}
    return maps(corpora["ravdess@known-0"]) | _asked(corpora, seeds)


def maps(corpus: Corpus) -> dict:
    """UMAP of test's clips before and after stage 1, one actor's face, and what is read at each
    place."""
    runs = {kind: train(Plan("ravdess@known-0", *KINDS[kind], context=False), corpus=corpus,
                        device="cpu", progress=False) for kind in MAPPED.values()}
    points, start = {}, "spectral"
    for name, kind in MAPPED.items():
        rows, x = calibrated_features(runs[kind], "test")
        start = umap(x, start=start)
        placed = (start - start.mean(0)) / start.std()      # where it lies as a whole means nothing
        points[name] = placed.round(2).astype(float).tolist()
    shown = corpus.table.iloc[rows]
    return {"speaker": shown.speaker.tolist(), "emotion": shown.emotion.tolist(), "maps": points,
            "face": face(runs["calibration + gating"], FACE_OF),
            "places": {name: probe_places(runs[kind]) for name, kind in MAPPED.items()}}


def face(run: Run, actor: str) -> dict:
    """Means of some action units by emotion, before and after stage 1, of one actor and of all.

    In standard deviations over all clips, from their mean, before and after alike.
    """
    out = run.inspect(None)
    raw = run.corpus.features["visual"][out["rows"]]
    emotion, own = run.corpus.emotion[out["rows"]], run.corpus.table.speaker.to_numpy() == actor
    own, units = own[out["rows"]], [FACE.index(unit) for unit in SHOWN]
    found = {"actor": actor, "units": list(SHOWN.values()), "emotions": run.corpus.emotions}
    for when, x in (("before", raw), ("after", out["visual"])):
        z = ((x - x.mean(0)) / x.std(0))[:, units]
        for who, here in (("actor", own), ("all", np.full(len(own), True))):
            found[f"{who}, {when}"] = [z[here & (emotion == c)].mean(0).tolist()
                                       for c in range(len(run.corpus.emotions))]
    return found


def _asked(corpora: dict[str, Corpus], seeds: int) -> dict:
    """Both folds, scored as one: what a name tells at test, and the price of Eq. neutrality."""
    plan = Plan("", TWO, context=False)
    kinds = {"static": replace(plan, stages=(), speakers="none"), "named": plan}
    kinds |= {weight: replace(plan, stages=STAGES[:1], neutrality=weight)
              for weight in (0.0, *NEUTRALITIES)}
    plans = {(kind, split): seeded(replace(plan, corpus=split), seeds)
             for kind, plan in kinds.items() for split in corpora}
    asks = {"static": None, "named": tellings}
    looks = {p: asks.get(kind, inside) for (kind, _), some in plans.items() for p in some}
    records = run((p for some in plans.values() for p in some), corpora, looks=looks, device="cpu")
    corpus = next(iter(corpora.values()))
    true, speaker = _answers(corpus)

    def pooled(kind, *answer):
        return _pooled(corpus, records, [plans[kind, split] for split in corpora], *answer)

    def scored(mine, others):
        mean, sd = mean_sd([f1_scores(true, p, len(corpus.emotions))["unweighted_recall"]
                            for p in mine])
        apart = bootstrap(true, mine, speaker, len(corpus.emotions), minus=others)
        return {"unweighted_recall": mean, "unweighted_recall_sd": sd,
                **apart["unweighted_recall"]}

    predicted = {kind: pooled(kind) for kind in kinds}
    told = [{"told": t} | scored(pooled("named", lambda r, t=t: r["probes"][t]),
                                 predicted["static"]) for t in TELLINGS]
    halves = [{"own": half} | scored(pooled(0.0, lambda r, h=half: r["probes"][h]),
                                     predicted["static"]) for half in HALVES]
    asked = {weight: [records[p]["probes"] for split in corpora for p in plans[weight, split]]
             for weight in (0.0, *NEUTRALITIES)}
    neutral = []
    for weight in (0.0, *NEUTRALITIES):
        some = [records[p] for split in corpora for p in plans[weight, split]]
        probes = {key: float(np.mean([r[key] for r in asked[weight]]))
                  for key in ("speaker_linear", "speaker_mlp", "emotion_linear", "emotion_mlp")}
        neutral.append({"weight": weight, **scored(predicted[weight], predicted[0.0]),
                        "dev_weighted_f1": float(np.mean([r["dev_weighted_f1"] for r in some])),
                        "probes": probes})
    taken = {m: float(np.mean([r["undoes"][m] for r in asked[0.0]]))
             for m in asked[0.0][0]["undoes"]}
    return {"told": told, "halves": halves, "undoes": taken, "neutral": neutral}


def neutral_by_whole_batches(seeds: int) -> dict:
    """Eq. neutrality with all of train's clips in a batch, one fold: the recipe's 32 hold one or
    two of each actor. ``neutral``: as that of ``actors_map``."""
    corpus, recipe = catalogue.load("ravdess@known-0"), RECIPES["ravdess"]
    clips = len(corpus.labelled_rows("train"))
    whole = replace(recipe, settings=replace(recipe.settings, batch_size=clips,
                                             epochs=STEPS, patience=STEPS))
    plans = {weight: seeded(Plan("ravdess@known-0", STAGES[:1], context=False, neutrality=weight,
                                 recipe=whole), seeds) for weight in (0.0, 1.0)}
    looks = {p: probe_run for some in plans.values() for p in some}
    records = run(looks, {"ravdess@known-0": corpus}, looks=looks, device="cpu")
    rows = np.sort(corpus.labelled_rows("test"))
    true, speaker = corpus.emotion[rows], corpus.table.speaker.to_numpy()[rows]
    predicted = {w: [records[p]["predicted"] for p in some] for w, some in plans.items()}
    found = []
    for weight, some in plans.items():
        mean, sd = mean_sd([records[p]["unweighted_recall"] for p in some])
        apart = bootstrap(true, predicted[weight], speaker, len(corpus.emotions),
                          minus=predicted[0.0])
        probes = {key: float(np.mean([records[p]["probes"][key] for p in some]))
                  for key in records[some[0]]["probes"]}
        found.append({"weight": weight, "unweighted_recall": mean, "unweighted_recall_sd": sd,
                      **apart["unweighted_recall"], "probes": probes})
    return {"clips": clips, "steps": STEPS, "neutral": found}
