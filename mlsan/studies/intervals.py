"""Whether intervals hold: runs of one model against others of the same, and gains that are planted.

Where two sets of runs differ in nothing but their seeds, one 95% interval in twenty may exclude 0;
where one of them is given some points, the more the better; where two models do differ, and few of
their runs and of the dialogues are drawn, one in twenty may miss what all runs find on all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq

from mlsan import catalogue
from mlsan.measures.scores import dialogue_confusions, f1_of_confusion, interval, resamples
from mlsan.model.mlsan import STAGES
from mlsan.runs import Plan
from mlsan.sources import simulated
from mlsan.sources.download import data_dir
from mlsan.studies.engine import run

WORLDS = tuple(range(20, 26))           # seeds of the generator, of which no chapter has one
KINDS = {"static": ((), "none"), "all stages": (STAGES, "identity")}
RUNS = (1, 2, 3, 5, 10)                 # a model's, from which an interval is made
PARTINGS = 20                           # ways of dealing the runs into pairs, drawn
GAINS = (1, 2, 3, 4)                    # planted, points of weighted F1
RIVALS = 4                              # ways of planting each
UNITS = (2, 8, 24, 100)                 # how many dialogues, or actors, are drawn
DRAWS = 50                              # of them, and of runs
SCORE = "weighted_f1"


@dataclass(frozen=True)
class Pool:
    """The test predictions (S, N) of one model's runs, with the (N,) labels and the units.

    ``of``: what it is summed up with, one world or fold with the others.
    """

    of: str
    kind: str
    true: np.ndarray
    unit: np.ndarray
    classes: int
    predicted: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """(S, D, C, C)"""
        return np.stack([dialogue_confusions(self.true, p, self.unit, self.classes)
                         for p in self.predicted])

    def better(self, points: float, rng) -> Pool:
        """Every run with wrong answers put right, the same utterances in all, so many that the mean
        weighted F1 is expected to be higher by that many points."""
        counts = self.counts.sum(1)
        own = f1_of_confusion(counts)[SCORE].mean()

        def lacks(share):
            right = (1 - share) * counts
            right += share * counts.sum(-1, keepdims=True) * np.eye(self.classes)
            return f1_of_confusion(right)[SCORE].mean() - own - points / 100

        put_right = rng.random(len(self.true)) < brentq(lacks, 0, 1)
        return replace(self, predicted=np.where(put_right, self.true, self.predicted))


def intervals(pairs: int) -> dict:
    """``alike``: how often intervals exclude 0 where both sides are one model, with their width;
    ``planted``: how often where one is better; ``few``: how often they miss what all runs find on
    all of test, from few of both; ``spread``: what runs differ by.

    Each by ``corpus`` and number of ``runs``; shares for intervals over dialogues alone, as they
    were, (``dialogues``) and over seeds too (``both``). ``pairs``: of runs of each model. All runs,
    360 at 10 pairs, are kept under ``data_dir()``, and an interrupted study goes on.
    """
    pools = [*pooled(2 * pairs)]
    values = [resamples(pool.counts)[SCORE] for pool in pools]
    return {"pools": len(pools), "runs_of_each": 2 * pairs, "spread": spread(pools, values),
            "alike": alike(pools, values), "planted": planted(pools, values),
            "few": few(pools)}


def pooled(seeds: int) -> Iterator[Pool]:
    corpora = {f"world {w}": ("simulated", simulated.simulate(seed=w), False) for w in WORLDS}
    corpora |= {name: (name.partition("@")[0], catalogue.load(name), name == "meld-friends")
                for name in ("meld-friends", "ravdess@known-0", "ravdess@known-1")}
    plans = {(name, kind): [Plan(name, stages, speakers, seed, context) for seed in range(seeds)]
             for name, (_, _, context) in corpora.items()
             for kind, (stages, speakers) in KINDS.items()}
    records = run((p for some in plans.values() for p in some),
                  {name: corpus for name, (_, corpus, _) in corpora.items()},
                  folder=data_dir() / "intervals", device="cpu")
    for (name, kind), some in plans.items():
        of, corpus, _ = corpora[name]
        rows = records[some[0]]["rows"]
        # An actor's clips are dialogues of one turn.
        unit = corpus.table.speaker.to_numpy() if of == "ravdess" else corpus.dialogue_of_row
        yield Pool(of, kind, corpus.emotion[rows], unit[rows], len(corpus.emotions),
                   np.array([records[p]["predicted"] for p in some]))


def both(one: np.ndarray, other: np.ndarray, units: int) -> dict[str, tuple[float, float]]:
    """The interval of a difference, as it was and as it is, from resamples (1 + R, K)."""
    difference = one.mean(1) - other.mean(1)
    return {"dialogues": tuple(np.quantile(difference[1:], (0.025, 0.975))),
            "both": tuple(interval([one, -other], units)[1:])}


class Tally:
    """Shares and widths of intervals, by corpus and whatever else they are asked by."""

    def __init__(self):
        self.rows = {}

    def add(self, about: dict, ends: dict[str, tuple[float, float]], value: float) -> None:
        """One pair; the share is of those whose interval leaves out ``value``."""
        row = self.rows.setdefault(tuple(about.items()), [])
        row.append([number for low, high in ends.values()
                    for number in (not low <= value <= high, high - low)])

    def summary(self) -> list[dict]:
        keys = ("dialogues", "dialogues_width", "both", "both_width")
        return [dict(about) | {"pairs": len(found)}
                | dict(zip(keys, np.mean(found, 0).tolist(), strict=True))
                for about, found in self.rows.items()]


def parted(seeds: int, runs: int, rng) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Two sets of ``runs`` of the seeds each, no seed twice in one parting."""
    order = rng.permutation(seeds)[:seeds // (2 * runs) * 2 * runs]
    yield from order.reshape(-1, 2, runs)


def alike(pools: list[Pool], values: list[np.ndarray]) -> list[dict]:
    """``disjoint``: how many of the pairs share no run with another, those of one parting."""
    tally, rng = Tally(), np.random.default_rng(0)
    for pool, scores in zip(pools, values, strict=True):
        for runs in RUNS:
            for _ in range(PARTINGS):
                for one, other in parted(scores.shape[1], runs, rng):
                    ends = both(scores[:, one], scores[:, other], len(set(pool.unit)))
                    tally.add({"corpus": pool.of, "runs": runs}, ends, 0)
    return [row | {"disjoint": row["pairs"] // PARTINGS} for row in tally.summary()]


def planted(pools: list[Pool], values: list[np.ndarray]) -> list[dict]:
    tally, rng = Tally(), np.random.default_rng(1)
    for pool, scores in zip(pools, values, strict=True):
        for gain in GAINS:
            for _ in range(RIVALS):
                better = resamples(pool.better(gain, rng).counts)[SCORE]
                for runs in RUNS * (PARTINGS // RIVALS):
                    for one, other in parted(scores.shape[1], runs, rng):
                        ends = both(better[:, one], scores[:, other], len(set(pool.unit)))
                        tally.add({"corpus": pool.of, "runs": runs, "gain": gain}, ends, 0)
    return tally.summary()


def few(pools: list[Pool]) -> list[dict]:
    """All runs and all of test's units stand for all there are; some are drawn, with replacement,
    and their interval is to hold the two models' true difference."""
    tally, rng = Tally(), np.random.default_rng(2)
    for static, ours in zip(pools[::2], pools[1::2], strict=True):
        counts = [ours.counts, static.counts]
        truth = [f1_of_confusion(c.sum(1))[SCORE].mean() for c in counts]
        S, D = counts[0].shape[:2]
        for runs in RUNS:
            for units in UNITS:
                for _ in range(DRAWS):
                    drawn = rng.integers(0, D, units)
                    ends = both(*(resamples(c[rng.integers(0, S, runs)][:, drawn])[SCORE]
                                  for c in counts), units)
                    tally.add({"corpus": ours.of, "runs": runs, "units": units}, ends,
                              truth[0] - truth[1])
    return tally.summary()


def spread(pools: list[Pool], values: list[np.ndarray]) -> list[dict]:
    """Of each pool the mean and ``sd`` of its runs, and the ``chance`` part of the sd: what would
    be left if runs differed in nothing but which dialogues they happen to suit. ``by_seed``: the
    correlation with the other model's run of the same seed."""
    rows = []
    for i, (pool, scores) in enumerate(zip(pools, values, strict=True)):
        own = scores - scores.mean(1, keepdims=True)
        rows.append({"corpus": pool.of, "kind": pool.kind, "mean": float(scores[0].mean()),
                     "sd": float(scores[0].std(ddof=1)),
                     "chance": float(np.sqrt(own[1:].var(0).sum() / (scores.shape[1] - 1))),
                     "by_seed": float(np.corrcoef(scores[0], values[i ^ 1][0])[0, 1])})
    return rows
