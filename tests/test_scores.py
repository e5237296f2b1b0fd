import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score

from mlsan.measures.probes import probe
from mlsan.measures.scores import bootstrap, f1_of_confusion, f1_scores, mean_sd


@pytest.fixture
def labels():
    rng = np.random.default_rng(0)
    true = rng.choice(4, 300, p=[0.5, 0.3, 0.15, 0.05])
    return true, np.where(rng.random(300) < 0.6, true, rng.choice(4, 300)), np.arange(300) // 6


def test_f1_is_scikit_learns(labels):
    true, predicted, _ = labels
    scores = f1_scores(true, predicted, 4)
    assert scores["weighted_f1"] == pytest.approx(f1_score(true, predicted, average="weighted"))
    assert scores["macro_f1"] == pytest.approx(f1_score(true, predicted, average="macro"))
    assert scores["per_class_f1"] == pytest.approx(f1_score(true, predicted, average=None))


def test_recall_and_accuracy_are_scikit_learns(labels):
    true, predicted, _ = labels
    for classes in (4, 5):                              # of which nobody shows the fifth
        scores = f1_scores(true, predicted, classes)
        assert scores["unweighted_recall"] == pytest.approx(
            balanced_accuracy_score(true, predicted))
        assert scores["accuracy"] == pytest.approx(accuracy_score(true, predicted))


def test_a_class_nobody_has_counts_for_nothing():
    assert f1_scores(np.array([0, 1]), np.array([0, 1]), 3)["macro_f1"] == 1.0
    assert f1_scores(np.array([0, 1]), np.array([0, 2]), 3)["macro_f1"] == 0.5


def test_confusions_keep_their_leading_shape():
    stack = np.stack([np.eye(3), np.ones((3, 3))])
    scores = f1_of_confusion(stack)
    assert scores["weighted_f1"].tolist() == pytest.approx([1, 1 / 3])
    assert scores["per_class_f1"].shape == (2, 3)


def test_bootstrap_brackets_every_score(labels):
    true, predicted, dialogue = labels
    scores = bootstrap(true, [predicted, predicted], dialogue, 4)
    weighted, per_class = scores["weighted_f1"], scores["per_class_f1"]
    assert per_class["mean"] == pytest.approx(f1_score(true, predicted, average=None))
    assert weighted["low"] < weighted["mean"] < weighted["high"]
    widths = np.subtract(per_class["high"], per_class["low"])
    assert widths[3] > widths[0] > 0                             # a rare class is known less well


def test_bootstrap_brackets_a_difference(labels):
    true, predicted, dialogue = labels
    better = np.where(np.arange(300) % 3 == 0, true, predicted)
    d = bootstrap(true, [better, better], dialogue, 4, minus=[predicted, predicted])["weighted_f1"]
    f1, f1_better = (f1_score(true, said, average="weighted") for said in (predicted, better))
    assert d["difference"] == pytest.approx(f1_better - f1)
    assert 0 < d["low"] < d["difference"] < d["high"]


def test_an_interaction_is_what_both_bring_beyond_each_alone(labels):
    true, predicted, dialogue = labels
    rng = np.random.default_rng(1)
    one, other, both = (np.where(rng.random(300) < mended, true, predicted)
                        for mended in (0.2, 0.3, 0.7))
    found = bootstrap(true, [[both], [predicted]], dialogue, 4, minus=[[one], [other]])["macro_f1"]
    f1 = [f1_score(true, p, average="macro") for p in (both, predicted, one, other)]
    assert found["difference"] == pytest.approx(f1[0] + f1[1] - f1[2] - f1[3])


def test_no_difference_has_an_interval_of_zero(labels):
    true, predicted, dialogue = labels
    d = bootstrap(true, predicted, dialogue, 4, minus=predicted)["macro_f1"]
    assert d == {"difference": 0, "low": 0, "high": 0, "seeds": None}
    runs = [predicted, np.roll(predicted, 1), np.roll(predicted, 7)]
    d = bootstrap(true, runs, dialogue, 4, minus=runs)["macro_f1"]
    assert d == {"difference": 0, "low": 0, "high": 0, "seeds": 3}


def test_interval_covers_a_true_null():
    """Two coin-flipping readers of equal skill: about 95 in 100 intervals hold 0."""
    held = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        true = rng.choice(3, 400)
        a, b = (np.where(rng.random(400) < 0.5, true, rng.choice(3, 400)) for _ in range(2))
        d = bootstrap(true, a, np.arange(400) // 8, 3, minus=b)["weighted_f1"]
        held += d["low"] <= 0 <= d["high"]
    assert 52 <= held <= 60


def test_resampling_is_by_dialogue():
    """One dialogue of ten carries the whole difference: the interval is wide, as with 10 draws.

    With each of the 200 utterances drawn by itself it would be narrow.
    """
    true = np.zeros(200, int)
    true[::2] = 1
    dialogue = np.repeat(np.arange(10), 20)
    theirs = np.where(dialogue == 0, 1 - true, true)
    d = bootstrap(true, true, dialogue, 2, minus=theirs)["weighted_f1"]
    assert d["low"] <= 0 and d["high"] > 2 * d["difference"]


def test_probes_read_what_is_there():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1200, 2))
    linear, xor = (x[:, 0] > 0).astype(int), (x[:, 0] * x[:, 1] > 0).astype(int)
    assert probe(x[:800], linear[:800], x[800:], linear[800:]) > 0.95
    assert probe(x[:800], xor[:800], x[800:], xor[800:]) < 0.65
    assert probe(x[:800], xor[:800], x[800:], xor[800:], "mlp") > 0.8
    with pytest.raises(ValueError, match="'linear' or 'mlp'"):
        probe(x, linear, x, linear, "forest")


def test_mean_sd_is_over_seeds():
    assert mean_sd([0.5, 0.7]) == pytest.approx((0.6, 0.1414), abs=1e-4)
    assert np.isnan(mean_sd([0.5])[1])
