"""Exercises of "Twenty-four actors"."""

from __future__ import annotations

import numpy as np

from mlsan.exercises import Wrong, drawn, exercise, expect, number, parts, plain

EMOTIONS = np.array(["angry", "calm", "happy", "sad"])


def _heard(rng, emotions) -> np.ndarray:
    """What was felt in each of some clips, in a mixed order; no emotion as often as the next."""
    often = rng.permutation(np.arange(len(emotions)) * 6 + rng.integers(4, 9, len(emotions)))
    return rng.permutation(np.repeat(emotions, often))


def _named(rng, true, right: float, emotions) -> np.ndarray:
    """What a reader says of them, who knows a share ``right`` and guesses at the others."""
    return np.where(rng.random(len(true)) < right, true, rng.choice(emotions, len(true)))


def _recalls(true, predicted) -> list[float]:
    return [float((predicted[true == e] == e).mean()) for e in np.unique(true)]


@exercise
def unweighted_recall(answer) -> str:
    """``answer(true, predicted)``: (N,) names each -> the mean of the emotions' recalls."""
    true = np.array(["angry"] * 6 + ["calm"] * 2)
    expect(answer(true, np.array(["angry"] * 8)), 0.5,
           "Who calls everything angry finds all of one emotion and nothing of the other.",
           mistakes={"That is the share of all clips, in which the common emotion counts three "
                     "times.": 0.75, "As a fraction, please, not in percent.": 50})
    expect(answer(true, np.array(["angry"] * 3 + ["calm"] * 5)), 0.75,
           "Of each true emotion, the share that was called so; then their mean. How many were "
           "called so wrongly does not count.")
    expect(answer(true, np.array(["angry"] * 6 + ["calm", "happy"])), 0.75,
           "An emotion that is named and never true has no recall: average those that are true.")
    for rng in drawn(5):
        true = _heard(rng, EMOTIONS)
        predicted = _named(rng, true, 0.5, [*EMOTIONS, "surprised"])
        recalls = _recalls(true, predicted)
        expect(answer(true, predicted), np.mean(recalls),
               "Right in the small cases, and wrong in one of four emotions. Each emotion that is "
               "true somewhere has a recall of its own, and all of them weigh the same.",
               mistakes={"That is the share of all clips, in which a common emotion counts more.":
                             np.mean(true == predicted),
                         "That is the middle one of the recalls, not their mean.":
                             np.median(recalls)})
    return "Every emotion counts as much as the next, however rare it is."


@exercise
def shuffle_within(answer) -> str:
    """``answer(names, group, rng)``: (N,) names and groups -> (N,) names, shuffled by group."""
    def shuffled(names, group, seed):
        got = parts(answer(names, group, np.random.default_rng(seed)), len(names),
                    f"Return one name for each clip, here {len(names)}.")
        return np.array([str(name) for name in got])

    for rng in drawn(3):
        group = _heard(rng, EMOTIONS)
        names = rng.choice([f"Actor {i:02}" for i in range(1, 9)], len(group))
        names[group == "angry"] = rng.choice(names[:3], (group == "angry").sum())
        seed = int(rng.integers(1 << 32))
        got = shuffled(names, group, seed)
        for g in EMOTIONS:
            if sorted(got[group == g]) != sorted(names[group == g]):
                raise Wrong("In some group a name occurs more often than before, or less: then the "
                            "shuffled names tell of the group what the true ones didn't.")
        if (got != shuffled(names, group, seed)).any():
            raise Wrong("With two generators of the same seed, two different orders came back: "
                        "draw from the generator that is given, and from nothing else.")

    names, group = np.array([*"AXBYCZ"]), np.array([*"ghghgh"])
    (rng,) = drawn(1)
    orders = {tuple(shuffled(names, group, int(seed)))
              for seed in rng.integers(1 << 32, size=240)}
    if orders == {tuple(names)}:
        raise Wrong("Every clip has kept its name: nothing is false about it.")
    if len(orders) == 1:
        raise Wrong("Another generator should give another order: draw from the one that is given.")
    for start in (0, 1):
        if len({order[start::2] for order in orders}) < 6:
            raise Wrong("Three clips of a group can bear their three names in six orders. Over 240 "
                        "generators, not all of these came up in each group.")
    return "What remains is how often each name goes with each group, and nothing of who it is."


def _two_models(rng) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who has more clips gains more, as a rule; people differ much in what they gain."""
    count = rng.integers(10, 90, rng.integers(18, 26))
    level = np.clip(0.5 + 0.005 * count + rng.normal(0, 0.1, len(count)), 0, 1)
    person = np.repeat([f"Actor {i:02}" for i in range(1, len(count) + 1)], count)
    ours = (rng.random(len(person)) < np.repeat(level, count)).astype(int)
    mixed = rng.permutation(len(person))
    return ours[mixed], (rng.random(len(person)) < 0.6).astype(int), person[mixed]


def _ends(rng, gain, person) -> np.ndarray:
    """The interval's lower and upper end, from drawing people 20,000 times."""
    who, n = np.unique(person, return_counts=True)
    total = np.array([gain[person == s].sum() for s in who])
    chosen = rng.integers(0, len(who), (20_000, len(who)))
    return np.quantile(total[chosen].sum(1) / n[chosen].sum(1), (0.025, 0.975))


@exercise
def over_people(answer) -> str:
    """``answer(ours, theirs, person)``: (N,) 0 or 1 twice, (N,) names -> difference, low, high.

    Answers draw, and few draws wobble, so the ends are judged over six cases together.
    """
    off = []
    for rng in drawn(6):
        ours, theirs, person = _two_models(rng)
        gain = ours - theirs
        got, *ends = (number(part) for part in parts(
            answer(ours, theirs, person), 3,
            "Return three numbers: the difference, the lower end and the upper end."))
        expect(got, gain.mean(),
               "The first number is the difference of the two accuracies in the sample itself, "
               "every clip counting once.",
               mistakes={"The sign: it is ours that is to be better, if it is.": -gain.mean(),
                         "As a fraction, please, not in points.": 100 * gain.mean(),
                         "That is the mean over people, as if all had equally many clips.":
                             np.mean([gain[person == s].mean() for s in np.unique(person)])})
        if ends[0] > ends[1]:
            raise Wrong("The lower end comes before the upper one.")
        wanted = _ends(rng, gain, person)
        off.append([(ends[1] - ends[0]) / np.ptp(wanted) - 1,
                    *(ends - wanted) / np.ptp(wanted)])
    wider, low, high = np.mean(off, 0)
    if abs(wider) > 0.09:
        raise Wrong(f"Your intervals are {1 + wider:.2f} times as wide as those of 95% over people."
                    " Draw as many people as there are, with replacement, a thousand times or more;"
                    " whoever is drawn brings all of their clips.")
    if max(abs(low), abs(high)) > 0.07 or np.abs(off).max() > 0.3:
        raise Wrong("The width is right, the place is not. A person who is drawn brings all of "
                    "their clips, so that whoever has more counts more.")
    return "Twenty people are twenty draws, however many clips each of them has."


@exercise
def erased(answer) -> str:
    """``answer(before, after, chance)``: the share of what lay above chance that is gone."""
    expect(answer(0.8, 0.8, 0.1), 0.0, "Nothing has changed, so nothing is gone: 0.",
           mistakes={"That is the share that is left; asked is what is gone.": 1.0})
    expect(answer(0.8, 0.1, 0.1), 1.0, "At chance a reader knows nothing any more: all is gone, 1.")
    expect(answer(0.9, 0.7, 0.5), 0.5, "Chance is what is left when all is gone: count from there.")
    expect(answer(0.6, 0.7, 0.2), -0.25, "Where more can be read than before, less than nothing is "
           "gone: let it be negative.")
    for rng in drawn(5):
        chance, before, after = rng.uniform([0.05, 0.5, 0.1], [0.3, 0.95, 0.95]).tolist()
        expect(answer(before, after, chance), (before - after) / (before - chance),
               f"{before:.2f} before, {after:.2f} after, chance {chance:.2f}: how much lay above "
               "chance before, and what part of that is gone?")
    return "One number for both kinds of label: 1 is gone, 0 untouched, below 0 written in."


@exercise
def who_gains(answer) -> str:
    """``answer(true, before, after, person)``: (N,) each -> person -> gain in unweighted recall."""
    casts = ["Ann", "Bo", "Cy"], ["Cy", "Bo"], ["Di", "Bo", "Al", "Cy"], ["Ed", "Ann", "Bo"]
    for rng, people in zip(drawn(4), casts, strict=True):
        clips = [_heard(rng, np.arange(1 if s == "Bo" else 0, 4)) for s in people]
        mixed = rng.permutation(sum(map(len, clips)))
        true, person = np.concatenate(clips)[mixed], np.repeat(people, [*map(len, clips)])[mixed]
        before, after = _named(rng, true, 0.4, range(4)), _named(rng, true, 0.6, range(4))
        got = answer(true, before, after, person)
        if not hasattr(got, "items"):
            raise Wrong("Return a dictionary, or a Series, with one number for each person.")
        got = {str(plain(s)): gain for s, gain in got.items()}
        if set(got) != set(people):
            raise Wrong(f"The people are {', '.join(people)}; yours, {', '.join(got)}.")
        for s in people:
            own = person == s
            was, now = (_recalls(true[own], p[own]) for p in (before, after))
            expect(got[s], np.mean(now) - np.mean(was),
                   "Of each person's own clips, the recall of each emotion that the person shows, "
                   "and their mean. (Bo shows three of the four emotions.)",
                   mistakes={
                       "The sign: a gain is above zero where after is better.":
                           np.mean(was) - np.mean(now),
                       "That is the gain in accuracy: average over the person's emotions, of which "
                       "some are shown more often than others.":
                           np.mean((after == true)[own]) - np.mean((before == true)[own]),
                       "That is the recall after, and not yet what was gained.": np.mean(now)})
    return "A mean over people can rise while somebody falls."
