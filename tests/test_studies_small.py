"""Every study that made a recorded number, small: two epochs, few dialogues, one seed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

from mlsan import Corpus, catalogue, recorded
from mlsan.measures.scores import f1_scores
from mlsan.recipes import RECIPES
from mlsan.sources import simulated
from mlsan.sources.acted import split_as
from mlsan.studies import actors as known_people
from mlsan.studies import (
    calibration,
    intervals,
    ladder,
    one_emotion_many_people,
    regularization,
    strangers,
    the_benchmarks,
)
from mlsan.studies.__main__ import RESULTS, rounded

SIZES = {"dialogues": 40, "speakers": 6, "text_dim": 8, "audio_dim": 9, "visual_dim": 7}


def by_hash(texts, progress, layers=()):
    """Vectors of texts, without an encoder."""
    return np.stack([np.random.default_rng(len(text)).random(8) for text in texts])


def tuned(corpus, tuning, folder, resume):
    """What ``finetune`` returns and leaves, without having trained anything."""
    if not (folder / "features").exists():
        corpus.save(folder / "features")
    guess = np.full(len(corpus.rows("test")), corpus.emotions.index("neutral"))
    scores = f1_scores(corpus.emotion[corpus.rows("test")], guess, len(corpus.emotions))
    scores["per_class_f1"] = dict(zip(corpus.emotions, scores["per_class_f1"], strict=True))
    return {"test": scores, "history": [{"dev_weighted_f1": 0.5}], "best_epoch": 0,
            "predictions": ["neutral"] * len(guess)}


def acted_clips(name):
    """NAME@SPLIT: nine people, two sentences, three emotions, each clip a dialogue of one turn."""
    corpus, split = name.split("@")
    table = pd.DataFrame([(who, said, felt) for who in range(9) for said in (0, 1)
                          for felt in range(3) for _ in range(4)],
                         columns=["speaker", "said", "felt"])
    draw = np.random.default_rng(0)
    features = {m: draw.normal(size=(len(table), d)) + table[["felt"]].to_numpy()
                for m, d in (("audio", 5), ("visual", 35))}
    clips = pd.DataFrame({"dialogue": [f"{i:03}" for i in table.index], "turn": 0, "split": "train",
                          "speaker": table.speaker.astype(str), "text": table.said.astype(str),
                          "emotion": table.felt.map({0: "calm", 1: "glad", 2: "angry"})})
    base = Corpus(corpus, clips, features, ("calm", "glad", "angry"), recipe="ravdess")
    return split_as(base, split, {"known": 2, "strangers": 3}, {"known": table.said.to_numpy()})


@pytest.fixture
def small_worlds(quick, tmp_path, monkeypatch):
    """Whatever is asked for, forty dialogues of six speakers come; of each sweep, its ends."""
    simulate = simulated.simulate
    monkeypatch.setattr(simulated, "simulate", lambda **wanted: simulate(**wanted | SIZES))
    world = simulate(**SIZES)
    people = world.table.assign(gender=world.table.speaker.lt("Ben").map({True: "f", False: "m"}))
    friends = Corpus("meld-friends", people, world.features, world.emotions)
    guest = (world.table.split == "test") & (world.table.turn == 0)
    with_guest = world.table.assign(speaker=world.table.speaker.where(~guest, "Zoe"))
    text = Corpus("meld", with_guest, {"text": world.features["text"]}, world.emotions)
    draw = np.random.default_rng(0)
    actors = Corpus("ravdess-egemaps", world.table, {
        m: draw.normal(size=(len(world.table), dim)) for m, dim in (("audio", 88), ("visual", 35))},
        world.emotions)
    corpora = {"simulated": world, "meld-friends": friends, "meld": text, "ravdess-egemaps": actors}
    load = catalogue.load
    monkeypatch.setattr(catalogue, "load", lambda name: corpora.get(name) or (
        acted_clips(name) if "@" in name else load(name)))
    for study, folds in ((known_people, 2), (strangers, 3)):
        monkeypatch.setattr(study, "FOLDS", dict.fromkeys(study.FOLDS, folds))
    monkeypatch.setattr(strangers, "SHRINK", strangers.SHRINK[::4])
    monkeypatch.setenv("MLSAN_DATA", str(tmp_path))
    monkeypatch.setattr(the_benchmarks, "encode", by_hash)
    monkeypatch.setattr(the_benchmarks, "finetune", tuned)
    monkeypatch.setattr(regularization, "LAMBDAS", (0.0, 3.0))
    monkeypatch.setattr(regularization, "BEST", regularization.BEST[:1])
    monkeypatch.setattr(calibration, "NEUTRALITIES", (0.0, 1.0))
    monkeypatch.setattr(one_emotion_many_people, "STRENGTHS", (0.0, 1.0))
    # UMAP compiles for half a minute; where the points lie matters to the page only.
    for study in (regularization, known_people):
        monkeypatch.setattr(study, "umap", lambda x, start: x[:, :2])
    monkeypatch.setattr(known_people, "FACE_OF", "0")
    monkeypatch.setattr(known_people, "STEPS", 2)
    monkeypatch.setattr(intervals, "WORLDS", intervals.WORLDS[:1])
    monkeypatch.setattr(intervals, "DRAWS", 2)
    monkeypatch.setattr(ladder, "CHOSEN_ON", ladder.CHOSEN_ON[:1])
    monkeypatch.setattr(ladder, "OPENED", ladder.OPENED[:1])
    monkeypatch.setattr(ladder, "SHARES", (1.0,))       # of less, an emotion would be lacking
    # Its rungs were taken from the recipes before these became quick.
    quickly = {rung: (stages, replace(recipe, hidden=16, settings=RECIPES["general"].settings))
               for rung, (stages, recipe) in ladder.RUNGS.items()}
    monkeypatch.setattr(ladder, "RUNGS", quickly)
    monkeypatch.setattr(ladder, "BEST", RECIPES["evidence"])


# What results hold and older records do not.
LATER = {"class_weights", "seeds", "evidence", "moments", "speaker_dim", "unweighted_recall",
         "unweighted_recall_sd", "accuracy", "accuracy_sd"}


def shape_of(value):
    """A result's form: its keys at every level, of a list its first member's."""
    if isinstance(value, dict):
        return {key: shape_of(part) for key, part in value.items()
                if key not in {"gates", "by_person", *LATER}}
    return [shape_of(value[0])] if isinstance(value, list | tuple) and value else None


@pytest.mark.slow
@pytest.mark.parametrize("name", RESULTS)
def test_a_study_gives_what_its_record_holds(name, small_worlds):
    _, study = RESULTS[name]
    found, kept = rounded(study(1)), recorded(name)
    for key in ("command", "commit", "versions", "seeds"):
        kept.pop(key), found.pop(key, None)
    assert shape_of(found) == shape_of(kept)


def test_a_seed_more_is_a_run_more(small_worlds):
    kinds = partial(the_benchmarks.repeat, {"static": the_benchmarks.Plan("simulated", ())})
    assert [len(kinds(seeds)["static"]) for seeds in (1, 3)] == [1, 3]
