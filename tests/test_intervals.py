"""Intervals hold seeds and dialogues: on draws whose variances are known, and in the record."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, norm

from mlsan import bootstrap, figures, recorded
from mlsan.measures.scores import resampled

DIALOGUES, TURNS = 40, 8
DIALOGUE = np.repeat(np.arange(DIALOGUES), TURNS)


def runs_of(rng, seeds, gain=0.0, suits=None, sd=0.03):
    """(K, N) answers to questions whose answer is 0: 1 where a run is wrong.

    Of a model that is right at 0.6 + ``gain``; its runs differ by ``sd``, its dialogues by what
    ``suits`` it.
    """
    right = 0.6 + gain + sd * rng.normal(size=(seeds, 1)) + np.zeros(DIALOGUES)
    right = right + (0 if suits is None else suits)
    return (rng.random((seeds, DIALOGUES * TURNS)) > np.repeat(right, TURNS, 1)).astype(int)


def accuracy(plus, minus, unit=DIALOGUE):
    return bootstrap(np.zeros(len(unit), int), plus, unit, 2, minus=minus)["accuracy"]


def left_out(draws, **model):
    """How many of ``draws`` intervals leave out 0, the true difference of two models that suit
    dialogues of their own; and by what their mean half width exceeds that of known variances."""
    rng, out, width = np.random.default_rng(0), 0, 0.0
    for _ in range(draws):
        suits = 0.08 * rng.normal(size=(2, DIALOGUES))
        found = accuracy(*(runs_of(rng, 3, suits=s, **model) for s in suits))
        out += not found["low"] <= 0 <= found["high"]
        width += (found["high"] - found["low"]) / 2 / draws
    per_run = 0.6 * 0.4 / (DIALOGUES * TURNS) + model["sd"] ** 2
    known = np.sqrt(2 * (per_run / 3 + 0.08**2 / DIALOGUES))
    return out, width / known / norm.ppf(0.975)


@pytest.mark.parametrize("sd", [0, 0.06])
def test_of_two_models_that_are_as_good_one_interval_in_twenty_says_otherwise(sd):
    """Where seeds matter as much as here, intervals of dialogues alone leave out 0 a third of the
    time; and these are not bought by being wide: t has few degrees of freedom, no more."""
    out, width = left_out(200, sd=sd)
    assert out <= binom.ppf(0.99, 200, 0.05)
    assert 0.95 < width < 1.4


def test_more_seeds_tell_more():
    rng = np.random.default_rng(1)
    ours, theirs = runs_of(rng, 32), runs_of(rng, 32)
    found = [accuracy(ours[:k], theirs[:k]) for k in (2, 8, 32)]
    widths = [f["high"] - f["low"] for f in found]
    assert widths[0] > 1.3 * widths[1] > 1.3 * widths[2]
    assert [f["seeds"] for f in found] == [2, 8, 32]


def test_one_run_says_that_it_is_one_and_a_reader_has_none():
    rng = np.random.default_rng(2)
    (ours, theirs), reader = runs_of(rng, 2), runs_of(rng, 1)[0]
    assert accuracy([ours], [theirs])["seeds"] == 1
    assert accuracy([ours, theirs], reader)["seeds"] == 2
    assert accuracy([ours, theirs], [reader])["seeds"] == 1
    assert accuracy(ours, theirs)["seeds"] is None


def test_seeds_that_change_nothing_leave_the_dialogues_interval():
    rng = np.random.default_rng(3)
    ours, theirs = runs_of(rng, 1, 0.1)[0], runs_of(rng, 1)[0]
    alone, five = accuracy(ours, theirs), accuracy([ours] * 5, [theirs] * 5)
    assert five.pop("seeds") == 5 and five == pytest.approx({k: alone[k] for k in five})
    low, high = (alone["difference"] - alone["low"], alone["high"] - alone["difference"])
    assert low == pytest.approx(high, rel=0.2)


def test_every_model_brings_its_seeds_and_a_reader_none():
    rng = np.random.default_rng(4)
    ours, unsteady = runs_of(rng, 5), runs_of(rng, 5, sd=0.1)
    reader, model = (accuracy(ours, theirs) for theirs in (unsteady[0], unsteady))
    assert model["high"] - model["low"] > 1.3 * (reader["high"] - reader["low"])
    # What four models bring together, where on these dialogues it comes to nothing.
    nothing = accuracy([ours, unsteady], [unsteady[::-1], ours[::-1]])
    assert nothing["difference"] == pytest.approx(0) and nothing["high"] > 0.05


def test_of_few_people_little_can_be_said():
    """One gains two points, another fifteen: of the next nobody knows. One alone says nothing."""
    unit = np.repeat([0, 1], 100)
    theirs = np.tile(np.arange(100) >= 50, 2).astype(int)
    ours = np.where(np.arange(200) % 100 < np.where(unit, 65, 52), 0, 1)
    found = accuracy(ours, theirs, unit)
    assert found["difference"] == pytest.approx(0.085)
    assert found["low"] < -0.4 and found["high"] > 0.5
    alone = accuracy(ours, theirs, 0 * unit)
    assert (alone["low"], alone["high"]) == (-1, 1)


def test_counted_already_it_is_the_same():
    rng = np.random.default_rng(6)
    ours, theirs = runs_of(rng, 3), runs_of(rng, 3)
    counts = [np.stack([[[[8 - d.sum(), d.sum()], [0, 0]] for d in run.reshape(-1, TURNS)]
                        for run in model]) for model in (ours, theirs)]
    assert resampled(counts[:1], counts[1:])["accuracy"] == accuracy(ours, theirs)


def test_a_model_against_itself_is_rarely_another():
    """The record: the bar is 8 of 100 pairs, where dialogues alone let 11 and 27 through."""
    rows = [row for row in recorded("intervals")["alike"] if row["runs"] >= 3]
    for runs in (3, 5, 10):
        here = [row for row in rows if row["runs"] == runs]
        share = np.average([r["both"] for r in here], weights=[r["pairs"] for r in here])
        assert share <= 0.08 and sum(row["pairs"] for row in here) >= 200
    for corpus, least in (("simulated", 0.11), ("ravdess", 0.26)):
        assert min(row["dialogues"] for row in rows if row["corpus"] == corpus) > least


def test_few_dialogues_and_few_runs_tell_of_all():
    """The record: of two unlike models, whatever is few, the true difference is seldom missed."""
    rows = [row for row in recorded("intervals")["few"]
            if row["corpus"] == "simulated" and row["runs"] > 1]
    assert max(row["both"] for row in rows if row["units"] >= 8) <= 0.08
    assert max(row["both"] for row in rows) < 0.12 < min(
        row["dialogues"] for row in rows if row["units"] == 2)


def test_what_is_planted_is_found_the_sooner_the_more_runs_there_are():
    result = recorded("intervals")
    found = {(row["corpus"], row["runs"], row["gain"]): row["both"] for row in result["planted"]}
    for corpus in ("simulated", "meld-friends", "ravdess"):
        for runs in (3, 5, 10):
            shares = [found[corpus, runs, gain] for gain in (1, 2, 3, 4)]
            assert shares == sorted(shares)
        assert found[corpus, 3, 1] < found[corpus, 5, 1] < found[corpus, 10, 1]
    assert found["simulated", 5, 1] > 0.8 and found["meld-friends", 5, 2] > 0.8
    figure = figures.power(result, "ravdess", (3, 5, 10), "Six curves.")
    assert [trace.name for trace in figure.data if trace.showlegend] == [
        "3 seeds", "5 seeds", "10 seeds"]
    assert figure.data[1].y[0] < 0.08 < figure.data[0].y[0]
    assert len(figure.to_json()) < 300_000
