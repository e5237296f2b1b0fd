"""Self-checks of "Is it real?": shapes and small examples. The hidden tests ask for more."""

from __future__ import annotations

import numpy as np

from mlsan.exercises import Wrong, exercise, expect, plain

NAN = float("nan")
MORE = "That holds for a small example. The hidden tests ask about all that the text says."


def entries(got, *names: str) -> dict:
    got = plain(got)
    if not isinstance(got, dict) or set(got) != set(names):
        raise Wrong(f"Return a dictionary with the entries {', '.join(names)}.")
    return got


@exercise
def reported(answer) -> str:
    """``answer(dev_f1, dev_loss, test_f1)``: three (E, S) -> dict."""
    got = entries(answer(np.array([[0.50, 0.40], [0.60, 0.60], [0.55, 0.70]]),
                         np.array([[0.9, 1.0], [0.8, 0.9], [0.7, 0.8]]),
                         np.array([[0.48, 0.50], [0.52, 0.54], [0.58, 0.50]])),
                  "epoch", "mean", "sd", "flattery")
    expect(got["epoch"], [2, 3], "One epoch a run, counted from 1.", 0)
    expect(got["mean"], 0.51, "Test is read at dev's epochs: 0.52 and 0.50 here.")
    expect(got["flattery"], 0.05, "The peaks are 0.58 and 0.54: 0.06 and 0.04 too high.")
    return MORE


@exercise
def macro(answer) -> str:
    """``answer(counts, needed)``: (C, C, ...) and (C,) bool -> (...)."""
    counts, needed = np.array([[3, 1], [1, 5]]), np.array([True, True])
    expect(answer(counts, needed), (6 / 8 + 10 / 12) / 2,
           "Class 0 is called 4 times, is true 4 times, and 3 of them meet: F1 is 6/8.")
    stacked = np.stack([counts, 2 * counts, 7 * counts], 2)
    expect(answer(stacked, needed), np.full(3, 19 / 24),
           "With a third axis: one score for each place of it.")
    return MORE


@exercise
def paired(answer) -> str:
    """``answer(ours, theirs, resamples, seed)``: (C, C, D, K), (C, C, D, J) -> dict."""
    right = np.zeros((2, 2, 4, 1))
    right[0, 0], right[1, 1] = [[3], [1], [2], [5]], [[1], [1], [4], [2]]
    wrong = right[::-1].copy()
    got = entries(answer(right, wrong, 50, 0), "observed", "differences")
    expect(got["observed"], 1.0, "Ours has everything right, theirs nothing: the difference is 1.")
    expect(got["differences"], np.ones(50), "And it is 1 in each of the 50 resamples.")
    return MORE


@exercise
def decided(answer) -> str:
    """``answer(differences)``: (C, R) -> (C,) of +1, 0, -1."""
    up, across = np.linspace(0.1, 0.3, 1000), np.linspace(-0.1, 0.2, 1000)
    expect(answer(np.stack([up, across, -up])), [1, 0, -1],
           "All above 0 is +1, all below is -1; a third on the other side is open, 0.", 0)
    return MORE


@exercise
def auc(answer) -> str:
    """``answer(score, angry, speaker)``: three (N,) -> a number."""
    angry = np.array([True, False, False, True, False])
    expect(answer(np.array([0.9, 0.2, 0.1, 0.3, 0.4]), angry, np.zeros(5, int)), 5 / 6,
           "Two angry turns, three calm ones, one person: six pairs, of which five are in order.")
    expect(answer(np.array([0.9, 0.2, 0.1, 0.3, 0.4]), angry, np.array([1, 1, 1, 2, 2])), 2 / 3,
           "Person 1 has two pairs, both in order; person 2 has one, and it isn't.")
    return MORE


@exercise
def report(answer) -> str:
    """``answer(truth, ours, theirs, speaker, least)``: four (N,), a number -> dict."""
    truth = np.array([0, 1, 2, 0, 1, 2, 0, 1])
    theirs = np.array([0, 1, 2, 0, 9, 9, 9, 1])
    ours = np.array([0, 9, 2, 0, 1, 2, 9, 1])
    speaker = np.array([8, 8, 8, 8, 3, 3, 3, 3])
    got = entries(answer(truth, ours, theirs, speaker, 1), "people", "mean", "lost", "last")
    expect(got, {"people": 2, "mean": 0.125, "lost": 1, "last": 0.5},
           "Person 8 falls from 4 right of 4 to 3, person 3 rises from 1 right to 3.")
    return MORE
