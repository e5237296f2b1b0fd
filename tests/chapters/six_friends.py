"""Answers to the exercises of "Six friends"."""

import random
from statistics import NormalDist

import numpy as np
from book_code import Answers
from scipy.stats import norm

EQUATIONS = {}
# Everybody always bears the same wrong name.
ALIASES = {"Chandler": "Joey", "Joey": "Monica", "Monica": "Phoebe",
           "Phoebe": "Rachel", "Rachel": "Ross", "Ross": "Chandler"}


def tidy(names):
    return [" ".join(name.split()).casefold() for name in names]


def share(train, test, *, people=False, clean=tidy):
    train, test = set(clean(train)), clean(test)
    test = sorted(set(test)) if people else test
    return sum(name not in train for name in test) / len(test)


def renamed_in_a_loop(who, dialogue):
    draw, cast, names = random.Random(3), sorted(set(who)), {}
    for d in dict.fromkeys(dialogue):
        here = sorted(set(who[dialogue == d]))
        names |= {(d, s): new for s, new in zip(here, draw.sample(cast, len(here)), strict=True)}
    return [names[d, s] for s, d in zip(who, dialogue, strict=True)]


def name_of_the_slot(who, dialogue):
    """Whoever speaks first is always called the same, whoever that is."""
    cast, slots = sorted(set(who)), {}
    for s, d in zip(who, dialogue, strict=True):
        slots.setdefault(d, {}).setdefault(s, len(slots[d]))
    return [cast[slots[d][s]] for s, d in zip(who, dialogue, strict=True)]


ANSWERS = {
    "power": Answers(
        right=[lambda gain, half_width: norm.sf(1.96 * (1 - gain / half_width)),
               lambda gain, half_width: NormalDist(0, half_width / 1.96).cdf(gain - half_width)],
        wrong=[lambda gain, half_width: float(gain > half_width),
               lambda gain, half_width: norm.cdf(1.96 * gain / half_width),
               lambda gain, half_width: norm.sf((half_width - gain) / half_width),
               lambda gain, half_width: 0.95]),
    "label_in_the_mask": Answers(right=[(2 * 0.79 + 0.4) / 3, 0.66],
                                 wrong=[0.79, 0.595, 0.40, 0.527]),
    "above_chance": Answers(
        right=[lambda accuracy, commonest: 1 - (1 - accuracy) / (1 - commonest)],
        wrong=[lambda accuracy, commonest: accuracy - commonest,
               lambda accuracy, commonest: accuracy / commonest - 1,
               lambda accuracy, commonest: max((accuracy - commonest) / (1 - commonest), 0)]),
    "renamed": Answers(
        right=[renamed_in_a_loop, name_of_the_slot],
        wrong=[lambda who, dialogue: who,
               lambda who, dialogue: np.random.default_rng(0).permutation(who),
               lambda who, dialogue: np.char.replace(who, "Joey", "Ross"),
               lambda who, dialogue: [ALIASES[s] for s in who],
               lambda who, dialogue: np.full(len(who), "Joey"),
               lambda who, dialogue: [f"{s} {d}" for s, d in zip(who, dialogue, strict=True)]]),
    "share_new": Answers(
        right=[share],
        wrong=[lambda train, test: share(train, test, people=True),
               lambda train, test: share(train, test, clean=list),
               lambda train, test: 1 - share(train, test)]),
}
