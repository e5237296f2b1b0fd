"""Exercises of "Six friends"."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mlsan.exercises import Wrong, exercise, expect


@exercise
def power(answer) -> str:
    """``answer(gain, half_width)``: how often an interval of ± ``half_width`` lies above zero."""
    expect(answer(0.0, 0.02), 0.025,
           "With nothing there, a 95% interval lies off zero once in twenty, "
           "and above it in half of these cases.", 0.01)
    expect(answer(0.02, 0.02), 0.5,
           "What is measured scatters around the true gain. "
           "How often is it more than half_width, if the gain is just that?", 0.015)
    expect(answer(0.02, 0.014), 0.80,
           "Draw what is measured many times, around the gain with sd half_width / 1.96, "
           "and count how often its interval starts above zero.", 0.015)
    return "An interval as wide as the gain shows it every other time, and misses it as often."


@exercise
def label_in_the_mask(answer) -> str:
    """``answer``: accuracy of a model that reads only whether audio is present."""
    expect(float(answer), 2 / 3 * 0.79 + 0.40 / 3,
           "Take the two kinds of utterances apart, "
           "the accuracy on each, and weigh them by how many there are.", tolerance=0.01)
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
    return "The scale starts where knowing nothing ends."


@exercise
def renamed(answer) -> str:
    """``answer(who, dialogue)``: (n,) names, (n,) dialogues -> (n,) names, new in each dialogue."""
    rng = np.random.default_rng(0)
    cast = np.array(["Chandler", "Joey", "Monica", "Phoebe", "Rachel", "Ross"])
    dialogue = np.repeat(np.arange(400), 8)
    who = np.concatenate([rng.choice(rng.permutation(cast)[:4], 8) for _ in range(400)])
    got = np.asarray(answer(who.copy(), dialogue.copy()))
    if got.shape != who.shape or not np.isin(got, cast).all():
        raise Wrong("Return one name of the cast for every utterance.")
    turns = pd.DataFrame({"dialogue": dialogue, "who": who, "name": got})
    if (turns.groupby(["dialogue", "who"]).name.nunique() > 1).any():
        raise Wrong("Somebody bears two names in one dialogue: "
                    "whose turn it is has changed as well.")
    if (turns.groupby(["dialogue", "name"]).who.nunique() > 1).any():
        raise Wrong("Two people in one dialogue share a name: "
                    "whose turn it is has changed as well.")
    if pd.crosstab(who, got, normalize="index").to_numpy().max() > 0.4:
        raise Wrong("From dialogue to dialogue somebody keeps a name, or nearly. "
                    "A name that is always the same is as good as the true one.")
    return "Who follows whom is as it was, and a name means nothing beyond its dialogue."


@exercise
def share_new(answer) -> str:
    """``answer(train_speakers, test_speakers)``: the share of test utterances by new people."""
    expect(answer(["Joey", "Ross", "Joey"], ["Joey", "Ross"]), 0.0,
           "Joey and Ross are both in train: nobody here is new.")
    expect(answer(["Joey", "Ross"], ["Gunther", "Joey", "Gunther", "Janice"]), 0.75,
           "Count utterances, not people: Gunther speaks twice.")
    expect(answer(["Joey ", "ROSS"], ["joey", "Ross", "Janice", " Joey"]), 0.25,
           "The same person is written in several ways: mind blanks and capitals.")
    return "Utterances of new people, not new people, are what a score is averaged over."
