from dataclasses import replace

import numpy as np
import pytest

from mlsan import Corpus, CorpusError, bayes, f1_scores, simulate
from mlsan.sources import plug_in

SIZES = {"speakers": 6, "text_dim": 8, "audio_dim": 9, "visual_dim": 7}


@pytest.fixture(scope="module")
def large():
    return simulate(dialogues=960, **SIZES)


def errors(fitted, corpus):
    """How far the estimates are from what was planted: root mean squares."""
    planted, found = corpus.truth, fitted.truth
    order = [found.speakers.index(name) for name in planted.speakers]
    # What an emotion looks like from a speaker: only the product of the two can be known, and for
    # audio and visual only as a difference from the emotions' mean, the rest being the shift.
    shown, gains = [], []
    for i, m in enumerate(planted.prototypes):
        seen = []
        for truth, rows in ((planted, slice(None)), (found, order)):
            middle = 0 if m == "text" else planted.prior @ truth.prototypes[m]
            seen.append(truth.expressiveness[rows, i, None, None] * (truth.prototypes[m] - middle))
        shown.append(np.sqrt(np.mean((seen[0] - seen[1]) ** 2)))
        gains.append(np.sqrt(np.mean((planted.log_gain[m] - found.log_gain[m][order]) ** 2)))
    return {"shown": max(shown), "gain": max(gains),
            "prior": np.abs(planted.prior - found.prior).max()}


def test_estimates_approach_what_was_planted(large):
    """Measured on three seeds: .20 to .29, .08 to .17, .04 to .05; .05 to .07, .03, .01."""
    few = errors(plug_in.fit(simulate(dialogues=60, **SIZES)), simulate(dialogues=60, **SIZES))
    many = errors(plug_in.fit(large), large)
    assert many["shown"] < 0.1 < few["shown"] < 0.5
    assert many["gain"] < 0.05 < few["gain"] < 0.3
    assert many["prior"] < 0.02 < few["prior"] < 0.1


@pytest.mark.parametrize("inertia, contagion", [(0.35, 0.2), (0.1, 0.5), (0.0, 0.0)])
def test_habits_are_recovered(inertia, contagion):
    strengths = replace(simulate(dialogues=25).truth.strengths, inertia=inertia,
                        contagion=contagion)
    found = plug_in.fit(simulate(dialogues=480, strengths=strengths, **SIZES)).truth.strengths
    assert (found.inertia, found.contagion) == pytest.approx((inertia, contagion), abs=0.04)


@pytest.mark.parametrize("read", [bayes.utterance, bayes.dialogue])
def test_it_reads_nearly_as_well_as_who_knows_everything_and_no_better(large, read):
    test, fitted = large.rows("test"), plug_in.fit(large)
    true = large.emotion[test]
    of_truth = [read(c, test)[np.arange(len(test)), true].mean() for c in (large, fitted)]
    assert 0 < of_truth[0] - of_truth[1] < 0.03                # measured on three seeds: .003, .014
    exact, ours = (f1_scores(true, read(c, test).argmax(1), 7)["weighted_f1"]
                   for c in (large, fitted))
    assert exact - 0.03 < ours < exact + 0.01


def test_nothing_but_train_and_its_labels_is_looked_at(large):
    """Without the truth, and with test's labels and features made up, it says the same."""
    test = (large.table.split != "train").to_numpy()
    table = large.table.assign(emotion=large.table.emotion.where(~test, "joy"))
    features = {m: np.where(test[:, None], 7, x).astype(np.float32)
                for m, x in large.features.items()}
    blind = Corpus("blind", table, features, large.emotions)
    ours, same = plug_in.fit(large), plug_in.fit(blind)
    rows = large.rows("test")
    blind.features.update(large.features)
    np.testing.assert_allclose(bayes.dialogue(ours, rows), bayes.dialogue(same, rows))
    assert large.truth.strengths.gain == 0.9 and blind.truth is None       # the corpus is unchanged


def test_a_stranger_gets_everybodys_average(small):
    """Ada is heard in test alone: her log-gain, shift and expressiveness are the others' mean."""
    with_ada = small.table.groupby("dialogue").speaker.transform(lambda s: (s == "Ada").any())
    train = small.table.split == "train"
    rows = np.flatnonzero(train & ~with_ada)
    fitted, test = plug_in.fit(small, rows), small.rows("test")
    truth, ada = fitted.truth, fitted.truth.speakers.index("Ada")
    for of in (*truth.log_gain.values(), *truth.shift.values(), truth.expressiveness):
        np.testing.assert_allclose(of[ada], np.delete(of, ada, 0).mean(0), atol=1e-3)
    assert np.isfinite(bayes.dialogue(fitted, test)).all()


def test_a_missing_modality_is_refused_by_name(small):
    present = {"visual": np.arange(len(small)) != small.rows("train")[0]}
    torn = Corpus("torn", small.table, small.features, small.emotions, present=present)
    with pytest.raises(CorpusError, match="visual: 1 of .* lack it; leave them or the modality"):
        plug_in.fit(torn)
