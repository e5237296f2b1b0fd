"""Answers to the exercises of "Six friends"."""

import random
from functools import partial
from statistics import NormalDist

import numpy as np
import pandas as pd
import torch
from book_code import Answers
from scipy.stats import norm

EQUATIONS = {}
# Everybody always bears the same wrong name.
ALIASES = {"Chandler": "Joey", "Joey": "Monica", "Monica": "Phoebe",
           "Phoebe": "Rachel", "Rachel": "Ross", "Ross": "Chandler"}


def by_drawing(gain, half_width, sigmas=1.96):
    """A thousand experiments are near enough."""
    measured = np.random.default_rng().normal(gain, half_width / sigmas, 1000)
    return np.mean(measured > half_width)


def by_drawing_in_torch(gain, half_width):
    measured = gain + half_width / 1.96 * torch.randn(10_000)
    return (measured - half_width > 0).float().mean()


def two_sided(gain, half_width):
    return norm.sf(1.96 * (1 - gain / half_width)) + norm.cdf(-1.96 * (1 + gain / half_width))


def tidy(names):
    return [" ".join(name.split()).casefold() for name in names]


def share(train, test, *, people=False, clean=tidy):
    train, test = set(clean(train)), clean(test)
    test = sorted(set(test)) if people else test
    return sum(name not in train for name in test) / len(test)


def share_by_pandas(train, test):
    train, test = (pd.Series(names).str.strip().str.lower() for names in (train, test))
    return 1 - test.isin(train).mean()


def share_by_numpy(train, test):
    train, test = (np.char.lower(np.char.strip(np.array(names))) for names in (train, test))
    return torch.tensor(~np.isin(test, train)).float().mean()


def share_in_place(train, test):
    train[:] = tidy(train)
    while test and test[-1].strip().lower() in train:
        test.insert(0, test.pop())
        if len(test) == sum(name.strip().lower() in train for name in test):
            return 0
    return [np.float32(sum(name.strip().lower() not in train for name in test) / len(test))]


def share_of_what_is_left(train, test):
    """In place: removed while counting, so that the whole gets smaller."""
    train, new = tidy(train), 0
    for name in list(test):
        if name.strip().lower() not in train:
            new += 1
            test.remove(name)
    return new / max(len(test), 1)


def parts_of_names(train, test):
    together = " ".join(tidy(train))
    return sum(name not in together for name in tidy(test)) / len(test)


def renamed_in_a_loop(who, dialogue):
    draw, cast, names = random.Random(3), sorted(set(who)), {}
    for d in dict.fromkeys(dialogue):
        here = sorted(set(who[dialogue == d]))
        names |= {(d, s): new for s, new in zip(here, draw.sample(cast, len(here)), strict=True)}
    return [names[d, s] for s, d in zip(who, dialogue, strict=True)]


def renamed_in_place(who, dialogue):
    rng, cast = np.random.default_rng(), np.unique(who)
    for d in np.unique(dialogue):
        here, codes = np.unique(who[dialogue == d], return_inverse=True)
        who[dialogue == d] = rng.permutation(cast)[codes]
    return who


def renamed_by_torch(who, dialogue):
    cast, codes = np.unique(who, return_inverse=True)
    order = torch.stack([torch.randperm(len(cast)) for _ in range(int(dialogue.max()) + 1)])
    return cast[order[torch.tensor(dialogue), torch.tensor(codes)]]


def never_ones_own(who, dialogue):
    """Another name than one's own, in every dialogue."""
    rng, cast = np.random.default_rng(), np.unique(who)
    names = {}
    for d in np.unique(dialogue):
        other = rng.permutation(cast)
        while (other == cast).any():
            other = rng.permutation(cast)
        names[d] = dict(zip(cast, other, strict=True))
    return pd.Series([names[d][s] for s, d in zip(who, dialogue, strict=True)])


def one_after_the_other(who, dialogue):
    """In place: whoever has become Ross is renamed again when it is Ross's turn."""
    rng, cast = np.random.default_rng(0), np.unique(who)
    for d in np.unique(dialogue):
        for old, new in zip(cast, rng.permutation(cast), strict=True):
            who[(dialogue == d) & (who == old)] = new
    return who


def name_of_the_slot(who, dialogue):
    """Whoever speaks first is always called the same, whoever that is."""
    cast, slots = sorted(set(who)), {}
    for s, d in zip(who, dialogue, strict=True):
        slots.setdefault(d, {}).setdefault(s, len(slots[d]))
    return [cast[slots[d][s]] for s, d in zip(who, dialogue, strict=True)]


def by_dialogue(who, dialogue, new):
    who, dialogue = list(who), list(dialogue)
    return [name for d in dict.fromkeys(dialogue)
            for name in new([s for s, e in zip(who, dialogue, strict=True) if e == d])]


def among_those_present(names):
    here = sorted(set(names))
    return map(dict(zip(here, np.random.permutation(here), strict=True)).get, names)


def mixed(names):
    """The turns are mixed, and not the names."""
    return random.sample(names, len(names))


def with_replacement(names):
    return map({s: random.choice(sorted(ALIASES)) for s in sorted(set(names))}.get, names)


def by_the_alphabet(names):
    return [sorted(ALIASES)[sorted(set(names)).index(s)] for s in names]


ANSWERS = {
    "power": Answers(
        right=[lambda gain, half_width: norm.sf(1.96 * (1 - gain / half_width)),
               lambda gain, half_width: NormalDist(0, half_width / 1.96).cdf(gain - half_width),
               lambda gain, half_width: [[
                   1 - NormalDist(gain, half_width / 1.96).cdf(half_width)]],
               by_drawing, by_drawing_in_torch],
        wrong=[two_sided,
               lambda gain, half_width: float(gain > half_width),
               lambda gain, half_width: norm.cdf(1.96 * gain / half_width),
               lambda gain, half_width: by_drawing(gain, half_width, 1.0),
               lambda gain, half_width: norm.cdf(1.96 * (1 - gain / half_width)),
               lambda gain, half_width: 100 * by_drawing(gain, half_width),
               lambda gain, half_width: norm.sf(1.96 * (2 - gain / half_width)),
               lambda gain, half_width: min(gain / half_width / 2, 1),
               lambda gain, half_width: 0.95]),
    "label_in_the_mask": Answers(
        right=[(2 * 0.79 + 0.4) / 3, 0.66, np.float32(0.66), torch.tensor([0.66]), [2 / 3 * 0.99]],
        wrong=[0.79, 0.595, 0.40, 0.527, 0.4 / 3, 0.53, 0.79 * 0.4, 66, 1.19, "66%"]),
    "above_chance": Answers(
        right=[lambda accuracy, commonest: 1 - (1 - accuracy) / (1 - commonest),
               lambda accuracy, commonest: torch.tensor((accuracy - commonest) / (1 - commonest)),
               lambda accuracy, commonest: [(commonest - accuracy) / (commonest - 1)],
               lambda accuracy, commonest: np.float32(accuracy - commonest)
               / np.float32(1 - commonest)],
        wrong=[lambda accuracy, commonest: accuracy - commonest,
               lambda accuracy, commonest: accuracy / commonest - 1,
               lambda accuracy, commonest: (accuracy - commonest) / accuracy,
               lambda accuracy, commonest: (accuracy - commonest) / 0.6,
               lambda accuracy, commonest: abs(accuracy - commonest) / (1 - commonest),
               lambda accuracy, commonest: (accuracy - commonest ** 2) / (1 - commonest ** 2),
               lambda accuracy, commonest: max((accuracy - commonest) / (1 - commonest), 0)]),
    "renamed": Answers(
        right=[renamed_in_a_loop, renamed_in_place, renamed_by_torch, never_ones_own],
        wrong=[lambda who, dialogue: who,
               lambda who, dialogue: np.random.default_rng(0).permutation(who),
               lambda who, dialogue: np.char.replace(who, "Joey", "Ross"),
               lambda who, dialogue: [ALIASES[s] for s in who],
               lambda who, dialogue: np.full(len(who), "Joey"),
               lambda who, dialogue: np.unique(who, return_inverse=True)[1],
               lambda who, dialogue: [f"{s} {d}" for s, d in zip(who, dialogue, strict=True)],
               *(partial(by_dialogue, new=new) for new in (
                   mixed, with_replacement, among_those_present, by_the_alphabet)),
               name_of_the_slot, one_after_the_other]),
    "share_new": Answers(
        right=[share, share_by_pandas, share_by_numpy, share_in_place],
        wrong=[lambda train, test: share(train, test, people=True),
               lambda train, test: share(train, test, clean=list),
               lambda train, test: share(train, test, clean=lambda names: [
                   s.strip() for s in names]),
               lambda train, test: share(train, test, clean=lambda names: [
                   s.lower() for s in names]),
               lambda train, test: share(train, test, clean=lambda names: [
                   s.split()[0].lower() for s in names]),
               lambda train, test: share(test, train),
               lambda train, test: len(test) * share(train, test),
               lambda train, test: 1 - share(train, test),
               parts_of_names, share_of_what_is_left]),
}
