"""What the chapter on regularization rests on: the worlds it looks into, its probes, and its recorded claims."""

from __future__ import annotations

import numpy as np
import pytest

from mlsan import Plan, recorded, train
from mlsan.recipes import RECIPES
from mlsan.studies.records import probe_places
from mlsan.studies.regularization import few_dialogues, with_moods


def test_few_dialogues_leaves_dev_and_test(small):
    few = few_dialogues(small, 10)
    assert len(few.dialogues("train")) == 10
    for split in ("dev", "test"):
        rows, before = few.rows(split), small.rows(split)
        assert all(np.array_equal(few.features[m][rows], small.features[m][before]) for m in small.modalities)


def test_moods_tell_who_feels_what(small):
    moody = with_moods(small, favourites=2, others=0.1)
    share = moody.table.groupby("speaker").emotion.value_counts(normalize=True).unstack(fill_value=0)
    plain = small.table.groupby("speaker").emotion.value_counts(normalize=True).unstack(fill_value=0)
    assert share.std().mean() > 2 * plain.std().mean() and len(moody) < len(small)


def test_places_are_probed_in_the_order_of_the_model(small, quick):
    run = train(Plan("simulated", (), context=False), corpus=small, progress=False)
    places = probe_places(run)
    assert list(places) == ["raw", "calibrated", "fused", "logits"]
    assert places["raw"] == pytest.approx(places["calibrated"], abs=0.01), "without stage 1 nothing is calibrated"


def test_a_plans_weights_and_epochs_reach_the_training(small):
    plan = Plan("simulated", neutrality=0.5, regularization=3.0, epochs=7)
    settings = plan.recipe_for(small).settings
    assert (settings.neutrality, settings.regularization, settings.epochs) == (0.5, 3.0, 7)
    assert Plan("simulated").recipe_for(small) == RECIPES["general"]


def test_what_the_book_claims_of_stage_3():
    result = recorded("regularization")
    curves = {kind: {row["weight"]: row for row in rows} for kind, rows in result["curves"].items()}
    assert all(row["low"] <= 0 for rows in curves.values() for row in rows.values()), "no weight helps"
    assert curves["stage 3 alone"][0.1]["high"] < 0 and curves["all stages, neutral"][0.1]["high"] < 0
    assert curves["all stages"][0.3]["high"] < 0 < curves["all stages"][0.03]["high"]
    head = curves["all stages"][0.1]["speaker_head"]
    assert head["closed"] > head["open"] + 0.2
    probes = curves["all stages, neutral"][0.0]["probes"]
    assert probes["calibrated"]["speaker"] < 0.2 < 0.5 < probes["fused"]["speaker"]
    assert all(row["probes"]["logits"]["speaker"] < 0.15 for rows in curves.values() for row in rows.values())
    assert not any(row["low"] > 0 for row in result["again"]) and len(result["again"]) == 16
