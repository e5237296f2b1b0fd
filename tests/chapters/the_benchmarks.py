"""Answers to the exercises of "The benchmarks"."""

import io
import pickle
import pickletools
from contextlib import suppress
from itertools import takewhile
from math import sqrt
from statistics import NormalDist

import numpy as np
import torch
from book_code import Answers

EQUATIONS = {}


def before_and_after(f1, counts, given_up):
    """Weighted and macro F1, each before and after."""
    after = [0 if i in given_up else v for i, v in enumerate(f1)]
    return [(sum(v * n for v, n in zip(f, counts, strict=True)) / sum(counts), sum(f) / len(f))
            for f in (f1, after)]


def price(f1, counts, given_up):
    (w, m), (v, n) = before_and_after(f1, counts, given_up)
    return w - v, m - n


def price_of_tensors(f1, counts, given_up):
    f1, counts = torch.tensor(f1, dtype=torch.float32), torch.tensor(counts)
    return (f1 * counts / counts.sum())[given_up].sum(), f1[given_up].sum() / len(f1)


def price_in_place(f1, counts, given_up):
    before = np.average(f1, weights=counts), np.mean(f1)
    f1[given_up] = 0
    return [before[0] - np.average(f1, weights=counts), [before[1] - f1.mean()]]


def price_of_what_is_changed(f1, counts, given_up):
    """In place: `before` is the very array that is set to 0."""
    before, after = f1, f1
    after[given_up] = 0
    return np.average(before - after, weights=counts), (before - after).mean()


def price_of_the_first(f1, counts, given_up):
    return price(f1, counts, given_up[:1])


def dropped(f1, counts, given_up, weighted=False, macro=False):
    """As if the class had never been, in either score."""
    left = [i for i in range(len(f1)) if i not in given_up]
    w, m = price(f1, counts, given_up)
    if weighted:
        w = np.average(f1, weights=counts) - np.average(f1[left], weights=counts[left])
    if macro:
        m = np.mean(f1) - np.mean(f1[left])
    return w, m


def operations(program):
    return {op.name for op, *_ in pickletools.genops(program)}


def fetching(*names):
    return lambda program: any(name in names for name in operations(program))


def by_an_opener_that_stops(program):
    """Goes through the instructions, and stops where something would be fetched."""
    class Fetches(Exception):
        pass

    class Careful(pickle.Unpickler):
        def find_class(self, module, name):
            raise Fetches

    try:
        Careful(io.BytesIO(program)).load()
    except Fetches:
        return np.bool_(True)
    return np.bool_(False)


def by_opening(program):
    """What must never be done with a stranger's file."""
    made = pickle.loads(program)
    return type(made) not in (dict, list)


def by_opening_or_failing(program):
    with suppress(Exception):
        pickle.loads(program)
    return fetching("GLOBAL", "STACK_GLOBAL", "INST")(program)


def in_the_first_ten(program):
    return any(op.name in ("GLOBAL", "STACK_GLOBAL", "INST")
               for op, *_ in list(pickletools.genops(program))[:10])


def before_the_first_word(program):
    """Stops where a string begins."""
    names = takewhile(lambda name: "UNICODE" not in name,
                      (op.name for op, *_ in pickletools.genops(program)))
    return any(name in ("GLOBAL", "INST") for name in names)


def tossed(epochs, utterances, toss):
    """All coins of an epoch at once."""
    rng, coins = np.random.default_rng(1), round(toss * utterances)
    means = rng.normal(coins / 2, coins ** 0.5 / 2, (20_000, epochs)) / utterances
    return means.max(1).mean() - coins / utterances / 2


def tossed_a_thousand_times(epochs, utterances, toss):
    """Counted from the mean of the epochs, which is the true one on average."""
    heads = np.random.default_rng().binomial(round(toss * utterances), 0.5, (epochs, 1000))
    return np.mean(heads.max(0) - heads.mean(0)) / utterances


def tossed_in_torch(epochs, utterances, toss):
    coins = torch.full((4000, epochs), float(round(toss * utterances)))
    return (torch.binomial(coins, torch.tensor(0.5)).amax(1).mean() - coins[0, 0] / 2) / utterances


def largest_normal(epochs):
    """Blom's formula."""
    return NormalDist().inv_cdf((epochs - 0.375) / (epochs + 0.25))


def by_a_table(epochs, n, toss):
    """Right for 20 epochs and for 1 only."""
    return (0 if epochs == 1 else 1.8675) * 0.5 * (toss / n) ** 0.5


def over_the_simulations(epochs, utterances, toss):
    """The largest along the wrong axis."""
    heads = np.random.default_rng(0).binomial(round(toss * utterances), 0.5, (4000, epochs))
    return (heads.max(0).mean() / utterances - toss / 2) * (epochs > 1)


def between_best_and_worst(epochs, utterances, toss):
    heads = np.random.default_rng(0).binomial(round(toss * utterances), 0.5, (4000, epochs))
    return np.ptp(heads, axis=1).mean() / utterances


def width(differ, n, sigmas=1.96):
    return 100 * sigmas * sqrt(differ / n)


ANSWERS = {
    "price": Answers(
        right=[price, price_of_tensors, price_in_place,
               lambda f1, counts, up: np.subtract(*before_and_after(f1, counts, up)),
               lambda *given: np.float32(price(*given))],
        wrong=[lambda *given: tuple(-v for v in price(*given)),
               lambda *given: price(*given)[0],
               lambda *given: price(*given)[::-1],
               lambda *given: before_and_after(*given)[1],
               lambda *given: np.divide(price(*given), 100),
               lambda *given: dropped(*given, macro=True),
               lambda *given: dropped(*given, weighted=True),
               lambda *given: dropped(*given, weighted=True, macro=True),
               lambda *given: np.abs(dropped(*given, macro=True)),
               lambda *given: dict(zip(("weighted", "macro"), price(*given), strict=True)),
               price_of_what_is_changed, price_of_the_first]),
    "fetches": Answers(
        right=[fetching("GLOBAL", "STACK_GLOBAL", "INST", "EXT1", "EXT2", "EXT4"),
               lambda p: not operations(p).isdisjoint(("INST", "GLOBAL", "STACK_GLOBAL")),
               lambda p: torch.tensor([name in ("INST", "GLOBAL", "STACK_GLOBAL")
                                       for name in operations(p)]).any(),
               lambda p: int(any(op.name == "INST" or op.name.endswith("GLOBAL")
                                 for op, *_ in pickletools.genops(p))),
               by_an_opener_that_stops],
        wrong=[fetching("GLOBAL"), fetching("REDUCE"), fetching("STACK_GLOBAL", "GLOBAL"),
               fetching("REDUCE", "NEWOBJ", "INST", "OBJ"),
               lambda p: not fetching("GLOBAL", "STACK_GLOBAL", "INST")(p),
               lambda p: operations(p) & {"GLOBAL", "STACK_GLOBAL", "INST"},
               lambda p: b"builtins" in p,
               lambda p: b"\x93" in p or b"c" in p,
               lambda p: b"_ran" in p,
               lambda p: any(word in p for word in (b"__main__", b"builtins", b"mlsan")),
               lambda p: True,
               by_opening, by_opening_or_failing, in_the_first_ten, before_the_first_word]),
    "rise": Answers(
        right=[tossed, tossed_a_thousand_times, tossed_in_torch,
               lambda e, n, toss: largest_normal(e) * np.float32(toss / n) ** 0.5 / 2],
        wrong=[by_a_table, over_the_simulations, between_best_and_worst,
               lambda e, n, toss: 100 * tossed(e, n, toss),
               lambda e, n, toss: tossed(e, n, 1.0),
               lambda e, n, toss: tossed(2, n, toss) * (e > 1),
               lambda e, n, toss: tossed(e, n, toss) + toss / 2,
               lambda e, n, toss: tossed(e, n, toss) + 1 - toss / 2,
               lambda e, n, toss: tossed(e, n, 1.0) * toss,
               lambda e, n, toss: tossed(e, n, toss) / toss,
               lambda e, n, toss: sqrt(2 * np.log(e) * toss / n) / 2,
               lambda e, n, toss: (e > 1) * sqrt(toss / n) / 2,
               lambda e, n, toss: tossed(e, n, toss) * toss ** 0.5]),
    "difference": Answers(
        right=["identity, on - shuffled, on", "Identity, on – shuffled, on.",
               np.array("identity, on − shuffled, on"), ["identity,on − shuffled,on"]],
        wrong=["our weighted F1 − MultiEMO, published",
               "our test peak − MultiEMO, published",
               "ML-SAN, published − MultiEMO, published",
               "shuffled, on − identity, on", "identity, on", "the fourth", 4,
               "ours − theirs"]),
    "half_width": Answers(
        right=[lambda differ, n: 196 * np.sqrt(differ) / np.sqrt(n),
               lambda differ, n: 196 * torch.tensor(differ / n).sqrt(),
               lambda differ, n: [np.float32(width(differ, n, NormalDist().inv_cdf(0.975)))],
               lambda differ, n: 196 * np.sqrt(differ * n) / n],
        wrong=[lambda differ, n: 100 * np.sqrt(differ / n),
               lambda differ, n: 1.96 * np.sqrt(differ / n),
               lambda differ, n: 196 * np.sqrt(differ * (1 - differ) / n),
               lambda differ, n: width(differ, n, 1.645),
               lambda differ, n: 2 * width(differ, n),
               lambda differ, n: 196 * differ / np.sqrt(n),
               lambda differ, n: 196 * np.sqrt(differ) / n,
               lambda differ, n: (-width(differ, n), width(differ, n)),
               lambda differ, n: 4.9 * sqrt(differ) * (n > 0),
               lambda differ, n: 196 * np.sqrt(0.25 / n)]),
}
