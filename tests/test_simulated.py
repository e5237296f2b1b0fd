from itertools import product

import numpy as np
import pytest
from scipy.stats import norm

from mlsan.data.validation import CorpusError
from mlsan.measures import bayes
from mlsan.measures.probes import probe
from mlsan.measures.scores import f1_scores
from mlsan.sources.simulated import EMOTIONS, PRIOR, Strengths, simulate, transition


@pytest.fixture(scope="module")
def corpus():
    return simulate()


def test_same_seed_same_corpus_other_seed_other(small):
    again = simulate(dialogues=120, speakers=6, text_dim=8, audio_dim=9, visual_dim=7)
    other = simulate(dialogues=120, speakers=6, text_dim=8, audio_dim=9, visual_dim=7, seed=1)
    assert again.fingerprint == small.fingerprint != other.fingerprint


def test_conversations_are_what_was_promised(corpus):
    share = corpus.table.emotion.value_counts(normalize=True)
    np.testing.assert_allclose(share[list(EMOTIONS)], PRIOR, atol=0.015)
    assert share["neutral"] == pytest.approx(0.47, abs=0.015)
    assert max(share["fear"], share["disgust"]) < 0.035
    cast = corpus.table.groupby("dialogue").speaker.nunique()
    assert cast.max() <= 5 and corpus.table.speaker.nunique() == 24
    assert set(corpus.table.split) == {"train", "dev", "test"}


def test_a_speakers_emotion_lasts_and_spreads(corpus):
    t = corpus.table
    own = t.groupby(["dialogue", "speaker"]).emotion.shift()
    last = t.groupby("dialogue").emotion.shift()
    handed_over = t.groupby("dialogue").speaker.shift().ne(t.speaker) & own.notna()
    chance = (PRIOR ** 2).sum()
    s = corpus.truth.strengths
    # Where the two last emotions differ, either is repeated with its share and the prior's.
    apart = handed_over & own.ne(last)
    by_chance = chance * (1 - s.inertia - s.contagion)
    assert t.emotion[apart].eq(own[apart]).mean() > s.inertia + 0.5 * by_chance
    assert t.emotion[apart].eq(last[apart]).mean() > s.contagion


def test_film_can_undo_exactly_what_was_planted(small):
    truth, rows = small.truth, np.arange(len(small))
    speaker = bayes._speaker_rows(small, rows)
    for m in ("audio", "visual"):
        z = (small.features[m] - truth.shift[m][speaker]) * np.exp(-truth.log_gain[m][speaker])
        i = ("text", "audio", "visual").index(m)
        noise = z - truth.expressiveness[speaker, i, None] * truth.prototypes[m][small.emotion]
        assert abs(noise.std() - 1) < 0.02 and abs(noise.mean()) < 0.02


def test_strength_zero_plants_no_speakers():
    truth = simulate(dialogues=25, strengths=Strengths().scaled(0)).truth
    assert not any(x.any() for x in [*truth.log_gain.values(), *truth.shift.values()])
    np.testing.assert_allclose(truth.expressiveness, Strengths().loudness / 3)


def test_strengths_are_those_that_were_fixed(corpus):
    """Bayes (a) weighted F1 .75 ± .01; a linear probe names 24 speakers with .70 ± .10 accuracy."""
    test, train = corpus.rows("test"), corpus.rows("train")
    best = bayes.utterance(corpus, test).argmax(1)
    scores = f1_scores(corpus.emotion[test], best, 7)
    assert scores["weighted_f1"] == pytest.approx(0.75, abs=0.01)
    x = np.hstack([corpus.features["audio"], corpus.features["visual"]])
    y = corpus.table.speaker.to_numpy()
    assert probe(x[train], y[train], x[test], y[test]) == pytest.approx(0.70, abs=0.10)


@pytest.mark.parametrize("kwargs", [{"speakers": 4}, {"dialogues": 10}, {"audio_dim": 6}])
def test_too_small_a_world_is_refused(kwargs):
    with pytest.raises(CorpusError, match="at least"):
        simulate(**kwargs)


# -- the exact reference against brute force -------------------------------------------------------


def _enumerate(log_likelihood, speaker, prior, inertia, contagion):
    """p(e_t | all turns) by adding up every one of the C^T sequences of emotions."""
    T, C = log_likelihood.shape
    posterior = np.zeros((T, C))
    for sequence in product(range(C), repeat=T):
        p, last = 1.0, {}
        for t, e in enumerate(sequence):
            before = sequence[t - 1] if t else None
            p *= transition(prior, inertia, contagion, last.get(speaker[t]), before)[e]
            p *= np.exp(log_likelihood[t, e])
            last[speaker[t]] = e
        posterior[np.arange(T), sequence] += p
    return posterior / posterior.sum(1, keepdims=True)


@pytest.mark.parametrize("speaker", [
    [0, 1, 2, 0, 1], [0, 0, 1, 2, 0], [2, 1, 1, 0, 2], [0, 1, 0, 1, 0]])
def test_forward_backward_equals_enumeration(speaker):
    """Three speakers, five turns, seven emotions: 16,807 sequences."""
    speaker = np.array(speaker)
    log_likelihood = np.random.default_rng(0).normal(0, 1.5, (5, 7))
    args = log_likelihood, speaker, PRIOR, 0.35, 0.2
    np.testing.assert_allclose(bayes.forward_backward(*args), _enumerate(*args), atol=1e-12)


def test_utterance_posteriors_by_hand(small):
    """(a) and (b) from the density written out, feature by feature."""
    truth, rows = small.truth, small.rows("test")[:7]
    order = list(truth.speakers)
    joint = np.zeros((len(rows), len(order), 7))
    for r, s, e in np.ndindex(joint.shape):
        joint[r, s, e] = np.log(truth.prior[e] / len(order))
        for i, m in enumerate(("text", "audio", "visual")):
            gain = np.exp(truth.log_gain[m][s])
            spoken = gain * truth.expressiveness[s, i] * truth.prototypes[m][e]
            x = small.features[m][rows[r]]
            joint[r, s, e] += norm.logpdf(x, spoken + truth.shift[m][s], gain).sum()
    p = np.exp(joint - joint.max((1, 2), keepdims=True))
    who = [order.index(name) for name in small.table.speaker.iloc[rows]]
    for posterior, shares in ((bayes.utterance, p[np.arange(len(rows)), who]),
                              (bayes.utterance_speaker_unknown, p.sum(1))):
        expected = shares / shares.sum(1, keepdims=True)
        np.testing.assert_allclose(np.exp(posterior(small, rows)), expected, atol=1e-6)


def test_more_evidence_is_never_worse_on_average(corpus):
    """Expected log-probability of the truth: dialogue >= utterance >= speaker unknown >= prior."""
    rows = corpus.rows("test")
    true = corpus.emotion[rows]
    c, a, b = (f(corpus, rows)[np.arange(len(rows)), true].mean()
               for f in (bayes.dialogue, bayes.utterance, bayes.utterance_speaker_unknown))
    assert c > a >= b - 1e-3 > np.log(PRIOR)[true].mean()


def test_posteriors_are_calibrated(corpus):
    """Of the utterances given 0.6 to 0.8, about 0.7 are right."""
    rows = corpus.rows("test")
    p = np.exp(bayes.dialogue(corpus, rows))
    best = p.max(1)
    some = (best > 0.6) & (best < 0.8)
    right = p.argmax(1)[some] == corpus.emotion[rows][some]
    assert right.mean() == pytest.approx(best[some].mean(), abs=0.05)


def test_report_states_both_rules(small):
    report = bayes.report(small)
    assert set(report) == set(bayes.LEVELS)
    for level in report.values():
        assert 0 < level["macro_f1"] <= 1
        assert set(level["adjusted"]) == {"tau", "weighted_f1", "macro_f1"}
