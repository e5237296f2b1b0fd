"""What the chapter on regularization rests on: its worlds, its probes, its recorded claims."""

from __future__ import annotations

import numpy as np
import pytest

from mlsan import Plan, recorded, train
from mlsan.measures import bayes
from mlsan.measures.scores import f1_of_confusion, f1_scores
from mlsan.recipes import RECIPES
from mlsan.sources.simulated import simulate
from mlsan.studies.ear import fit_confusions, met_and_strangers
from mlsan.studies.records import probe_places
from mlsan.studies.regularization import few_dialogues, with_moods


def test_few_dialogues_leaves_dev_and_test(small):
    few = few_dialogues(small, 10)
    assert len(few.dialogues("train")) == 10
    for split in ("dev", "test"):
        rows, before = few.rows(split), small.rows(split)
        for m in small.modalities:
            np.testing.assert_array_equal(few.features[m][rows], small.features[m][before])


def test_moods_tell_who_feels_what(small):
    def spread(corpus):
        """How far speakers' shares of an emotion lie apart, on average."""
        felt = corpus.table.groupby("speaker").emotion.value_counts(normalize=True)
        return felt.unstack(fill_value=0).std().mean()

    moody = with_moods(small, favourites=2, others=0.1)
    assert spread(moody) > 2 * spread(small) and len(moody) < len(small)


def test_places_are_probed_in_the_order_of_the_model(small, quick):
    run = train(Plan("simulated", (), context=False), corpus=small, progress=False)
    places = probe_places(run)
    assert list(places) == ["raw", "calibrated", "fused", "logits"]
    assert places["raw"] == pytest.approx(places["calibrated"], abs=0.01), "there is no stage 1"


def test_a_plans_weights_and_epochs_reach_the_training(small):
    plan = Plan("simulated", neutrality=0.5, regularization=3.0, epochs=7)
    settings = plan.recipe_for(small).settings
    assert (settings.neutrality, settings.regularization, settings.epochs) == (0.5, 3.0, 7)
    assert Plan("simulated").recipe_for(small) == RECIPES["general"]


def test_half_of_a_world_is_met_and_the_other_half_is_tested(small):
    worlds = met_and_strangers(small)
    tested = [w.table.iloc[w.rows("test")] for w in worlds.values()]
    strangers = set(tested[0].speaker)
    assert list(tested[0].dialogue) == list(tested[1].dialogue) and len(strangers) == 3
    assert not worlds["half"].met & strangers and strangers < worlds["everybody"].met
    for world in worlds.values():
        assert world.table.dialogue.is_unique
        assert not set(world.table.dialogue[world.rows("dev")]) & set(tested[0].dialogue)
    assert set(worlds["half"].table.speaker[worlds["half"].rows("dev")]) <= worlds["half"].met


def test_the_ceiling_by_all_utterances_comes_near_the_optimum():
    """Who knows the generator and hears everything, lacks little of who knows the person."""
    world = met_and_strangers(simulate(dialogues=500, seed=1))["half"]
    rows = world.rows("test")
    best = f1_scores(world.emotion[rows], bayes.utterance(world, rows).argmax(1), 7)["weighted_f1"]
    nothing, few, everything = (f1_of_confusion(fit_confusions(world, case).sum(0))["weighted_f1"]
                                for case in (0, 8, "all"))
    assert best - 0.06 < everything < best + 0.02 and nothing < few < everything


def test_what_the_book_claims_of_stage_3():
    result = recorded("regularization")
    curves = {kind: {row["weight"]: row for row in rows} for kind, rows in result["curves"].items()}
    weighed = [row for curve in curves.values() for row in curve.values()]
    assert not any(row["low"] > 0 for row in weighed + result["cases"] + result["again"]), \
        "no weight helps, in no world"
    for kind, least in {"stage 3 alone": 0.3, "all stages": 1, "all stages, neutral": 0.03}.items():
        clear = [weight for weight, row in curves[kind].items() if row["high"] < 0]
        assert clear == [weight for weight in curves[kind] if weight >= least], kind
    for weight in (0.03, 0.1, 0.3, 1, 3):
        lost = {kind: curve[weight]["difference"] for kind, curve in curves.items()}
        assert min(lost, key=lost.get) == "all stages, neutral"

    assert all(0.07 < row["probes"]["logits"]["speaker"] < 0.15 for row in weighed)
    head = curves["all stages"][0.1]["speaker_head"]
    assert head["closed"] > head["open"] + 0.2
    probes = curves["all stages, neutral"][0.0]["probes"]
    assert probes["calibrated"]["speaker"] < 0.2 < 0.5 < probes["fused"]["speaker"]


def test_what_the_book_claims_of_stage_3_in_other_worlds():
    result = recorded("regularization")
    assert len(result["cases"]) == 24 and len(result["again"]) == 16
    reach = np.median([(row["high"] - row["low"]) / 2 for row in result["cases"]])
    assert reach == pytest.approx(0.007, abs=5e-4)
    assert max(row["difference"] for row in result["cases"]) < reach, "what 24 looks would show"
    few, loud = ([row for row in result["again"] if row["world"] == world]
                 for world in ("few dialogues", "half as loud"))
    assert sum(row["difference"] > 0 for row in few) == 5 and len(few) == 8
    assert sum(row["difference"] > 0 for row in loud) == 1
    assert sum(row["high"] < 0 for row in loud) == 1 and not any(row["high"] < 0 for row in few)
