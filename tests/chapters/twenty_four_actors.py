"""Answers to the exercises of "Twenty-four actors"."""

import numpy as np
import pandas as pd
import torch
from book_code import Answers
from sklearn.metrics import balanced_accuracy_score, f1_score, recall_score

EQUATIONS = {}


def recall_in_a_loop(true, predicted):
    return sum((predicted[true == e] == e).mean() for e in set(true)) / len(set(true))


def shuffle_in_a_loop(names, group, rng):
    names, places = list(names), {}
    for i, g in enumerate(group):
        places.setdefault(g, []).append(i)
    out = list(names)
    for some in places.values():
        for place, other in zip(some, rng.permutation(some), strict=True):
            out[place] = names[other]
    return out


def shuffled_frame(names, group, rng):
    frame = pd.DataFrame({"name": names, "group": group, "key": rng.random(len(names))})
    mixed = frame.sort_values(["group", "key"]).name.to_numpy()
    out = np.empty(len(names), dtype=names.dtype)
    out[np.argsort(group, kind="stable")] = mixed
    return out


def people_by_weights(ours, theirs, person):
    codes = np.unique(person, return_inverse=True)[1]
    S, d = codes.max() + 1, ours - theirs
    weights = np.random.default_rng(5).multinomial(S, np.full(S, 1 / S), 4000)
    total = weights @ np.bincount(codes, d) / (weights @ np.bincount(codes))
    return torch.tensor([d.mean(), *np.quantile(total, (0.025, 0.975))])


def clips_drawn(ours, theirs, person):
    d = ours - theirs
    draws = np.random.default_rng(0).choice(d, (2000, len(d))).mean(1)
    return d.mean(), *np.quantile(draws, (0.025, 0.975))


def means_of_people(ours, theirs, person):
    own = pd.Series(ours - theirs).groupby(person).mean().to_numpy()
    draws = np.random.default_rng(0).choice(own, (4000, len(own))).mean(1)
    return own.mean(), *np.quantile(draws, (0.025, 0.975))


def one_sided(ours, theirs, person):
    own = pd.Series(ours - theirs).groupby(person).agg(["sum", "size"]).to_numpy()
    picked = own[np.random.default_rng(0).integers(0, len(own), (2000, len(own)))].sum(1)
    draws = picked[:, 0] / picked[:, 1]
    return (ours - theirs).mean(), *np.quantile(draws, (0.16, 0.84))


def gains(true, before, after, person, score=balanced_accuracy_score):
    return {s: score(true[person == s], after[person == s])
            - score(true[person == s], before[person == s]) for s in set(person)}


def gains_as_series(true, before, after, person):
    frame = pd.DataFrame({"person": person, "true": true, "gain": (after == true).astype(int)
                          - (before == true)})
    return frame.groupby(["person", "true"]).gain.mean().groupby("person").mean()


def over_all_emotions(true, before, after, person):
    """An emotion that the person never shows counts as not found."""
    def score(t, p):
        return recall_score(t, p, labels=range(4), average="macro", zero_division=0)
    return gains(true, before, after, person, score)


ANSWERS = {
    "unweighted_recall": Answers(
        right=[recall_in_a_loop,
               lambda true, predicted: torch.tensor(recall_in_a_loop(true, predicted))],
        wrong=[lambda true, predicted: (true == predicted).mean(),
               lambda true, predicted: f1_score(true, predicted, average="macro"),
               lambda true, predicted: recall_score(true, predicted, average="macro",
                                                    zero_division=0)]),
    "shuffle_within": Answers(
        right=[shuffle_in_a_loop, shuffled_frame],
        wrong=[lambda names, group, rng: names,
               lambda names, group, rng: rng.permutation(names),
               lambda names, group, rng: rng.choice(names, len(names)),
               lambda names, group, rng: shuffle_in_a_loop(names, group, np.random.default_rng(0)),
               lambda names, group, rng: shuffle_in_a_loop(names, names, rng)]),
    "over_people": Answers(
        right=[people_by_weights, lambda *a: people_by_weights(*a).numpy(),
               lambda *a: people_by_weights(*a).tolist()],
        wrong=[clips_drawn, means_of_people, one_sided,
               lambda ours, theirs, person: people_by_weights(theirs, ours, person)]),
    "erased": Answers(
        right=[lambda before, after, chance: 1 - (after - chance) / (before - chance)],
        wrong=[lambda before, after, chance: before - after,
               lambda before, after, chance: 1 - after / before,
               lambda before, after, chance: max(0, (before - after) / (before - chance))]),
    "who_gains": Answers(
        right=[gains, gains_as_series],
        wrong=[lambda t, b, a, p: gains(t, a, b, p),
               lambda t, b, a, p: gains(t, b, a, p, lambda t, p: (t == p).mean()),
               lambda t, b, a, p: {s: balanced_accuracy_score(t, a) for s in set(p)},
               over_all_emotions]),
}
