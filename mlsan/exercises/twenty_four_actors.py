"""Exercises of "Twenty-four actors"."""

from __future__ import annotations

import numpy as np

from mlsan.exercises import Wrong, exercise, expect
from mlsan.measures.people import recall_by_person


@exercise
def unweighted_recall(answer) -> str:
    """``answer(true, predicted)``: (N,) names each -> the mean of the emotions' recalls."""
    true = np.array(["angry"] * 6 + ["calm"] * 2)
    expect(answer(true.copy(), np.array(["angry"] * 8)), 0.5,
           "Who calls everything angry finds all of one emotion and nothing of the other.")
    expect(answer(true.copy(), np.array(["angry"] * 3 + ["calm"] * 5)), 0.75,
           "Of each true emotion, the share that was called so; then their mean. How many were "
           "called so wrongly does not count.")
    expect(answer(true.copy(), np.array(["angry"] * 6 + ["calm", "happy"])), 0.75,
           "An emotion that is named and never true has no recall: average those that are true.")
    return "Every emotion counts as much as the next, however rare it is."


@exercise
def shuffle_within(answer) -> str:
    """``answer(names, group, rng)``: (N,) names and groups -> (N,) names, shuffled by group."""
    draw = np.random.default_rng(0)
    people = np.array([f"Actor {i:02}" for i in range(1, 13)])
    group = draw.choice(["angry", "calm", "sad"], 600, p=[0.5, 0.3, 0.2])
    names = np.where(draw.random(600) < 0.5, draw.choice(people, 600), people[0])
    names[group == "sad"] = draw.choice(people[:4], (group == "sad").sum())
    got = np.asarray(answer(names.copy(), group.copy(), np.random.default_rng(1)))
    if got.shape != names.shape:
        raise Wrong(f"Return one name for each clip: 600, and not {got.shape}.")
    for g in np.unique(group):
        if sorted(got[group == g].tolist()) != sorted(names[group == g].tolist()):
            raise Wrong("In some group a name occurs more often than before, or less: then the "
                        "shuffled names tell of the group what the true ones didn't.")
    others = np.isin(names, people[1:]) & (group != "sad")
    if np.mean(got[others] == names[others]) > 0.3:
        raise Wrong("Most clips have kept their name: nothing is false about it.")
    again = np.asarray(answer(names.copy(), group.copy(), np.random.default_rng(2)))
    if np.array_equal(got, again):
        raise Wrong("Another generator should give another order: draw from the one that is given.")
    return "What remains is how often each name goes with each group, and nothing of who it is."


@exercise
def over_people(answer) -> str:
    """``answer(ours, theirs, person)``: (N,) 0 or 1 twice, (N,) names -> difference, low, high."""
    draw = np.random.default_rng(0)
    count = draw.integers(10, 90, 20)
    person = np.repeat([f"Actor {i:02}" for i in range(1, 21)], count)
    theirs = (draw.random(len(person)) < 0.7).astype(int)
    level = np.repeat(draw.normal(0.8, 0.12, 20).clip(0, 1), count)
    ours = (draw.random(len(person)) < level).astype(int)
    own = [(ours - theirs)[person == s] for s in np.unique(person)]
    total, n = np.array([d.sum() for d in own]), np.array([len(d) for d in own])
    chosen = draw.integers(0, 20, (20_000, 20))
    means = total[chosen].sum(1) / n[chosen].sum(1)
    low, high = np.quantile(means, (0.025, 0.975))
    got = [float(np.asarray(part)) for part in answer(ours.copy(), theirs.copy(), person.copy())]
    if len(got) != 3:
        raise Wrong("Return three numbers: the difference, the lower end and the upper end.")
    expect(got[0], float((ours - theirs).mean()), "The difference is that of the sample itself, "
           "over all clips.", 1e-6)
    near = 0.1 * (high - low)
    if abs(got[2] - got[1] - (high - low)) > 2 * near:
        raise Wrong("The interval's width is not that of 95% over people. Clips of one person are "
                    "alike: draw people, with replacement, and take all clips of whom you draw.")
    if max(abs(got[1] - low), abs(got[2] - high)) > near:
        raise Wrong("The width is right, the place is not. A person who is drawn brings all of "
                    "their clips, so that whoever has more counts more.")
    return "Twenty people are twenty draws, however many clips each of them has."


@exercise
def erased(answer) -> str:
    """``answer(before, after, chance)``: the share of what lay above chance that is gone."""
    expect(answer(0.8, 0.8, 0.1), 0.0, "Nothing has changed, so nothing is gone: 0.")
    expect(answer(0.8, 0.1, 0.1), 1.0, "At chance a reader knows nothing any more: all is gone, 1.")
    expect(answer(0.9, 0.7, 0.5), 0.5, "Chance is what is left when all is gone: count from there.")
    expect(answer(0.6, 0.7, 0.2), -0.25, "Where more can be read than before, less than nothing is "
           "gone: let it be negative.")
    return "One number for both kinds of label: 1 is gone, 0 untouched, below 0 written in."


@exercise
def who_gains(answer) -> str:
    """``answer(true, before, after, person)``: (N,) each -> person -> gain in unweighted recall."""
    draw = np.random.default_rng(0)
    person = np.repeat(["Ann", "Bo", "Cy"], [40, 30, 50])
    true = np.concatenate([draw.choice(4, 40), draw.choice(3, 30), draw.choice(
        4, 50, p=[0.7, 0.1, 0.1, 0.1])])
    before, after = (np.where(draw.random(120) < right, true, draw.choice(4, 120))
                     for right in (0.4, np.repeat([0.9, 0.6, 0.2], [40, 30, 50])))
    got = answer(true.copy(), before.copy(), after.copy(), person.copy())
    if not hasattr(got, "keys") or set(map(str, got.keys())) != {"Ann", "Bo", "Cy"}:
        raise Wrong("Return a dictionary, or a Series, with one number for each person.")
    wanted = [recall_by_person(true, p, person, 4) for p in (after, before)]
    if all(abs(float(got[s]) - np.mean((after == true)[person == s])
               + np.mean((before == true)[person == s])) < 1e-6 for s in ("Ann", "Bo", "Cy")):
        raise Wrong("That is the gain in accuracy. Average over the person's emotions, of which "
                    "Cy shows one far more often than the others.")
    for s in ("Ann", "Bo", "Cy"):
        expect(got[s], wanted[0][s] - wanted[1][s],
               "Of each person's own clips, the recall of each emotion that the person shows, and "
               "their mean; after less before. (Bo shows three of the four emotions.)")
    return "A mean over people can rise while somebody falls."
