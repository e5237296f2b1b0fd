"""What the chapter on regularization rests on: its worlds, its probes, its recorded claims."""

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


def test_what_the_book_claims_of_stage_3():
    result = recorded("regularization")
    for row in (row for curve in result["curves"].values() for row in curve):
        assert row["low"] <= 0, "no weight helps"
        assert row["probes"]["logits"]["speaker"] < 0.15
    curves = {kind: {row["weight"]: row for row in rows} for kind, rows in result["curves"].items()}
    for kind in ("stage 3 alone", "all stages, neutral"):
        assert curves[kind][0.1]["high"] < 0
    assert curves["all stages"][0.3]["high"] < 0 < curves["all stages"][0.03]["high"]
    head = curves["all stages"][0.1]["speaker_head"]
    assert head["closed"] > head["open"] + 0.2
    probes = curves["all stages, neutral"][0.0]["probes"]
    assert probes["calibrated"]["speaker"] < 0.2 < 0.5 < probes["fused"]["speaker"]
    assert len(result["again"]) == 16 and not any(row["low"] > 0 for row in result["again"])
