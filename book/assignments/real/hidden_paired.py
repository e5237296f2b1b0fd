"""The hidden tests of the paired bootstrap: by what comes out, whatever order it is drawn in."""

from __future__ import annotations

from itertools import product

import numpy as np
from hidden import field, macro_of

from mlsan.exercises import Wrong, drawn, expect


def score_of(counts, needed) -> float:
    """Mean over runs of macro F1 of counts (C, C, D, K)."""
    return float(macro_of(counts.sum(2), needed).mean())


def difference_of(ours, theirs) -> float:
    needed = ours[..., 0].sum((0, 2)) > 0
    return score_of(ours, needed) - score_of(theirs, needed)


def two_models(rng, dialogues: int, runs=(3, 2), classes: int = 3) -> list[np.ndarray]:
    """Counts (C, C, D, K) of two models on the same turns, in dialogues of unequal length."""
    truly = rng.integers(1, 4, (classes, dialogues)) * rng.integers(1, 5, dialogues)
    both = []
    for K, skill in zip(runs, (0.7, 0.55), strict=True):
        counts = np.zeros((classes, classes, dialogues, K))
        for c, d, k in product(range(classes), range(dialogues), range(K)):
            p = np.full(classes, (1 - skill) / (classes - 1))
            p[c] = skill
            counts[c, c, d, k] = 1                           # every class is called somewhere
            counts[:, c, d, k] += rng.multinomial(truly[c, d] - 1, p)
        both.append(counts)
    return both


def seed_from(rng) -> int:
    return int(rng.integers(1 << 30))


def differences(paired, ours, theirs, times: int, seed: int) -> np.ndarray:
    got = np.asarray(field(paired(ours, theirs, times, seed), "differences"), float)
    if got.shape != (times,):
        raise Wrong(f"One difference a resample: shape ({times},); it is {got.shape}.")
    return got


def observed(paired) -> None:
    for rng, runs in zip(drawn(4), ((3, 2), (1, 1), (2, 4), (1, 3)), strict=True):
        ours, theirs = two_models(rng, int(rng.integers(2, 12)), runs, int(rng.integers(2, 6)))
        wanted = difference_of(ours, theirs)
        got = field(paired(ours, theirs, 5, seed_from(rng)), "observed")
        expect(got, wanted, "The observed difference, ours minus theirs, is that of the dialogues "
                            "as they are: each model's mean over its runs, however many it has.")


def seeded(paired) -> None:
    for rng in drawn(2):
        ours, theirs = two_models(rng, 15)
        seed = seed_from(rng)
        one, again = (differences(paired, ours, theirs, 40, seed) for _ in range(2))
        expect(again, one, "The same seed must give the same resamples.", 0)
        other = differences(paired, ours, theirs, 40, seed + 1)
        if np.allclose(one, other):
            raise Wrong("Another seed gives the very same resamples: is `seed` used?")


def pairing(paired) -> None:
    hint = ("Two models that say the same differ by 0 in every resample, if a resample draws the "
            "dialogues once, for both models and all their runs.")
    for rng in drawn(3):
        ours, _ = two_models(rng, int(rng.integers(8, 25)))
        same = ours[..., [2, 0, 1]]
        expect(differences(paired, ours, same, 30, seed_from(rng)), np.zeros(30), hint)
        # Their one run says what each of ours does, but for one turn in every dialogue.
        ours = np.repeat(ours[..., :1], 2, 3)
        theirs = ours[..., :1].copy()
        moved = theirs[0, 0] > 0
        theirs[0, 0] -= moved
        theirs[1, 0] += moved
        got = differences(paired, ours, theirs, 300, seed_from(rng)).std()
        wanted = np.std(enough(ours, theirs, rng, 1500))
        if not 0.7 * wanted < got < 1.4 * wanted:
            raise Wrong(f"The differences vary with sd {got:.4f} where {wanted:.4f} was expected. "
                        + hint)


def enough(ours, theirs, rng, times: int) -> list[float]:
    D = ours.shape[2]
    needed = ours[..., 0].sum((0, 2)) > 0
    picked = [rng.integers(0, D, D) for _ in range(times)]
    return [score_of(ours[:, :, p], needed) - score_of(theirs[:, :, p], needed) for p in picked]


def every_draw(ours, theirs) -> np.ndarray:
    """The difference in each of the D^D equally likely draws of few dialogues."""
    D = ours.shape[2]
    needed = ours[..., 0].sum((0, 2)) > 0
    return np.array([score_of(ours[:, :, list(p)], needed) - score_of(theirs[:, :, list(p)], needed)
                     for p in product(range(D), repeat=D)])


def as_likely(got, ours, theirs, hint: str) -> None:
    """Each value must be one of the possible ones, and come about as often as it should."""
    wanted = every_draw(ours, theirs)
    values = np.sort(wanted[~np.isnan(wanted)])
    groups = np.split(values, np.flatnonzero(np.diff(values) > 1e-4) + 1)
    ranges = [(np.isnan(got), np.isnan(wanted).mean())]
    for group in groups:
        here = (got > group[0] - 3e-5) & (got < group[-1] + 3e-5)
        ranges.append((here, len(group) / len(wanted)))
    if not np.any([here for here, _ in ranges], axis=0).all():
        raise Wrong(hint)
    for here, p in ranges:           # eight standard deviations: no right answer is ever that far
        if abs(here.mean() - p) > 8 * (p * (1 - p) / len(got)) ** 0.5:
            raise Wrong(hint)


def all_wrong(counts) -> np.ndarray:
    """The same turns, none of them called what it is: F1 0 in every resample, paired or not."""
    wrong = np.zeros_like(counts)
    for c in range(len(counts)):
        wrong[(c + 1) % len(counts), c] = counts[:, c].sum(0)
    return wrong


def dialogues(paired) -> None:
    for rng, D in zip(drawn(4), (2, 3, 3, 4), strict=True):
        ours, _ = two_models(rng, D, (1, 1))
        ours[..., 0, :] *= 9
        theirs = all_wrong(ours)
        as_likely(differences(paired, ours, theirs, 600, seed_from(rng)), ours, theirs,
                  f"With {D} dialogues the differences aren't those, or not as often, that "
                  f"{D} draws of whole dialogues with replacement give. The counts of all that are "
                  "drawn add up (a long dialogue weighs more), then comes the score.")


def runs(paired) -> None:
    for rng, of_each in zip(drawn(3), ((3, 2), (2, 4), (1, 3)), strict=True):
        ours, theirs = two_models(rng, 3, of_each)
        theirs = all_wrong(theirs)
        as_likely(differences(paired, ours, theirs, 600, seed_from(rng)), ours, theirs,
                  "Each run has a macro F1 of its own in each resample; a model's score is their "
                  "mean. (Adding the runs' counts up first gives the F1 of a model nobody has.)")


def without_a_class(paired) -> None:
    for rng in drawn(4):
        ours, theirs = two_models(rng, 3, (2, 1), 4)
        for counts in (ours, theirs):
            counts[:, 2, 1:] = 0                             # only the first dialogue has class 2
            counts[:, 3] = 0                                 # called at times, and never true
        as_likely(differences(paired, ours, theirs, 600, seed_from(rng)), ours, theirs,
                  "One class occurs in a single dialogue here, another nowhere in test. Which "
                  "resamples can say something about all classes that test has? The others are "
                  "NaN, and the class that test lacks spoils none.")
