"""What the data hold: from the model as taught towards the optimum, one change at a time.

Chosen on the dev splits of worlds that nothing else is shown on; the worlds of the book are opened
at the end. Weighted and macro F1; "alone" reads each turn by itself, "dialogue" all of it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlsan.data.corpus import Corpus
from mlsan.measures import bayes
from mlsan.measures.scores import f1_scores, mean_sd
from mlsan.model.messages import Messages
from mlsan.model.mlsan import STAGES
from mlsan.recipes import RECIPES, Recipe
from mlsan.runs import Plan, Run
from mlsan.sources import plug_in, simulated
from mlsan.studies.calibration import undone
from mlsan.studies.engine import run, seeded
from mlsan.studies.summary import averaged, compare

CHOSEN_ON, OPENED = (11, 12, 13), (0, 1, 2, 3)
TAUGHT, BEST = RECIPES["general"], RECIPES["evidence"]
LEVELS = {"alone": False, "dialogue": True}         # -> Plan.context
# name -> stages, recipe; "planted" reads features with the planted gain and shift taken out.
RUNGS: dict[str, tuple[tuple[str, ...], Recipe]] = {
    "static, as taught": ((), TAUGHT),
    "static, evidence": ((), BEST),
    "as taught": (STAGES, TAUGHT),
    "own moments": (STAGES, replace(TAUGHT, moments=True)),
    "evidence": (STAGES, replace(BEST, moments=False)),
    "evidence, own moments": (STAGES, BEST),
    "evidence, planted calibration": (STAGES[1:], BEST),
}
SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
SCORED = ("weighted_f1", "macro_f1")


def ladder(seeds: int) -> dict:
    """``rungs`` and what ``references`` reach on dev, ``curve`` over shares of train, ``rounds`` of
    messages beside the exact sum; then ``opened``: test of the worlds that the book shows, and
    ``alike``, worlds whose people don't differ."""
    worlds = {world: simulated.simulate(seed=world) for world in CHOSEN_ON}
    return {"worlds": list(CHOSEN_ON), "rungs": _rungs(worlds, seeds),
            "references": averaged([_references(corpus, "dev") for corpus in worlds.values()]),
            "curve": _curve(worlds, seeds), "rounds": _rounds(worlds),
            "opened": [_opened(world, seeds) for world in OPENED], "alike": _alike(seeds)}


def on_dev(run: Run) -> dict[str, float]:
    found = run.scores("dev")
    return {score: found[score] for score in SCORED}


def _rungs(worlds: dict[int, Corpus], seeds: int) -> list[dict]:
    corpora, plans = {}, {}
    for world, corpus in worlds.items():
        corpora |= {str(world): corpus, f"{world}, planted": undone(corpus)}
        for name, (stages, recipe) in RUNGS.items():
            told = f"{world}, planted" if "planted" in name else str(world)
            for level, context in LEVELS.items():
                plans[name, level, world] = seeded(
                    Plan(told, stages, context=context, recipe=recipe), seeds)
    records = _run(plans, corpora, on_dev)
    return [{"rung": name} | {level: {score: _over([
        [records[p]["probes"][score] for p in plans[name, level, world]] for world in worlds])
        for score in SCORED} for level in LEVELS} for name in RUNGS]


def _over(values: list[list[float]]) -> dict:
    """Of each world's seeds: the mean of all, each world's own, and the sd within a world."""
    return {"mean": float(np.mean(values)), "worlds": [float(np.mean(v)) for v in values],
            "seeds_sd": float(np.sqrt(np.mean([mean_sd(v)[1] ** 2 for v in values])))}


def _run(plans: dict, corpora: dict[str, Corpus], look=None) -> dict:
    each = [p for some in plans.values() for p in some]
    return run(each, corpora, looks=dict.fromkeys(each, look) if look else None, device="cpu")


def _references(corpus: Corpus, split: str) -> dict:
    """Weighted and macro F1 of the optimum, of the plug-in reader, and of logistic regression on
    all features of a turn, nobody named (its strength chosen by five folds of train)."""
    rows, fitted = corpus.rows(split), plug_in.fit(corpus)
    readers = {"alone": bayes.utterance, "dialogue": bayes.dialogue}
    found = {name: {level: _scores(corpus, rows, read(who, rows).argmax(1))
                    for level, read in readers.items()}
             for name, who in (("optimum", corpus), ("plug-in", fitted))}
    x, train = np.hstack(list(corpus.features.values())), corpus.rows("train")
    regression = make_pipeline(StandardScaler(), GridSearchCV(
        LogisticRegression(max_iter=500), {"C": [0.01, 0.1, 1.0, 10.0]}, cv=5, n_jobs=-1))
    said = regression.fit(x[train], corpus.emotion[train]).predict(x[rows])
    return found | {"logistic regression": {"alone": _scores(corpus, rows, said)}}


def _scores(corpus: Corpus, rows: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    found = f1_scores(corpus.emotion[rows], predicted, len(corpus.emotions))
    return {score: found[score] for score in SCORED}


def _curve(worlds: dict[int, Corpus], seeds: int) -> list[dict]:
    """Each turn alone, from the first dialogues of train: who needs how many examples?"""
    corpora, plans, lines = {}, {}, []
    for share in SHARES:
        for world, corpus in worlds.items():
            train = corpus.dialogues("train")
            left_out = train[round(share * len(train)):]
            name = f"{world}, {share}"
            corpora[name] = corpus.replaced(keep=~np.isin(corpus.dialogue_of_row, left_out))
            for rung in ("as taught", "evidence, own moments"):
                stages, recipe = RUNGS[rung]
                # As many steps as with all of train, or little data would be little training too.
                longer = replace(recipe.settings, epochs=round(recipe.settings.epochs / share),
                                 patience=10 ** 6)
                plans[rung, share, world] = seeded(
                    Plan(name, stages, context=False,
                         recipe=replace(recipe, settings=longer)), seeds)
    records = _run(plans, corpora, on_dev)
    for share in SHARES:
        line = {"share": share, "utterances": float(np.mean(
            [len(corpora[f"{w}, {share}"].rows("train")) for w in worlds]))}
        for rung in ("as taught", "evidence, own moments"):
            line[rung] = averaged([records[p]["probes"] for w in worlds
                                for p in plans[rung, share, w]])
        fitted = [plug_in.fit(corpora[f"{w}, {share}"]) for w in worlds]
        line["plug-in"] = averaged([_scores(c, c.rows("dev"), bayes.utterance(
            c, c.rows("dev")).argmax(1)) for c in fitted])
        lines.append(line)
    return lines


@torch.no_grad()
def _rounds(worlds: dict[int, Corpus]) -> list[dict]:
    """Messages told what was planted: share of dev's turns called what the exact sum calls them."""
    lines = []
    for rounds in range(8):
        same = []
        for corpus in worlds.values():
            truth, everyone = corpus.truth, np.arange(len(corpus))
            s = truth.strengths
            messages = Messages(len(corpus.emotions), rounds)
            messages.prior.copy_(torch.as_tensor(np.log(truth.prior)))
            messages.share.copy_(torch.tensor(
                [s.inertia, s.contagion, 1 - s.inertia - s.contagion]).log())
            says = torch.as_tensor(bayes.utterance(corpus, everyone), dtype=torch.float32)
            batch = corpus.tensors(np.zeros(len(corpus))).batch(corpus.dialogues("dev"))
            said = messages(says[batch.row], batch.party, batch.mask)[batch.mask].argmax(-1)
            exact = bayes.dialogue(corpus, corpus.rows("dev")).argmax(1)
            same.append(float((said.numpy() == exact).mean()))
        lines.append({"rounds": rounds, "as exact": float(np.mean(same))})
    return lines


def _opened(world: int, seeds: int) -> dict:
    """Test of one world: the static model and all stages, as taught and as good as we got them, and
    the ``share`` of the way from the static model as taught to the optimum."""
    corpus = simulated.simulate(seed=world)
    names = ("static, as taught", "static, evidence", "as taught", "evidence, own moments")
    plans = {(name, level): seeded(Plan(str(world), RUNGS[name][0], context=context,
                                        recipe=RUNGS[name][1]), seeds)
             for name in names for level, context in LEVELS.items()}
    records = _run(plans, {str(world): corpus})
    groups = {key: [records[p] for p in some] for key, some in plans.items()}
    references, found = _references(corpus, "test"), {}
    for level in LEVELS:
        means = {name: {score: mean_sd([r[score] for r in groups[name, level]])
                        for score in SCORED} for name in names}
        best, start = means["evidence, own moments"], means["static, as taught"]
        own = means["static, evidence"]
        gained = compare(corpus, [groups["evidence, own moments", level]],
                         [groups["as taught", level]])
        found[level] = {"means": means, "share": {}, "share_of_static_evidence": {},
                        "gained": {score: gained[score] for score in SCORED}}
        for score in SCORED:
            top = references["optimum"][level][score]
            for which, base in (("share", start), ("share_of_static_evidence", own)):
                found[level][which][score] = (best[score][0] - base[score][0]) / (
                    top - base[score][0])
    return {"world": world, "references": references, **found}


def _alike(seeds: int) -> dict:
    """All stages less the static model, by evidence, where people don't differ: on ``dev`` of each
    world that was chosen on, and on test of each that was ``opened``."""
    nothing = simulated.Strengths().scaled(0.0)
    corpora = {str(world): simulated.simulate(seed=world, strengths=nothing)
               for world in (*CHOSEN_ON, *OPENED)}
    plans = {(name, level, stages): seeded(Plan(name, stages, context=context, recipe=BEST), seeds)
             for name in corpora for level, context in LEVELS.items() for stages in (STAGES, ())}
    records = _run(plans, corpora, on_dev)
    groups = {key: [records[p] for p in some] for key, some in plans.items()}

    def dev(*key) -> float:
        return float(np.mean([r["probes"]["weighted_f1"] for r in groups[key]]))

    return {"dev": {level: [dev(str(world), level, STAGES) - dev(str(world), level, ())
                            for world in CHOSEN_ON] for level in LEVELS},
            "opened": [{"world": world} | {level: compare(
                corpora[str(world)], [groups[str(world), level, STAGES]],
                [groups[str(world), level, ()]])["weighted_f1"] for level in LEVELS}
                for world in OPENED]}
