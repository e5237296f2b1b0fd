"""Exercises of "Six friends"."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from mlsan.exercises import Wrong, drawn, exercise, expect, number, parts

CAST = np.array(["Chandler", "Joey", "Monica", "Phoebe", "Rachel", "Ross"])


@exercise
def power(answer) -> str:
    """``answer(gain, half_width)``: how often an interval of ± ``half_width`` lies above zero.

    Whoever draws a thousand times is near enough.
    """
    expect(number(answer(0.02, 0.02)), 0.5,
           "What is measured scatters around the true gain. "
           "How often is it more than half_width, if the gain is just that?", 0.04,
           mistakes={"A share, please, between 0 and 1.": 50.0})
    expect(number(answer(0.02, 0.014)), norm.cdf(0.84),
           "Draw what is measured many times, around the gain with sd half_width / 1.96, "
           "and count how often its interval starts above zero.", 0.04,
           mistakes={"That is how often a true gain is missed.": norm.cdf(-0.84),
                     "half_width is 1.96 standard deviations, not one.": norm.cdf(3 / 7)})
    expect(number(answer(0.0, 0.02)), 0.025,
           "With nothing there, a 95% interval lies off zero once in twenty, "
           "and above it in half of these cases.", 0.018)
    expect(number(answer(-0.02, 0.014)), 0.0,
           "Of a loss, the interval lies below zero as a rule. How often above it?", 0.01)
    for rng in drawn(5):
        width, sigmas = rng.uniform(0.004, 0.04), rng.uniform(0.5, 3.5)
        gain = sigmas * width / 1.96
        expect(number(answer(float(gain), float(width))), norm.cdf(sigmas - 1.96),
               f"Right in the simple cases, and not for a gain of {gain:.4f} and a half-width of "
               f"{width:.4f}. If you draw, draw ten thousand times.", 0.04)
    return "An interval as wide as the gain shows it every other time, and misses it as often."


@exercise
def label_in_the_mask(answer) -> str:
    """``answer``: accuracy of a model that reads only whether audio is present."""
    without, present = 2 / 3 * 0.79, 0.40 / 3
    expect(number(answer), without + present,
           "Take the two kinds of utterances apart, "
           "the accuracy on each, and weigh them by how many there are.", tolerance=0.001,
           mistakes={"As a fraction, please, not in percent.": 100 * (without + present),
                     "That is what the utterances without audio bring. The others bring something "
                     "too.": without,
                     "That is what the utterances with audio bring. The others bring something "
                     "too.": present,
                     "The two kinds are not equally frequent.": (0.79 + 0.40) / 2,
                     "Two in three are without audio, not with.": 0.79 / 3 + 2 / 3 * 0.40,
                     "That is a sum of two accuracies; each holds for its own kind only.": 1.19})
    return "Two thirds right, from a single bit."


@exercise
def above_chance(answer) -> str:
    """``answer(accuracy, commonest)``: 0 for the constant reader, 1 for the perfect one."""
    expect(answer(0.4, 0.4), 0.0,
           "Whoever always says the commonest has learned nothing: that is 0.")
    expect(answer(1.0, 0.4), 1.0,
           "Whoever is always right gets 1, however common the commonest is.")
    expect(answer(0.7, 0.4), 0.5,
           "Halfway between the constant reader and the perfect one is one half.")
    expect(answer(0.1, 0.4), -0.5, "Worse than the constant reader is below 0.")
    for rng in drawn(5):
        accuracy, commonest = rng.uniform([0.05, 0.15], [0.95, 0.7]).tolist()
        expect(answer(accuracy, commonest), (accuracy - commonest) / (1 - commonest),
               f"Right in the simple cases, and not for {accuracy:.3f} where the commonest makes "
               f"up {commonest:.3f}: how long is the way to the perfect reader, how much is gone?")
    return "The scale starts where knowing nothing ends."


def _scenes(rng) -> tuple[np.ndarray, np.ndarray]:
    """(n,) names and dialogues: two to four of the cast in each, one of whom likes to begin."""
    opener, who, dialogue = rng.choice(CAST), [], []
    for d in np.cumsum(rng.integers(1, 3, 400)):
        here = rng.choice(CAST, rng.integers(2, 5), replace=False)
        turns = [*rng.permutation(here), rng.choice(here)]
        if opener in here and rng.random() < 0.9:
            turns.insert(0, opener)
        who += turns
        dialogue += [d] * len(turns)
    return np.array(who), np.array(dialogue)


@exercise
def renamed(answer) -> str:
    """``answer(who, dialogue)``: (n,) names, (n,) dialogues -> (n,) names, new in each dialogue."""
    for rng in drawn(2):
        who, dialogue = _scenes(rng)
        wanted = f"Return one name of the cast for every utterance, here {len(who)}."
        got = [str(name) for name in parts(answer(who, dialogue), len(who), wanted)]
        if not np.isin(got, CAST).all():
            raise Wrong(f"{wanted} The cast is whoever speaks in any dialogue.")
        scene = np.unique(dialogue, return_inverse=True)[1]
        bears = np.zeros((scene.max() + 1, len(CAST), len(CAST)), int)      # scene, person, name
        bears[scene, np.searchsorted(CAST, who), np.searchsorted(CAST, got)] = 1
        if bears.sum(2).max() > 1:
            raise Wrong("Somebody bears two names in one dialogue: "
                        "whose turn it is has changed as well.")
        if bears.sum(1).max() > 1:
            raise Wrong("Two people in one dialogue share a name: "
                        "whose turn it is has changed as well.")
        if (bears.sum(0) / bears.sum((0, 2))[:, None]).max() > 0.5:
            raise Wrong("From dialogue to dialogue somebody keeps a name, or nearly. "
                        "A name that is always the same is as good as the true one.")
        if (bears.any(2) == bears.any(1)).all(1).mean() > 0.5:
            raise Wrong("The names of a dialogue are those of the people in it, in another order: "
                        "they still tell who is there. Draw from the whole cast.")
    return "Who follows whom is as it was, and a name means nothing beyond its dialogue."


POOL = ["Ann", "Anna", "Joe", "Joey", "Ross", "Rossella", "Mr. Heckles", "Mr. Geller", "Al", "Alan",
        "Emma", "Em"]


def _written(rng, name: str) -> str:
    """A name as somebody types it."""
    return rng.choice(["", " "]) + rng.choice([name, name.lower(), name.upper()]) + rng.choice(
        ["", " ", "  "])


@exercise
def share_new(answer) -> str:
    """``answer(train_speakers, test_speakers)``: the share of test utterances by new people."""
    expect(answer(["Joey", "Ross", "Joey"], ["Joey", "Ross"]), 0.0,
           "Joey and Ross are both in train: nobody here is new.",
           mistakes={"Asked is the share that is new, not the share that is known.": 1.0})
    expect(answer(["Joey", "Ross"], ["Gunther", "Joey", "Gunther", "Janice"]), 0.75,
           "Of the four test utterances, three are by people who are not in train.",
           mistakes={"Count utterances, not people: Gunther speaks twice.": 2 / 3,
                     "A share, please, and not a count.": 3.0})
    expect(answer(["Joey ", "ROSS"], ["joey", "Ross", "Janice", " Joey"]), 0.25,
           "The same person is written in several ways: mind blanks and capitals.")
    expect(answer(["Joanna", "Mr. Heckles"], ["Joanna", "Mr. Heckles", "Anna", "Mr. Geller"]), 0.5,
           "Anna and Mr. Geller are new, though a part of their names is in train: compare whole "
           "names.")
    for rng in drawn(5):
        met = rng.choice(POOL, 5, replace=False)
        train = [_written(rng, name) for name in [*met, *rng.choice(met, 10)]]
        said = rng.choice(POOL, rng.integers(12, 30))
        expect(answer(train, [_written(rng, name) for name in said]), (~np.isin(said, met)).mean(),
               "Right in the small cases, and not in a larger one. Of the test utterances, how "
               "many have a speaker whose whole name, blanks and capitals aside, is not in train?")
    return "Utterances of new people, not new people, are what a score is averaged over."
