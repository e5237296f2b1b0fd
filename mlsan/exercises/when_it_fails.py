"""Exercises of "When it fails, and whom it may harm"."""

from __future__ import annotations

import numpy as np

from mlsan.exercises import Wrong, exercise, expect


@exercise
def report(answer) -> str:
    """``answer(before, after)``: the scores of n people before and after -> three numbers.

    The mean gain, the 10th percentile of the gains, and how many people lost.
    """
    before = np.array([0.70, 0.68, 0.66, 0.64, 0.62, 0.60, 0.58, 0.56, 0.54, 0.52, 0.50])
    after = np.array([0.55, 0.66, 0.70, 0.71, 0.68, 0.69, 0.66, 0.65, 0.64, 0.61, 0.62])
    got = answer(before, after)
    gains = after - before
    if np.shape(got) != (3,):
        raise Wrong("Three numbers are asked for: "
                    "the mean gain, the 10th percentile of the gains, how many lost.")
    expect(got[0], gains.mean(), "The first number is the mean of what each person gained.", 1e-9)
    if np.allclose(got[1], np.quantile(after, 0.1) - np.quantile(before, 0.1)):
        raise Wrong("That compares the tenth person before with the tenth person after, "
                    "and they may be different people. Take each person's own gain first.")
    expect(got[1], np.quantile(gains, 0.1),
           "The second number is np.quantile of the people's own gains, at 0.1.", 1e-9)
    expect(got[2], (gains < 0).sum(),
           "The third number counts people, those whose own score went down.", 1e-9)
    return ("Here the mean gain is +0.05 and two of eleven lost; the 10th percentiles "
            "of before and after say that the weakest gained. People aren't percentiles.")


@exercise
def weights(answer) -> str:
    """``answer(speaker)``: (n,) names -> (n,) weights, mean 1, of equal sum for every speaker."""
    speaker = np.array(["Ada"] * 6 + ["Ben"] * 3 + ["Chioma"] + ["Dev"] * 2)
    got = np.asarray(answer(speaker), float)
    if got.shape != speaker.shape:
        raise Wrong(f"One weight per utterance: expected shape {speaker.shape}, got {got.shape}.")
    totals = [got[speaker == s].sum() for s in np.unique(speaker)]
    if not np.allclose(totals, totals[0]):
        ada, ben, chioma, _ = totals
        raise Wrong(f"Ada's utterances weigh {ada:.2f} together, Ben's {ben:.2f}, "
                    f"Chioma's {chioma:.2f}: every speaker should have the same sum.")
    expect(got.mean(), 1.0,
           "The sums are equal. Now scale them so that the mean weight is 1: "
           "the loss keeps its size.")
    return ("Everyone has the same say in the loss. "
            "It makes no new data: Chioma's one utterance now shouts, and so does its noise.")


@exercise
def break_even(answer) -> str:
    """``answer(own, none, other)``: the chance of a right name at which naming breaks even.

    From the accuracies with one's own profile, with none, and with another person's.
    """
    expect(answer(0.8, 0.6, 0.4), 0.5,
           "With 0.8, 0.6 and 0.4, not naming lies half-way between right and wrong names.")
    expect(answer(0.7, 0.6, 0.3), 0.75,
           "Naming gives p · own + (1 − p) · other. For which p is that equal to none?")
    expect(answer(0.7, 0.7, 0.5), 1.0,
           "If one's own profile is no better than none, "
           "only a recogniser that never errs breaks even.")
    return ("Below that chance, a recogniser does harm, however often it is right; "
            "so it should know when it doesn't know.")


@exercise
def auc(answer) -> str:
    """``answer(members, others)``: two lists -> the chance that a random member's is higher."""
    expect(answer([3.0, 2.0], [1.0, 0.0]), 1.0,
           "Where every member scores above every other, the spy never errs: 1.")
    expect(answer([1.0, 0.0], [3.0, 2.0]), 0.0,
           "Where every member scores below, the chance that a member is higher is 0.")
    expect(answer([1.0, 1.0], [1.0, 1.0, 1.0]), 0.5, "Ties say nothing: each counts half.")
    expect(answer([4.0, 2.0, 2.0], [3.0, 2.0, 1.0, 0.0]), 9 / 12,
           "Compare each member with each other person; count pairs, not people, and ties half.")
    return ("An AUC of 0.5 is a coin. "
            "It needs no threshold, and doesn't care how many of either there are.")


@exercise
def blind(answer) -> str:
    """``answer(text, names)``: the text with "someone" for every whole word that is a name.

    In capitals or not.
    """
    names = ["Ada", "Ben", "Wren"]
    expect(answer("We did it!", names), "We did it!", "A text without names stays as it is.")
    expect(answer("Ben, come here!", names), "someone, come here!",
           "\"Ben\" is a name: write \"someone\" in its place.")
    expect(answer("Ask Ada or Wren.", names), "Ask someone or someone.",
           "There can be more than one name in a text.")
    expect(answer("Benches of Adamant.", names), "Benches of Adamant.",
           "\"Benches\" and \"Adamant\" begin like names and aren't: replace whole words only.")
    expect(answer("BEN! ben?", names), "someone! someone?",
           "Somebody who shouts writes names in capitals: any case counts.")
    expect(answer("That is Ada's desk.", names), "That is someone's desk.",
           "\"Ada's\" holds a whole word that is a name.")
    return ("Nicknames, voices on the line and \"your sister\" still tell; "
            "what you can do is measure it with a probe.")


@exercise
def precision(answer) -> str:
    """``answer(prevalence, recall, false_alarm)`` -> of all alarms, the share that is right."""
    expect(answer(0.5, 0.8, 0.2), 0.8,
           "Of 100 utterances, 50 are angry, "
           "40 of them raise an alarm, and 10 of the 50 calm ones.")
    expect(answer(0.1, 0.5, 0.05), 0.05 / 0.095,
           "The calm ones raise alarms too, and there are 1 − prevalence of them.")
    expect(answer(0.2, 1.0, 0.0), 1.0,
           "Where no calm utterance raises an alarm, every alarm is right.")
    return ("With one angry utterance in a hundred, "
            "and our recall and false alarms, nine alarms in ten would be wrong.")


@exercise
def use(answer) -> str:
    """``answer``: "a" to "e", the use that the card supports."""
    hints = {"a": "No real person was measured, and hiring is a workplace: "
                  "Article 5(1)(f) bans it as well.",
             "b": "The law has an exception for medical reasons. "
                  "The card has no measurement on patients. Both are needed.",
             "d": "Strangers get the unknown row: look at what is measured for them.",
             "e": "A classroom: banned where that Regulation applies, "
                  "and nothing is measured for pupils."}
    answer = str(answer).strip().lower()
    if answer in hints:
        raise Wrong(hints[answer])
    if answer != "c":
        raise Wrong("Answer with one letter, from \"a\" to \"e\".")
    return ("What is legal, what was measured and what is wise are three questions; "
            "a card answers the second.")
