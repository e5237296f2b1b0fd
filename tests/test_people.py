"""Measures that see persons: each by hand, on examples small enough to count."""

import json

import numpy as np
import pytest

from mlsan.measures.people import by_person, calibration_error, gini, recall_by_person, worst_tenth
from mlsan.measures.scores import bootstrap, f1_scores


def test_recall_is_over_the_emotions_that_a_person_shows():
    """Ada: 2 of 3 of class 0, 1 of 1 of class 1. Ben: 1 of 2 of class 2, and that is all he has."""
    true, predicted = np.array([0, 0, 0, 1, 2, 2]), np.array([0, 0, 1, 1, 2, 0])
    speaker = np.array(["Ada"] * 4 + ["Ben"] * 2)
    found = recall_by_person(true, predicted, speaker, 4)
    assert found == {"Ada": pytest.approx((2 / 3 + 1) / 2), "Ben": 0.5}


@pytest.mark.parametrize("people, worst", [(1, 1), (3, 1), (10, 1), (11, 2), (30, 3)])
def test_the_worst_tenth_is_somebody(people, worst):
    values = np.random.default_rng(0).permutation(people) / people
    assert worst_tenth(values) == pytest.approx(np.arange(worst).mean() / people)


def test_gini():
    assert gini([0.4, 0.4, 0.4]) == 0 == gini([0, 0])
    assert gini([1, 0, 0, 0]) == pytest.approx(3 / 4)              # (n - 1) / n: one has everything
    values = np.random.default_rng(0).random(9)
    apart = np.abs(values[:, None] - values).mean() / 2 / values.mean()
    assert gini(values) == pytest.approx(apart) == gini(7 * values)


def said(top, classes=4):
    """Probabilities that name class 0 with ``top``, the rest shared out."""
    top = np.asarray(top, float)[:, None]
    return np.hstack([top, np.repeat((1 - top) / (classes - 1), classes - 1, axis=1)])


def test_calibration_error():
    """Named with 0.8, right four times in five: believed as it should be."""
    assert calibration_error(np.array([0, 0, 0, 0, 1]), said([0.8] * 5)) == pytest.approx(0)
    assert calibration_error(np.array([0, 1, 1, 1, 1]), said([0.8] * 5)) == pytest.approx(0.6)
    assert calibration_error(np.array([0, 0]), said([1.0, 1.0])) == 0
    # Two bins: in one 0.9 and right half the time, in the other 0.5 and always right.
    assert calibration_error(np.array([0, 1, 0, 0]), said([0.9, 0.9, 0.5, 0.5])) == pytest.approx(
        (0.4 + 0.5) / 2)
    # Within a bin it is means that are compared, so that two errors may cancel.
    assert calibration_error(np.array([0, 1]), said([0.49, 0.51])) == pytest.approx(0)


def test_an_error_is_seen_by_person_that_all_together_hide():
    """Ada is right whenever, Ben never, and both are named with 0.5."""
    true, speaker = np.array([0] * 10 + [1] * 10), np.repeat(["Ada", "Ben"], 10)
    probability = said([0.5] * 20)
    found = by_person(true, probability.argmax(1), probability, speaker)
    assert found["calibration_error"] == pytest.approx(0)
    assert found["calibration_error_by_person"] == {"Ada": 0.5, "Ben": 0.5}
    assert found["recall"] == {"Ada": 1, "Ben": 0}
    assert (found["worst_tenth"], found["gini"]) == (0, 0.5)


def test_intervals_resample_people():
    """One of eight carries the whole difference: no interval of turns would know how unsure it is.

    That the person is not drawn has a chance of (7/8)^8 = 0.34, so the interval reaches 0.
    """
    true = np.tile([0, 1], 400)
    speaker = np.repeat([f"speaker {i}" for i in range(8)], 100)
    better, worse = true, np.where(speaker == "speaker 3", 1 - true, true)
    of_people = bootstrap(true, better, speaker, 2, minus=worse)["unweighted_recall"]
    assert of_people["difference"] == pytest.approx(1 / 8)
    assert of_people["low"] <= 0 and of_people["high"] >= 3 / 8
    of_turns = bootstrap(true, better, np.arange(800), 2, minus=worse)["unweighted_recall"]
    assert of_turns["low"] > 0.1
    found = bootstrap(true, worse, speaker, 2)["accuracy"]
    assert found["low"] < found["mean"] == f1_scores(true, worse, 2)["accuracy"] < found["high"]


def test_evaluate_says_how_each_person_is_read(mlsan, small, tmp_path):
    run = tmp_path / "run"
    scores = json.loads(mlsan("train", small.save(tmp_path / "mine"), "--out", run, "--json")[1])
    test = small.table[small.table.split == "test"]
    people = scores["people"]
    assert set(people["recall"]) == set(test.speaker)
    assert people["worst_tenth"] == min(people["recall"].values())
    assert people["intervals"]["accuracy"]["mean"] == pytest.approx(scores["accuracy"])
    out = mlsan("evaluate", run)[1]
    for name in ("worst-off tenth", "Gini", "calibration error", "unweighted recall"):
        assert name in out
    alone = small.replaced(keep=((small.table.split != "test") | (small.table.speaker == "Ada")))
    alone.save(tmp_path / "alone")
    args = "evaluate", run, "--corpus", tmp_path / "alone"
    assert "people" not in json.loads(mlsan(*args, "--json")[1]) and "Gini" not in mlsan(*args)[1]
