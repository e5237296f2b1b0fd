"""What the chapter on regularization rests on: the worlds it looks into, its probes, and its recorded claims."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mlsan import CorpusError, Plan, experiments, recorded, train
from mlsan.ablation import probe_places
from mlsan.sweeps import few_dialogues, with_moods
from mlsan.training import Settings


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(experiments, "RECIPES", {"simulated": ({}, Settings(epochs=2, batch_size=16))})


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


def test_a_plans_weight_reaches_the_training(small, quick):
    weights = [experiments.recipe(small, Plan("simulated", regularization=w))[1].regularization for w in (0.0, 3.0)]
    assert weights == [0.0, 3.0]
    assert experiments.recipe(small, Plan("simulated"))[1] == Settings(epochs=2, batch_size=16)


def test_a_run_from_before_plans_had_a_weight_goes_on(small, quick, tmp_path):
    plan = Plan("simulated", context=False)
    train(plan, corpus=small, folder=tmp_path, progress=False)
    about = json.loads((tmp_path / "run.json").read_text())
    del about["plan"]["regularization"]
    (tmp_path / "run.json").write_text(json.dumps(about))
    train(plan, corpus=small, folder=tmp_path, resume=True, progress=False)
    with pytest.raises(CorpusError, match="another plan"):
        train(Plan("simulated", context=False, regularization=1.0), corpus=small, folder=tmp_path, resume=True)


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
