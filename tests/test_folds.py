"""Leave-speakers-out folds: everybody tested once, scored as one, and said so."""

import json

import numpy as np
import pytest
from joblib import parallel_config

from mlsan import Corpus, Plan
from mlsan.measures.scores import bootstrap, f1_scores
from mlsan.studies import folds
from mlsan.studies.engine import repeat


@pytest.fixture(scope="module")
def apart(small):
    """Each speaker's turns of a dialogue as a dialogue of their own, the last ten unlabelled."""
    table = small.table.assign(dialogue=small.table.dialogue + ", " + small.table.speaker)
    table.loc[len(table) - 10:, "emotion"] = ""
    order = table.sort_values(["dialogue", "turn"], kind="stable").index
    features = {m: x[order] for m, x in small.features.items()}
    return Corpus("apart", table.loc[order].reset_index(drop=True), features, small.emotions)


@pytest.fixture(scope="module")
def pooled(apart):
    """Two seeds of two kinds in three folds, and the same folds' runs by themselves."""
    kinds = {"static": Plan("apart", (), context=False, epochs=2),
             "all": Plan("apart", context=False, epochs=2)}
    parts = folds.parts_of(apart, 3, list(kinds.values()))
    with parallel_config(backend="sequential"):
        groups = folds.pooled(apart, parts, kinds, 2, "cpu")
        alone = [repeat(kinds, 2, {"apart": part}, device="cpu") for part in parts]
    return parts, groups, alone


def test_every_labelled_utterance_is_predicted_once_by_who_never_met_its_speaker(apart, pooled):
    parts, groups, alone = pooled
    labelled = np.flatnonzero(apart.emotion >= 0)
    assert len(labelled) == len(apart) - 10
    for kind, group in groups.items():
        for seed, record in enumerate(group):
            assert record["rows"] == labelled.tolist() and record["utterances"] == len(labelled)
            said = dict(zip(record["rows"], record["predicted"], strict=True))
            for fold, part in enumerate(parts):
                own = alone[fold][kind][seed]
                assert [said[row] for row in own["rows"]] == own["predicted"]
                assert not set(part.table.speaker[own["rows"]]) & part.met
            scores = f1_scores(apart.emotion[labelled], np.array(record["predicted"]), 7)
            assert record["unweighted_recall"] == scores["unweighted_recall"]
            assert record["unseen_speaker_f1"] == record["weighted_f1"] == scores["weighted_f1"]


def test_probabilities_are_of_the_utterances_that_they_stand_beside(apart, pooled):
    """In the corpus's order, whatever fold they come from: their argmax is what was named."""
    parts, _, alone = pooled
    with parallel_config(backend="sequential"):
        looked = repeat({"static": Plan("apart", (), context=False, epochs=2)}, 1,
                        {"apart": parts[1]}, device="cpu", looks={
                            Plan("apart", (), context=False, epochs=2): folds.probabilities})
    (record,) = looked["static"]
    assert np.argmax(record["probes"], axis=1).tolist() == record["predicted"]
    np.testing.assert_allclose(np.sum(record["probes"], axis=1), 1)


def test_people_are_means_over_seeds_with_intervals_over_people(apart, pooled):
    _, groups, _ = pooled
    found, records = folds.people_of(apart, groups["all"]), groups["all"]
    assert set(found["recall"]) == set(apart.table.speaker)
    assert found["gini"] == pytest.approx(np.mean([r["people"]["gini"] for r in records]))
    rows = records[0]["rows"]
    wanted = bootstrap(apart.emotion[rows], [r["predicted"] for r in records],
                       apart.table.speaker.to_numpy()[rows], 7)
    assert found["intervals"]["accuracy"] == wanted["accuracy"]


def test_ablate_says_who_was_held_out_and_that_all_are_strangers(mlsan, apart, tmp_path):
    folder = apart.save(tmp_path / "apart")
    args = ["ablate", folder, "--seeds", 1, "--context", "off", "--folds", "speakers=3",
            "--class-weights"]
    code, out, err = mlsan(*args, "--json")
    assert code == 0, err
    result = json.loads(out)
    tested = [fold["test"]["speakers"] for fold in result["folds"]]
    assert sorted(sum(tested, [])) == sorted(set(apart.table.speaker))
    for fold, following in zip(result["folds"], [*tested[1:], tested[0]], strict=True):
        assert fold["dev"]["speakers"] == following
        assert not set(fold["train"]["speakers"]) & {*fold["test"]["speakers"], *following}
    assert sum(fold["test"]["utterances"] for fold in result["folds"]) == len(apart) - 10
    assert result["class_weights"] and "bayes" not in result and not result["probes"]
    assert len(result["runs"]) == 8 and all(len(run["folds"]) == 3 for run in result["runs"])
    score = "unweighted_recall"
    for mean in result["means"]:
        interval = mean["people"]["intervals"][score]
        assert interval["low"] <= interval["mean"] == pytest.approx(mean[score])
    assert all(pair[score]["low"] <= pair[score]["difference"] <= pair[score]["high"]
               for pair in result["paired"])
    out = " ".join(mlsan(*args)[1].split())
    for words in ("3 folds by speaker", "loss weighted by class", "everybody is a stranger",
                  "intervals resample people", "Gini", "worst-off tenth", "what another seed"):
        assert words in out


@pytest.mark.parametrize("asked, words", [
    ("dialogues=3", ["'dialogues=3'", "speakers=K"]), ("5", ["'5'", "speakers=K"]),
    ("speakers=-2", ["'speakers=-2'", "speakers=K"]), ("speakers=1", ["use 3 to 6 folds"]),
    ("speakers=0", ["use 3 to 6 folds"]), ("speakers=7", ["6 speakers", "use 3 to 6 folds"])])
def test_folds_that_cannot_be_are_refused_before_anything_is_trained(
        mlsan, apart, tmp_path, monkeypatch, asked, words):
    monkeypatch.setattr("mlsan.studies.records.train", None)
    folder = apart.save(tmp_path / "apart")
    code, _, err = mlsan("ablate", folder, "--folds", asked)
    assert code == 2 and all(word in err for word in words) and "Traceback" not in err


def test_a_fold_that_cannot_be_trained_on_is_named_before_the_others_are(
        mlsan, apart, tmp_path, monkeypatch):
    """Ada alone is ever afraid: the fold that holds her out has nobody to learn fear from."""
    monkeypatch.setattr("mlsan.studies.records.train", None)
    table = apart.table.assign(emotion=apart.table.emotion.where(
        (apart.table.emotion != "fear") | (apart.table.speaker == "Ada"), "neutral"))
    Corpus("one", table, apart.features, apart.emotions).save(tmp_path / "one")
    code, _, err = mlsan("ablate", tmp_path / "one", "--folds", "speakers=6")
    assert code == 2 and "fold 0 of 6" in err and "no train utterance of fear" in err
