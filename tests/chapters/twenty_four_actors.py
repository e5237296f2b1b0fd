"""Answers to the exercises of "Twenty-four actors"."""

import numpy as np
import pandas as pd
import torch
from book_code import Answers
from sklearn.metrics import confusion_matrix, f1_score, precision_score, recall_score

EQUATIONS = {}


def recall_in_a_loop(true, predicted):
    return sum((predicted[true == e] == e).mean() for e in set(true)) / len(set(true))


def recall_by_groups(true, predicted):
    return pd.Series(true == predicted).groupby(true).mean().mean()


def recall_by_confusions(true, predicted):
    counts = confusion_matrix(true, predicted)
    shown = counts.sum(1) > 0
    return torch.tensor(counts.diagonal()[shown] / counts.sum(1)[shown]).mean(0, keepdim=True)


def recall_by_marking(true, predicted):
    """In place."""
    predicted[predicted != true] = "-"
    return np.float32(recall_in_a_loop(true, predicted))


def recall_of_the_merged(true, predicted):
    """In place: whatever is named wrongly becomes another emotion that is true."""
    true[~np.isin(predicted, true)] = "-"
    return recall_in_a_loop(true, predicted)


def of_the_first_emotion(true, predicted):
    return (predicted[true == true[0]] == true[0]).mean()


def shuffle_in_a_loop(names, group, rng):
    names, places = list(names), {}
    for i, g in enumerate(group):
        places.setdefault(g, []).append(i)
    out = list(names)
    for some in places.values():
        for place, other in zip(some, rng.permutation(some), strict=True):
            out[place] = names[other]
    return out


def shuffle_in_place(names, group, rng):
    for g in set(group):
        (here,) = np.where(group == g)
        names[here] = names[rng.permutation(here)]
    return tuple(names)


def shuffle_by_groupby(names, group, rng):
    return pd.Series(names).groupby(group).transform(lambda s: rng.permutation(s))


def shuffle_by_torch(names, group, rng):
    """An order from the given generator by way of another one, seeded by it."""
    other, out = torch.Generator().manual_seed(int(rng.integers(1 << 40))), [None] * len(names)
    for g in np.unique(group):
        here = np.flatnonzero(group == g)
        for i, j in zip(here, here[torch.randperm(len(here), generator=other).numpy()],
                        strict=True):
            out[i] = names[j]
    return out


def shuffled_copies(names, group, rng):
    """A mask makes a copy: what is shuffled is thrown away."""
    for g in np.unique(group):
        rng.shuffle(names[group == g])
    return names


def group_after_group(names, group, rng):
    """The names are shuffled, and stand in the order of the groups, not of the clips."""
    return np.concatenate([rng.permutation(names[group == g]) for g in np.unique(group)])


def rolled(names, group, rng):
    """As in a round: everybody's neighbour stays a neighbour."""
    for g in np.unique(group):
        names[group == g] = np.roll(names[group == g], rng.integers(1, 3))
    return names


def one_group_only(names, group, rng):
    names[group == group[0]] = rng.permutation(names[group == group[0]])
    return names


def drawn_again(names, group, rng):
    return pd.Series(names).groupby(group).transform(lambda s: rng.choice(s, len(s)))


def shuffle_by_chance(names, group, rng):
    """By NumPy's own generator, which nobody has seeded."""
    return pd.Series(names).groupby(group).transform(lambda s: np.random.permutation(s))


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


def people_in_a_loop(ours, theirs, person, draws=1000, ends=(2.5, 97.5), replace=True, share=1):
    rng, who = np.random.default_rng(), list(dict.fromkeys(person))
    own = {s: (ours[person == s] - theirs[person == s]).tolist() for s in who}
    means = []
    for _ in range(draws):
        gains = [g for s in rng.choice(who, round(share * len(who)), replace=replace)
                 for g in own[s]]
        means.append(sum(gains) / len(gains))
    return [sum(map(sum, own.values())) / len(person), *np.percentile(means, ends)]


def people_in_place(ours, theirs, person):
    ours -= theirs
    return np.float32(people_in_a_loop(ours, 0 * ours, person, draws=2000))


def by_a_normal(ours, theirs, person):
    """The draws' standard deviation, 1.96 of it to either side."""
    difference, low, high = people_in_a_loop(ours, theirs, person, ends=(16, 84))
    return difference, difference - 0.98 * (high - low), difference + 0.98 * (high - low)


def clips_drawn(ours, theirs, person):
    d = ours - theirs
    draws = np.random.default_rng(0).choice(d, (2000, len(d))).mean(1)
    return d.mean(), *np.quantile(draws, (0.025, 0.975))


def means_of_people(ours, theirs, person):
    own = pd.Series(ours - theirs).groupby(person).mean().to_numpy()
    draws = np.random.default_rng(0).choice(own, (4000, len(own))).mean(1)
    return own.mean(), *np.quantile(draws, (0.025, 0.975))


def gains(true, before, after, person, score=recall_in_a_loop):
    return {s: score(true[person == s], after[person == s])
            - score(true[person == s], before[person == s]) for s in set(person)}


def gains_as_series(true, before, after, person):
    frame = pd.DataFrame({"person": person, "true": true, "gain": (after == true).astype(int)
                          - (before == true)})
    return frame.groupby(["person", "true"]).gain.mean().groupby("person").mean()


def gains_of_tensors(true, before, after, person):
    true, before, after = map(torch.tensor, (true, before, after))
    out = {}
    for s in sorted(set(person)):
        own = torch.tensor(person == s)
        out[s] = torch.stack([(after == e)[own & (true == e)].double().mean()
                              - (before == e)[own & (true == e)].double().mean()
                              for e in true[own].unique()]).mean()
    return out


def gains_in_place(true, before, after, person):
    before[:], after[:] = before == true, after == true
    return {s: np.mean([after[(person == s) & (true == e)].mean()
                        - before[(person == s) & (true == e)].mean()
                        for e in set(true[person == s])], keepdims=True) for s in set(person)}


def over_all_emotions(true, before, after, person):
    """An emotion that the person never shows counts as not found."""
    def score(t, p):
        return recall_score(t, p, labels=range(4), average="macro", zero_division=0)
    return gains(true, before, after, person, score)


ANSWERS = {
    "unweighted_recall": Answers(
        right=[recall_in_a_loop, recall_by_groups, recall_by_confusions, recall_by_marking,
               lambda true, predicted: torch.tensor(recall_in_a_loop(true, predicted))],
        wrong=[lambda true, predicted: (true == predicted).mean(),
               lambda true, predicted: f1_score(true, predicted, average="macro"),
               lambda true, predicted: recall_score(true, predicted, average="macro",
                                                    zero_division=0),
               lambda true, predicted: precision_score(true, predicted, average="macro",
                                                       labels=np.unique(true), zero_division=0),
               lambda true, predicted: recall_in_a_loop(true, predicted) * len(set(true)) / 8,
               lambda true, predicted: 100 * recall_in_a_loop(true, predicted),
               lambda true, predicted: recall_in_a_loop(predicted, true),
               lambda true, predicted: print(recall_in_a_loop(true, predicted)),
               lambda true, predicted: {8: 0.5}.get(len(set(predicted)), 0.75),
               recall_of_the_merged, of_the_first_emotion]),
    "shuffle_within": Answers(
        right=[shuffle_in_a_loop, shuffled_frame, shuffle_in_place, shuffle_by_groupby,
               shuffle_by_torch],
        wrong=[lambda names, group, rng: names,
               lambda names, group, rng: rng.permutation(names),
               lambda names, group, rng: rng.choice(names, len(names)),
               lambda names, group, rng: shuffle_in_a_loop(names, group, np.random.default_rng(0)),
               lambda names, group, rng: shuffle_in_a_loop(names, names, rng),
               lambda names, group, rng: shuffle_in_a_loop(group, group, rng),
               lambda names, group, rng: rng.permutation(len(names)),
               lambda names, group, rng: dict(zip(names, group, strict=True)),
               shuffled_copies, group_after_group, rolled, one_group_only, drawn_again,
               shuffle_by_chance]),
    "over_people": Answers(
        right=[people_by_weights, people_in_a_loop, people_in_place, by_a_normal,
               lambda *a: people_by_weights(*a).numpy(),
               lambda *a: people_by_weights(*a)[:, None].tolist()],
        wrong=[clips_drawn, means_of_people,
               lambda *a: people_in_a_loop(*a, ends=(16, 84)),
               lambda *a: people_in_a_loop(*a, ends=(5, 95)),
               lambda *a: people_in_a_loop(*a, replace=False),
               lambda *a: people_in_a_loop(*a, share=0.5),
               lambda *a: people_in_a_loop(*a, ends=(97.5, 2.5)),
               lambda *a: people_in_a_loop(*a)[1:],
               lambda ours, theirs, person: (people_in_a_loop(ours, theirs, person)[0],
                                             *means_of_people(ours, theirs, person)[1:]),
               lambda *a: [100 * v for v in people_in_a_loop(*a)],
               lambda ours, theirs, person: people_by_weights(theirs, ours, person)]),
    "erased": Answers(
        right=[lambda before, after, chance: 1 - (after - chance) / (before - chance),
               lambda before, after, chance: torch.tensor(before - after) / (before - chance),
               lambda before, after, chance: [(after - before) / (chance - before)],
               lambda before, after, chance: np.divide(np.float32(before - after),
                                                       np.float32(before - chance))],
        wrong=[lambda before, after, chance: before - after,
               lambda before, after, chance: 1 - after / before,
               lambda before, after, chance: max(0, (before - after) / (before - chance)),
               lambda before, after, chance: (after - chance) / (before - chance),
               lambda before, after, chance: (before - after) / (1 - chance),
               lambda before, after, chance: abs(before - after) / (before - chance),
               lambda before, after, chance: (before - after) / before - chance]),
    "who_gains": Answers(
        right=[gains, gains_as_series, gains_of_tensors, gains_in_place,
               lambda *a: pd.Series(gains(*a), dtype="float32")],
        wrong=[lambda t, b, a, p: gains(t, a, b, p),
               lambda t, b, a, p: gains(t, b, a, p, lambda t, p: (t == p).mean()),
               lambda t, b, a, p: {s: recall_in_a_loop(t, a) for s in set(p)},
               lambda t, b, a, p: {s: recall_in_a_loop(t[p == s], a[p == s]) for s in set(p)},
               lambda t, b, a, p: gains(t, b, a, p, lambda t, p: recall_in_a_loop(p, t)),
               lambda t, b, a, p: [*gains(t, b, a, p).values()],
               lambda t, b, a, p: gains(p, b, a, t),
               lambda t, b, a, p: np.mean([*gains(t, b, a, p).values()]),
               over_all_emotions]),
}
