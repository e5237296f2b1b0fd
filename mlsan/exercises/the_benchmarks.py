"""Exercises of "The benchmarks"."""

from __future__ import annotations

import pickle

import numpy as np

from mlsan.exercises import Wrong, exercise, expect


@exercise
def price(answer) -> str:
    """``answer(f1, counts, given_up)``: points of weighted and of macro F1 that are lost.

    The classes that are not given up keep their F1.
    """
    got = answer([80.0, 40.0, 20.0], [70, 20, 10], [2])
    if np.shape(got) != (2,):
        raise Wrong("Return two numbers: what weighted F1 loses, then what macro F1 loses.")
    weighted, macro = map(float, got)
    if weighted < 0 or macro < 0:
        raise Wrong("A price is what is lost: before minus after, not after minus before.")
    expect(weighted, 2.0,
           "Class 2 has an F1 of 20 and a tenth of the utterances. "
           "What does it bring to weighted F1?")
    expect(macro, 20 / 3,
           "Macro F1 divides by the number of classes, "
           "and the class that is given up still counts among them.")
    expect(answer([80.0, 40.0, 20.0], [70, 20, 10], [1, 2]), [10.0, 20.0],
           "Several classes may be given up at once.")
    expect(answer(np.array([80.0, 40.0]), np.array([1, 3]), []), [0.0, 0.0],
           "Who gives up nothing loses nothing.")
    return ("What is rare is cheap to ignore in the one score, "
            "and as dear as anything else in the other.")


class _Call:
    def __reduce__(self):
        return print, ("you ran me",)


@exercise
def fetches(answer) -> str:
    """``answer(program)``: whether a pickle has an instruction that fetches something to call."""
    cases = [
        (pickle.dumps(_Call(), protocol=4), True,
         "This one fetches `print`, in protocol 4: `STACK_GLOBAL`."),
        (pickle.dumps(_Call(), protocol=0), True,
         "In protocol 0 the same instruction is spelt `GLOBAL`."),
        (b"(S'you ran me'\nibuiltins\nprint\n.", True, "`INST` fetches and calls in one go."),
        (pickle.dumps({"joy": [1.5, 2], 3: ("a", None)}, protocol=4), False,
         "This is a plain dictionary."),
        (pickle.dumps(["builtins", "print", "GLOBAL", "REDUCE"], protocol=4), False,
         "These are words in a list. They look suspicious, but nothing fetches them."),
        (pickle.dumps(["cbuiltins\nprint\n", "\x93"], protocol=2), False,
         "A sentence may hold the very byte of an instruction. Go instruction by instruction."),
    ]
    for program, wanted, hint in cases:
        if bool(answer(program)) is not wanted:
            raise Wrong(f"{hint} Your answer was {not wanted}.")
    return "You know now what it would do, and it hasn't done it."


@exercise
def rise(answer) -> str:
    """``answer(epochs, utterances, toss)``: how much the best of equally good epochs gains.

    In accuracy, on average; ``toss`` is the share of utterances that each epoch tosses a coin for.
    """
    expect(answer(1, 1000, 1.0), 0.0,
           "One epoch leaves nothing to choose: "
           "on average it neither gains nor loses.", tolerance=0.001)
    got, hints = float(answer(20, 2610, 1.0)), {
        0.51828: "That's the best epoch's accuracy. By how much does it beat the true one?",
        1.828: "As a fraction, please, not in points.",
        0.00979: "Half a point or so is what *one* epoch is off by; take the largest of twenty."}
    for wrong, hint in hints.items():
        if abs(got - wrong) < 0.02 * wrong:
            raise Wrong(hint)
    expect(got, 0.01828,
           "With every one of 2,610 utterances a toss, "
           "the best of 20 rises by about 1.87 sd of a mean of 2,610 coins.", tolerance=0.0006)
    expect(answer(20, 1109, 1.0), 0.02804, "Fewer utterances wobble more.", tolerance=0.001)
    expect(answer(20, 2610, 0.1), 0.00578,
           "Only the tossed utterances wobble, "
           "but the accuracy is over all of them.", tolerance=0.0003)
    return ("The rise goes with the square root of the tossed share: "
            "a tenth of the tosses still gives a third of the rise.")


@exercise
def difference(answer) -> str:
    """``answer``: one of four differences, as a string."""
    said = str(answer).replace("-", "−").replace(" ", "").lower()
    hints = {
        "ourweightedf1−multiemo,published":
            "Theirs was chosen on test and ours on dev, and theirs heard and saw.",
        "ourtestpeak−multiemo,published":
            "Now both chose on test. But are the features the same?",
        "ml−san,published−multiemo,published":
            "Two laboratories: even MultiEMO isn't equal to MultiEMO re-run."}
    if said != "identity,on−shuffled,on":
        raise Wrong(hints.get(said, "Answer with one of the four, as they are written."))
    return "A difference says what was changed only if one thing was."


@exercise
def half_width(answer) -> str:
    """``answer(differ, n)``: half of the 95% interval of a difference in accuracy, in points."""
    got = float(answer(0.16, 1600))
    if abs(got - 1.0) < 1e-6:
        raise Wrong("That's the standard error. How many of them make 95%?")
    if abs(got - 0.0196) < 1e-4:
        raise Wrong("In points: a hundredth is one point.")
    expect(got, 1.96,
           "Each utterance counts +1, −1 or 0. "
           "What is the variance of that, and of a mean of n of them?", tolerance=0.005)
    expect(answer(0.04, 400), 1.96,
           "A quarter of the utterances, "
           "a quarter of the disagreement: the same width.", tolerance=0.005)
    expect(answer(0.0, 500), 0.0, "Two models that never disagree differ by nothing, surely.")
    return "What two models agree on doesn't wobble their difference; what they dispute does."
