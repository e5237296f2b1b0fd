"""Exercises of "Six friends"."""

from __future__ import annotations

from mlsan.exercises import Wrong, exercise, expect


@exercise
def dialogues_needed(answer) -> str:
    """``answer``: how many test dialogues bring an interval of ±.020 (from 400) down to ±.005."""
    answer = float(answer)
    if abs(answer - 1600) < 1:
        raise Wrong("Four times the dialogues halve the interval; they don't quarter it.")
    expect(answer, 6400,
           "By what factor must the interval shrink, "
           "and what does the square root make of that?", tolerance=0.01)
    return "A quarter of the width costs sixteen times the data."


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
def convincing(answer) -> str:
    """``answer``: one of four comparisons, as a string."""
    said = str(answer).replace("-", "−").replace(" ", "")
    hints = {
        "identity−static": "Static has fewer parameters: more than the names differs.",
        "identity−shuffled": "This is what we saw above, and it turned out that false names hurt.",
        "identity−none": "With nobody named, the weights for names lie idle: "
                         "some of a gain may be capacity."}
    if said != "identity−shuffledandidentity−none":
        raise Wrong(hints.get(said, "Answer with one of the four, as they are written."))
    return "One control rules out capacity, the other that false names do harm."


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
