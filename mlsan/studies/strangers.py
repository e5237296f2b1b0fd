"""New people: what a few of their clips are worth, without a label, and when they mislead.

Whole actors are held out. Of each, k clips are drawn, by which the actor is known, and the others
are scored; with ``all`` the clips that are scored are those that were heard. Every clip is a
dialogue of one turn, so the context is off; the predictions of all folds are scored as one.
"""

from __future__ import annotations

from copy import copy

import numpy as np
import torch

from mlsan import catalogue, training
from mlsan.data.batches import Tensors
from mlsan.data.corpus import Corpus
from mlsan.measures.scores import (
    dialogue_confusions,
    f1_of_confusion,
    mean_sd,
    resampled,
)
from mlsan.model.mlsan import STAGES
from mlsan.runs import Plan, Run
from mlsan.studies.engine import run, seeded

FOLDS = {"ravdess": 8, "ravdess-egemaps": 8, "cremad": 7}
ALL = "all"
CLIPS = (0, 1, 2, 4, 8, 16, ALL)
ONE = ("one emotion, 2", "one emotion, 8")          # that many clips, of an emotion drawn at random
# Everything that is said in a person's name, of which that share is somebody else's; the clips that
# are scored are named so too.
WRONG = ("10% wrong", "20% wrong", "30% wrong", "50% wrong")
OTHER = "another's"                                 # everything that another actor of test says
CASES = (*CLIPS, *ONE, *WRONG, OTHER)
DRAWS = 4                                           # of the clips, where a part of them is drawn
SHRINK = (0, 1, 2, 4, 8, 16, 32, 1e9)               # clips' worth of everybody's mean; 1e9: static
KINDS = {"static": ((), "none"), "table of names": (STAGES[:2], "identity"),
         "plain statistics": ((), "none"), "by ear": (STAGES[:2], "heard")}


def centred(corpus: Corpus) -> Corpus:
    """Train's people less their own means: what a model of plain statistics learns from."""
    features, speaker = {}, corpus.table.speaker.to_numpy()
    train = corpus.rows("train")
    for m, x in corpus.features.items():
        features[m] = x.copy()
        grand = x[train][corpus.present[m][train]].mean(0)
        for person in corpus.met:
            own = (speaker == person) & corpus.present[m]
            features[m][own] += grand - x[own].mean(0)
    return corpus.replaced(features=features)


def draws(corpus: Corpus, split: str, case, seed: int = 0):
    """(speaker, heard rows, scored rows) of everybody in a split, as often as the case wants."""
    rng = np.random.default_rng(seed)
    rows, who = corpus.labelled_rows(split), corpus.table.speaker.to_numpy()
    people = np.unique(who[rows])
    for _ in range(1 if case in (0, ALL) else DRAWS):
        named = who[rows].copy()
        if case in WRONG:
            wrong = rng.random(len(rows)) < float(case.split("%")[0]) / 100
            named[wrong] = [rng.choice(people[people != name]) for name in named[wrong]]
        for person in people:
            own = rows[named == person]
            if case == ALL or case in WRONG:
                yield person, own, own
            elif case == OTHER:
                other = rng.choice(people[people != person])
                yield person, rows[who[rows] == other], own
            elif case in ONE:
                shown = own[corpus.emotion[own] == rng.choice(corpus.emotion[own])]
                heard = rng.permutation(shown)[:int(case.split()[-1])]
                yield person, heard, np.setdiff1d(own, heard)
            else:
                heard = rng.choice(own, min(case, len(own) - 1), replace=False)  # one is scored
                yield person, heard, np.setdiff1d(own, heard)


def heard_confusions(run: Run, split: str, case) -> np.ndarray:
    """(S, C, C) of everybody in a split, known by ear as the case says."""
    corpus, total = run.corpus, {}
    dialogue = corpus.dialogue_of_row
    said = {row: corpus.dialogue(dialogue[row]).utterances[0] for row in corpus.rows(split)}
    for person, heard, scored in draws(corpus, split, case):
        enrolled = run.enrol(str(person), [said[row] for row in heard])
        total[person] = total.get(person, 0) + _confusion(enrolled, scored)
    return np.stack(list(total.values()))


def plain_confusions(run: Run, raw: Corpus, split: str, case, shrink: float) -> np.ndarray:
    """The same for a static model that read ``centred`` features: from each clip the mean of the
    heard ones is taken, shrunk towards train's by as many clips as ``shrink`` says."""
    total, train, tensors = {}, raw.rows("train"), raw.tensors(run.speakers.ids)
    for person, heard, scored in draws(raw, split, case):
        moved = copy(tensors)
        moved.features = {m: x.clone() for m, x in tensors.features.items()}
        for m, x in raw.features.items():
            own = heard[raw.present[m][heard]]
            if len(own):
                grand = x[train][raw.present[m][train]].mean(0)
                away = len(own) / (len(own) + shrink) * (x[own].mean(0) - grand)
                moved.features[m][scored] -= torch.as_tensor(away)
        total[person] = total.get(person, 0) + _confusion(run, scored, moved)
    return np.stack(list(total.values()))


def _confusion(run: Run, rows: np.ndarray, tensors: Tensors | None = None) -> np.ndarray:
    tensors = tensors or run.corpus.tensors(run.speakers.ids)
    out = training.inspect(run.model, tensors, run.corpus.dialogue_of_row[rows])
    true = run.corpus.emotion[out["rows"]]
    C = len(run.corpus.emotions)
    return dialogue_confusions(true, out["logits"].argmax(1), np.zeros(len(true)), C)[0]


def look(kind: str, raw: Corpus):
    """What a run is asked: case -> confusions (S, C, C) of test's people, as lists."""
    def asked(run: Run) -> dict:
        run.model.cpu()
        if kind == "by ear":
            return {str(case): heard_confusions(run, "test", case).tolist()
                    for case in CASES}
        if kind == "plain statistics":
            found = {}
            for case in CASES:
                of_dev = ALL if case == OTHER else case
                on_dev = {c: f1_of_confusion(plain_confusions(run, raw, "dev", of_dev, c).sum(0))[
                    "unweighted_recall"] for c in SHRINK} if case != 0 else {SHRINK[-1]: 1}
                best = max(on_dev, key=on_dev.get)
                found[str(case)] = plain_confusions(run, raw, "test", case, best).tolist()
            return found
        rows = run.corpus.labelled_rows("test")
        who = run.corpus.table.speaker.to_numpy()[rows]
        return {"0": [_confusion(run, rows[who == s]).tolist() for s in np.unique(who)]}
    return asked


def new_people(seeds: int, names: tuple[str, ...]) -> dict:
    """corpus -> ``curves``: kind -> case -> unweighted recall, its sd over seeds, and the
    difference from static with an interval over people."""
    return {name: _new(name, seeds) for name in names}


def _new(name: str, seeds: int) -> dict:
    corpora, plans, looks = {}, {}, {}
    for fold in range(FOLDS[name]):
        split = f"{name}@strangers-{fold}"
        corpora[split] = catalogue.load(split)
        corpora[f"{split}, centred"] = centred(corpora[split])
        for kind, (stages, speakers) in KINDS.items():
            read = f"{split}, centred" if kind == "plain statistics" else split
            plans[kind, fold] = seeded(Plan(read, stages, speakers, context=False), seeds)
            looks |= dict.fromkeys(plans[kind, fold], look(kind, corpora[split]))
    records = run((p for some in plans.values() for p in some), corpora, looks=looks,
                  device="cpu")         # networks so small are faster there
    confusions = {}                                 # kind, case -> (seeds, S, C, C)
    for kind in KINDS:
        for case in records[plans[kind, 0][0]]["probes"]:
            confusions[kind, case] = np.array([np.concatenate(
                [np.array(records[plans[kind, f][seed]]["probes"][case], float)
                 for f in range(FOLDS[name])]) for seed in range(seeds)])
    static = confusions["static", "0"]
    curves = {}
    for (kind, case), found in confusions.items():
        each = f1_of_confusion(found.sum(1))["unweighted_recall"]
        mean, sd = mean_sd(each)
        curves.setdefault(kind, {})[case] = {"unweighted_recall": mean, "sd": sd,
                                             **_apart(found, static)}
    plain = {case: _apart(confusions["by ear", case], confusions["plain statistics", case])
             for case in curves["by ear"]}
    corpus = corpora[f"{name}@strangers-0"]
    return {"emotions": corpus.emotions, "people": static.shape[1], "draws": DRAWS,
            "curves": curves, "by_ear_minus_plain": plain}


def _apart(one: np.ndarray, other: np.ndarray) -> dict:
    """Unweighted recall of ``one`` less ``other``'s, (seeds, S, C, C), the S people resampled."""
    return resampled([one], [other])["unweighted_recall"]
