"""Answers to the exercises of "The benchmarks"."""

import pickletools

import numpy as np
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


def kept_classes_only(f1, counts, given_up):
    """Macro F1 over what is left, as if the class had never been."""
    left = [v for i, v in enumerate(f1) if i not in given_up]
    return price(f1, counts, given_up)[0], abs(np.mean(f1) - np.mean(left))


def operations(program):
    return {op.name for op, *_ in pickletools.genops(program)}


def fetching(*names):
    return lambda program: any(name in names for name in operations(program))


def tossed(epochs, utterances, toss):
    """Coin by coin, in a batch at a time."""
    rng, coins = np.random.default_rng(1), round(toss * utterances)
    means = rng.normal(coins / 2, coins ** 0.5 / 2, (20_000, epochs)) / utterances
    return means.max(1).mean() - coins / utterances / 2


def by_the_normal_s_maximum(epochs, n, toss):
    """Right for 20 epochs and for 1: of 20 standard normals, the largest is 1.8675 on average."""
    return (0 if epochs == 1 else 1.8675) * 0.5 * (toss / n) ** 0.5


ANSWERS = {
    "price": Answers(
        right=[price, lambda f1, counts, up: np.subtract(*before_and_after(f1, counts, up))],
        wrong=[lambda *given: tuple(-v for v in price(*given)),
               lambda *given: price(*given)[0],
               lambda *given: price(*given)[::-1],
               kept_classes_only]),
    "fetches": Answers(
        right=[fetching("GLOBAL", "STACK_GLOBAL", "INST", "EXT1", "EXT2", "EXT4"),
               lambda p: not operations(p).isdisjoint(("INST", "GLOBAL", "STACK_GLOBAL"))],
        wrong=[fetching("GLOBAL"), fetching("REDUCE"), fetching("STACK_GLOBAL", "GLOBAL"),
               lambda p: b"builtins" in p,
               lambda p: b"\x93" in p or b"c" in p,
               lambda p: True]),
    "rise": Answers(
        right=[tossed, by_the_normal_s_maximum],
        wrong=[lambda e, n, toss: 100 * tossed(e, n, toss),
               lambda e, n, toss: tossed(e, n, 1.0),
               lambda e, n, toss: tossed(2, n, toss),
               lambda e, n, toss: tossed(e, n, toss) + toss / 2,
               lambda e, n, toss: tossed(e, n, toss) * toss ** 0.5]),
    "difference": Answers(
        right=["identity, on - shuffled, on"],
        wrong=["our weighted F1 − MultiEMO, published",
               "our test peak − MultiEMO, published",
               "ML-SAN, published − MultiEMO, published",
               "ours − theirs"]),
    "half_width": Answers(
        right=[lambda differ, n: 196 * np.sqrt(differ) / np.sqrt(n),
               lambda differ, n: 196 * np.sqrt(differ * n) / n],
        wrong=[lambda differ, n: 100 * np.sqrt(differ / n),
               lambda differ, n: 1.96 * np.sqrt(differ / n),
               lambda differ, n: 196 * np.sqrt(differ * (1 - differ) / n),
               lambda differ, n: 196 * np.sqrt(0.25 / n)]),
}
