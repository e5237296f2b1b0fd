"""Exercises of "When it fails, and whom it may harm"."""

from __future__ import annotations

import numpy as np

from mlsan.exercises import Wrong, drawn, exercise, expect, number, parts, word


@exercise
def report(answer) -> str:
    """``answer(before, after)``: the scores of n people before and after -> three numbers.

    The mean gain, the 10th percentile of the gains, and how many people lost.
    """
    cases = [(np.array([0.70, 0.68, 0.66, 0.64, 0.62, 0.60, 0.58, 0.56, 0.54, 0.52, 0.50]),
              np.array([0.55, 0.66, 0.70, 0.71, 0.68, 0.69, 0.66, 0.65, 0.64, 0.61, 0.62]))]
    for rng in drawn(4):                  # of 10 m + 1 people, a tenth is one of their own gains
        n = 10 * int(rng.integers(1, 4)) + 1
        gains = rng.permutation(np.linspace(-0.13, 0.21, n)).round(3) + 0.003
        before = rng.permutation(np.linspace(0.4, 0.75, n)).round(3)
        gains[:2] = 0                     # who gained nothing hasn't lost
        cases.append((before, before + gains))
    for before, after in cases:
        gains = after - before
        mean, tenth, lost = (number(part) for part in parts(
            answer(before, after), 3, "Three numbers are asked for: "
            "the mean gain, the 10th percentile of the gains, how many lost."))
        expect(mean, gains.mean(), "The first number is the mean of what each person gained.",
               mistakes={"The sign: a gain is above zero where after is better.": -gains.mean(),
                         "That is the middle one of the gains, not their mean.": np.median(gains)})
        expect(tenth, np.quantile(gains, 0.1),
               "The second number is np.quantile of the people's own gains, at 0.1.", mistakes={
                   "That compares the tenth person before with the tenth person after, and they "
                   "may be different people. Take each person's own gain first.":
                       np.quantile(after, 0.1) - np.quantile(before, 0.1),
                   "Sorted, before and after are no longer the same person's.":
                       np.quantile(np.sort(after) - np.sort(before), 0.1),
                   "That is the other end: nine in ten gained less.": np.quantile(gains, 0.9),
                   "np.percentile counts to 100, np.quantile to 1.": np.percentile(gains, 0.1)})
        lowered = int((gains < 0).sum())
        expect(lost, lowered,
               "The third number counts people, those whose own score went down.", mistakes={
                   "Who stays where they were hasn't lost.": (gains <= 0).sum(),
                   "That is how many gained.": (gains > 0).sum(),
                   "Sorted, before and after are no longer the same person's: compare each person "
                   "with themselves.": (np.sort(after) < np.sort(before)).sum(),
                   "How many, please, and not what share.": lowered / len(gains)})
    return ("In our first case the mean gain is +0.05 and two of eleven lost; the 10th percentiles "
            "of before and after say that the weakest gained. People aren't percentiles.")


@exercise
def weights(answer) -> str:
    """``answer(speaker)``: (n,) names -> (n,) weights, mean 1, of equal sum for every speaker."""
    cases = [np.array(["Ada"] * 6 + ["Ben"] * 3 + ["Chioma"] + ["Dev"] * 2)]
    for rng in drawn(4):
        cast = rng.permutation(["Ada", "Ben", "Chioma", "Dev", "Eve", "Femi"])[:rng.integers(3, 7)]
        often = rng.permutation(np.arange(1, 3 * len(cast), 3) + rng.integers(0, 3, len(cast)))
        cases.append(rng.permutation(np.repeat(cast, often)))
    for speaker in cases:
        who, place, count = np.unique(speaker, return_inverse=True, return_counts=True)
        got = np.array([number(part) for part in parts(
            answer(speaker), len(speaker),
            f"One weight per utterance, in their order: here {len(speaker)}.")])
        totals = np.bincount(place, got)
        if np.ptp(totals) > 1e-3 * abs(totals).max():
            told = ", ".join(f"{s}'s {total:.2f}" for s, total in zip(who, totals, strict=True))
            raise Wrong(f"Together, the utterances weigh: {told}. "
                        "Every speaker should have the same sum.")
        expect(got.mean(), 1.0,
               "The sums are equal. Now scale them so that the mean weight is 1: "
               "the loss keeps its size.")
        expect(got, (len(speaker) / len(who) / count)[place],
               "The sums are equal. Within each speaker, let every utterance weigh the same.")
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
           "Naming gives p · own + (1 − p) · other. For which p is that equal to none?",
           mistakes={"That is the chance of a wrong name at which it breaks even.": 0.25})
    expect(answer(0.7, 0.7, 0.5), 1.0,
           "If one's own profile is no better than none, "
           "only a recogniser that never errs breaks even.")
    for rng in drawn(5):
        other, none, own = (rng.uniform(0.2, 0.4) + np.cumsum([0, *rng.uniform(0.03, 0.25, 2)]))
        expect(answer(float(own), float(none), float(other)), (none - other) / (own - other),
               f"Right in the simple cases, and not for {own:.3f}, {none:.3f} and {other:.3f}: "
               "for which p is p · own + (1 − p) · other equal to none?")
    return ("Below that chance, a recogniser does harm, however often it is right; "
            "so it should know when it doesn't know.")


@exercise
def auc(answer) -> str:
    """``answer(members, others)``: two arrays -> the chance that a random member's is higher."""
    cases = [([3.0, 2.0], [1.0, 0.0], "Where every member scores above every other, the spy never "
              "errs: 1."),
             ([1.0, 0.0], [3.0, 2.0],
              "Where every member scores below, the chance that a member is higher is 0."),
             ([1.0, 1.0], [1.0, 1.0, 1.0], "Ties say nothing: each counts half."),
             ([4.0, 2.0, 2.0], [3.0, 2.0, 1.0, 0.0], "Compare each member with each other person; "
              "count pairs, not people, and ties half.")]
    for rng in drawn(5):
        members, others = (rng.integers(low, low + 9, rng.integers(5, 12)) / 4 for low in (2, 0))
        others[:2] = members[:2]          # ties; quarters are themselves in any precision
        cases.append((members, others, f"Right in the small cases, and not for {len(members)} "
                      f"members and {len(others)} others, a few of them level."))
    for members, others, hint in cases:
        gaps = np.subtract.outer(members, others)
        expect(answer(np.array(members), np.array(others)), np.heaviside(gaps, 0.5).mean(), hint,
               mistakes={"A chance, please, not a number of pairs.": np.heaviside(gaps, 0.5).sum(),
                         "A tie counts half, and not for nothing.": np.mean(gaps > 0),
                         "A tie counts half, not as a win.": np.mean(gaps >= 0),
                         "The other way round: asked is how often the member's is higher.":
                             np.heaviside(-gaps, 0.5).mean()})
    return ("An AUC of 0.5 is a coin. "
            "It needs no threshold, and doesn't care how many of either there are.")


NAMES = {"Ada": ["Canada", "Adamant"], "Ben": ["benches", "Reuben"], "Wren": ["wrench", "wrens"],
         "Ann": ["annual", "banner"], "J.B": ["job", "jabs"]}


def _line(rng) -> tuple[str, list[str], str]:
    """What somebody said, the names, and the same without them. Some words hold names."""
    names = rng.permutation([*NAMES])[:4].tolist()
    said, blinded = [], []
    for i in range(10):
        name, sign = names[i % 4], rng.choice(["", ",", "!", "?", "'s", ";"])
        word = str(rng.choice([*NAMES[name], "Who", "come", "the"]))
        shouted = str(rng.choice([name, name.lower(), name.upper()]))
        said += [word, shouted + sign]
        blinded += [word, "someone" + sign]
    return " ".join(said), names, " ".join(blinded)


@exercise
def blind(answer) -> str:
    """``answer(text, names)``: the text with "someone" for every whole word that is a name.

    In capitals or not.
    """
    names = ["Ada", "Ben", "Wren"]
    expect(answer("We did it!", names), "We did it!", "A text without names stays as it is.")
    expect(answer("Ben, come here!", names), "someone, come here!",
           "\"Ben\" is a name: write \"someone\" in its place, and leave all else.")
    expect(answer("Ask Ada or Wren. Or Ada?", names), "Ask someone or someone. Or someone?",
           "There can be more than one name in a text, and one name more than once.")
    expect(answer("Benches of Adamant.", names), "Benches of Adamant.",
           "\"Benches\" and \"Adamant\" begin like names and aren't: replace whole words only.")
    expect(answer("Canada, Reuben.", names), "Canada, Reuben.",
           "\"Canada\" and \"Reuben\" end like names and aren't: replace whole words only.")
    expect(answer("BEN! ben?", names), "someone! someone?",
           "Somebody who shouts writes names in capitals: any case counts.")
    expect(answer("That is Ada's desk.", names), "That is someone's desk.",
           "\"Ada's\" holds a whole word that is a name.")
    expect(answer("J.B has a job.", ["J.B"]), "someone has a job.",
           "A name may have a dot in it. To a pattern, a dot is any letter, unless it is escaped.")
    for rng in drawn(5):
        text, names, blinded = _line(rng)
        expect(answer(text, names), blinded,
               f"Right in the short cases, and not in \"{text}\", with {', '.join(names)}: every "
               "name in any case becomes someone, and not a letter else changes.")
    return ("Nicknames, voices on the line and \"your sister\" still tell; "
            "what you can do is measure it with a probe.")


@exercise
def precision(answer) -> str:
    """``answer(prevalence, recall, false_alarm)`` -> of all alarms, the share that is right."""
    expect(answer(0.5, 0.8, 0.2), 0.8,
           "Of 100 utterances, 50 are angry, "
           "40 of them raise an alarm, and 10 of the 50 calm ones.",
           mistakes={"That is the share of all utterances, not of all alarms.": 0.4,
                     "That is the share of alarms that is wrong.": 0.2})
    expect(answer(0.1, 0.5, 0.05), 0.05 / 0.095,
           "The calm ones raise alarms too, and there are 1 − prevalence of them.")
    expect(answer(0.2, 1.0, 0.0), 1.0,
           "Where no calm utterance raises an alarm, every alarm is right.")
    for rng in drawn(5):
        share, recall, false_alarm = rng.uniform([0.01, 0.3, 0.02], [0.4, 0.95, 0.3]).tolist()
        right = share * recall
        expect(answer(share, recall, false_alarm), right / (right + (1 - share) * false_alarm),
               f"Right in the simple cases, and not for {share:.3f}, {recall:.3f} and "
               f"{false_alarm:.3f}. Count the alarms among 1,000 utterances, right and wrong ones.")
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
    said = word(answer).strip("()")
    if said in hints:
        raise Wrong(hints[said])
    if said != "c":
        raise Wrong("Answer with one letter, from \"a\" to \"e\".")
    return ("What is legal, what was measured and what is wise are three questions; "
            "a card answers the second.")
