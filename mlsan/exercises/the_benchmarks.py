"""Exercises of "The benchmarks"."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from datetime import date

import numpy as np
from scipy.stats import binom

from mlsan.exercises import Wrong, drawn, exercise, expect, number, parts, word


@exercise
def price(answer) -> str:
    """``answer(f1, counts, given_up)``: points of weighted and of macro F1 that are lost.

    The classes that are not given up keep their F1.
    """
    cases = [([80.0, 40.0, 20.0], [70, 20, 10], [2],
              "Class 2 has an F1 of 20 and a tenth of the utterances. What does it bring to "
              "weighted F1, and what to macro F1, which counts each of three classes alike?"),
             ([80.0, 40.0, 20.0], [70, 20, 10], [1, 2], "Several classes may be given up at once."),
             ([80.0, 40.0], [1, 3], [], "Who gives up nothing loses nothing.")]
    for rng in drawn(5):
        C = int(rng.integers(4, 9))
        up = rng.choice(C, rng.integers(1, C - 1), replace=False).tolist()
        cases.append((rng.uniform(10, 90, C), rng.integers(5, 300, C), up,
                      f"Right in the small cases, and not with {C} classes of which {up} are given "
                      "up: whatever these bring to either score is lost."))
    for f1, counts, up, hint in cases:
        f1, counts = np.array(f1), np.array(counts)
        got = [number(part) for part in parts(answer(f1, counts, up), 2, "Return two numbers: what "
                                              "weighted F1 loses, then what macro F1 loses.")]
        kept = np.delete(np.arange(len(f1)), up)
        weighted, macro = f1 @ counts / counts.sum(), f1.mean()
        left = np.array([f1[kept] @ counts[kept] / counts.sum(), f1[kept].sum() / len(f1)])
        lost = np.array([weighted, macro]) - left
        without = np.array([weighted - f1[kept] @ counts[kept] / counts[kept].sum(),
                            macro - f1[kept].mean()])           # as if they had never been
        expect(got, lost, hint, mistakes={
            "The sign: what is lost is before minus after.": -lost,
            "The other order: weighted F1 first, then macro.": lost[::-1],
            "Those are the scores that are left; asked is what was lost.": left,
            "As points, please: an F1 of 20 is 20 points.": lost / 100,
            "Macro F1 divides by the number of classes, and the class that is given up still "
            "counts among them.": [lost[0], without[1]],
            "For weighted F1, the utterances of what is given up are still there: divide by all.":
                [without[0], lost[1]],
            "What is given up is still there, among the classes and among the utterances: divide "
            "by all of them.": without})
    return ("What is rare is cheap to ignore in the one score, "
            "and as dear as anything else in the other.")


_opened: list[str] = []


def _ran() -> None:
    _opened.append("ran")


class _Call:
    def __reduce__(self):
        return _ran, ()


def _data(rng) -> object:
    """Plain data of any depth: numbers and strings, one of which looks suspicious."""
    line = str(rng.choice(["cbuiltins\nprint\n", "\x93 GLOBAL", "print(1)", "__reduce__ builtins",
                           "R.", "(i o c"]))
    return {"line": line, "f1": rng.random(3).tolist(), int(rng.integers(9)): ("joy", None, True),
            "more": [line] * int(rng.integers(1, 4)), "n": int(rng.integers(10 ** 12))}


@exercise
def fetches(answer) -> str:
    """``answer(program)``: whether a pickle has an instruction that fetches something to call."""
    here = __name__.encode()
    cases = [
        (pickle.dumps(_Call(), protocol=4), True,
         "This one fetches a function, in protocol 4: `STACK_GLOBAL`."),
        (pickle.dumps(_Call(), protocol=0), True,
         "In protocol 0 the same instruction is spelt `GLOBAL`."),
        (b"(i" + here + b"\n_ran\n.", True, "`INST` fetches and calls in one go."),
        (pickle.dumps({"joy": [1.5, 2], 3: ("a", None)}, protocol=4), False,
         "This is a plain dictionary."),
        (pickle.dumps(["builtins", "print", "GLOBAL", "REDUCE"], protocol=4), False,
         "These are words in a list. They look suspicious, but nothing fetches them."),
        (pickle.dumps(["cbuiltins\nprint\n", "\x93"], protocol=2), False,
         "A sentence may hold the very byte of an instruction. Go instruction by instruction."),
    ]
    for rng, thing in zip(drawn(10), 2 * [_Call(), len, date(2024, 5, 17), OrderedDict(a=1), 1j],
                          strict=True):
        data, protocol = _data(rng), int(rng.integers(0, 6))
        cases.append((pickle.dumps(data, protocol), False,
                      f"Plain data in protocol {protocol}: numbers and words, and nothing else."))
        cases.append((pickle.dumps([data, thing, data], protocol), True,
                      f"Protocol {protocol}, and amid plain data a {type(thing).__name__}: that "
                      "is fetched by its name."))
    for program, wanted, hint in cases:
        _opened.clear()
        got = answer(program)
        if _opened:
            raise Wrong("You have opened it, and what it fetched has been run. Read its "
                        "instructions without carrying them out.")
        expect(got, wanted, "Return True or False.",
               mistakes={f"{hint} Your answer was {not wanted}.": not wanted})
    return "You know now what it would do, and it hasn't done it."


def _highest(epochs: int, coins: int) -> float:
    """How many heads above the half the best of ``epochs`` throws of ``coins`` has, on average."""
    heads = np.arange(coins)
    return float((1 - binom.cdf(heads, coins, 0.5) ** epochs).sum() - coins / 2)


@exercise
def rise(answer) -> str:
    """``answer(epochs, utterances, toss)``: how much the best of equally good epochs gains.

    In accuracy, on average; ``toss`` is the share of utterances that each epoch tosses a coin for.
    Whoever simulates a thousand times is near enough.
    """
    expect(number(answer(1, 1000, 1.0)), 0.0,
           "One epoch leaves nothing to choose: "
           "on average it neither gains nor loses.", 0.002,
           mistakes={"That's the best epoch's accuracy. By how much does it beat the true one?":
                     0.5})
    cases = [(20, 2610, 1.0, "With every one of 2,610 utterances a toss, "
              "the best of 20 rises by about 1.87 sd of a mean of 2,610 coins."),
             (20, 1109, 1.0, "Fewer utterances wobble more."),
             (20, 2610, 0.1, "Only the tossed utterances wobble, "
              "but the accuracy is over all of them.")]
    for rng, some in zip(drawn(4), ((10, 15), (30, 50)) * 2, strict=True):
        epochs, tens = int(rng.integers(*some)), int(rng.integers(2, 9))
        cases.append((epochs, 100 * int(rng.integers(3, 12)), tens / 10,
                      f"{epochs} epochs, a share of {tens / 10} tossed: simulate just that, a "
                      "thousand times or more, and take the mean of what the best is above."))
    for epochs, n, toss, hint in cases:
        wanted = _highest(epochs, round(toss * n)) / n
        got = number(answer(epochs, n, toss))
        expect(got / wanted, 1.0, hint, 0.025, mistakes={
            "As a fraction, please, not in points.": 100.0,
            "That is what *one* epoch is off by, as a rule; take the largest of them all.":
                (toss / n) ** 0.5 / 2 / wanted,
            "Of how many utterances is that a share? The accuracy is over all of them.": 1 / toss,
            "That's the best epoch's accuracy. By how much does it beat the true one?":
                (wanted + 1 - toss / 2) / wanted,
            "That's the share of tosses that the best one won. How far is that from the true one?":
                (wanted + toss / 2) / wanted})
    return ("The rise goes with the square root of the tossed share: "
            "a tenth of the tosses still gives a third of the rise.")


@exercise
def difference(answer) -> str:
    """``answer``: one of four differences, as a string."""
    said = word(answer).replace("-", "−").replace("–", "−").replace(" ", "")
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
    cases = [(0.16, 1600, "Each utterance counts +1, −1 or 0. "
              "What is the variance of that, and of a mean of n of them?"),
             (0.04, 400, "A quarter of the utterances, "
              "a quarter of the disagreement: the same width."),
             (0.0, 500, "Two models that never disagree differ by nothing, surely.")]
    for rng in drawn(5):
        differ, n = rng.integers(8, 40) / 100, int(rng.integers(300, 3000))
        cases.append((float(differ), n, f"Right in the simple cases, and not where {differ:.0%} of "
                      f"{n} utterances are disputed."))
    for differ, n, hint in cases:
        error = 100 * (differ / n) ** 0.5
        expect(number(answer(differ, n)), 1.96 * error, hint, tolerance=0.005, mistakes={
            "That's the standard error. How many of them make 95%?": error,
            "In points: a hundredth is one point.": 0.0196 * error,
            "That is the whole width; half of it is asked for.": 3.92 * error,
            "That is the spread of a share, of things that count 1 or 0. Here they count +1, −1 or "
            "0.": 1.96 * error * (1 - differ) ** 0.5})
    return "What two models agree on doesn't wobble their difference; what they dispute does."
