"""Exercises of "Who is speaking?"."""

from __future__ import annotations

import numpy as np

from mlsan.exercises import Wrong, array, drawn, exercise, expect, number, parts
from mlsan.measures.probes import probe


@exercise
def centred(answer) -> str:
    """``answer(x, who)``: (n, D) features, n names -> the features without each name's mean."""
    for rng in drawn(4):
        people = rng.permutation(["Ada", "Ben", "Chioma", "Dev", "Eva"])[:rng.integers(2, 6)]
        who = rng.permutation(np.repeat(people, 3 + rng.permutation(3 * np.arange(len(people)))))
        D = rng.integers(2, 6)
        own = {name: rng.normal(0, 3, D) for name in people}
        x = np.array([own[name] + rng.gumbel(size=D) * rng.uniform(0.5, 3) for name in who])
        mean = np.array([x[who == name].mean(0) for name in who])
        spread = np.array([x[who == name].std(0) for name in who])
        got = array(answer(x, who), x.shape, "One row per utterance, one column per feature.")
        expect(got, x - mean,
               "Each person needs a mean of their own, feature by feature, "
               "and each row has to lose its own person's.", mistakes={
                   "Somebody's mean is not zero yet: that takes off everybody's mean, "
                   "not each person's.": x - x.mean(0),
                   "That takes off each utterance's mean over its features. "
                   "Which mean is a person's?": x - x.mean(1, keepdims=True),
                   "The spreads have gone too; only the mean is to go.": (x - mean) / spread,
                   "Those are the means; take them off.": mean,
                   "Each feature has a mean of its own.": np.array(
                       [row - x[who == name].mean() for row, name in zip(x, who, strict=True)]),
                   "That takes off medians.": np.array(
                       [row - np.median(x[who == name], 0)
                        for row, name in zip(x, who, strict=True)]),
                   "The rows have changed places: row by row, the features have to stay with "
                   "their utterance.": np.concatenate(
                       [(x - mean)[who == name] for name in sorted(people)])})
    return ("Every mean is zero, so the share explained by speaker is 0. "
            "The spreads are as they were: remember them.")


def _data(given, n: int) -> tuple[np.ndarray, np.ndarray]:
    """What ``blind(n)`` gave: x (n, D) and y (n,), classes as numbers from 0."""
    x, labels = parts(given, 2, "Return x of shape (n, D) and y of shape (n,), in this order.")
    x = array(x, (n, None), "The features x have one row for each of n utterances.")
    y = np.array(list(map(str, labels))) if isinstance(labels, list) else np.asarray(labels)
    if y.shape != (n,):
        raise Wrong(f"Return one label for each of the {n} utterances: "
                    f"y of shape ({n},); yours is {y.shape}.")
    if not np.isfinite(x).all():
        raise Wrong("Some features are infinite or no numbers (NaN).")
    return x, np.unique(y, return_inverse=True)[1]


def _halves(x, y, rng) -> tuple[np.ndarray, ...]:
    """Train and test, with equally many of either class in each.

    In any one half a class may be commoner by luck, or lie a bit to one side; a straight cut
    gets up to 0.7 out of that alone, and as often 0.3.
    """
    n = min(np.bincount(y)) // 2
    rows = np.array([rng.permutation(np.flatnonzero(y == c))[:2 * n] for c in (0, 1)])
    train, test = rows[:, :n].ravel(), rows[:, n:].ravel()
    return x[train], y[train], x[test], y[test]


@exercise
def blind(answer) -> str:
    """``answer(n)``: (n, D) features and n labels of two classes; n is 2000."""
    _data(answer(600), 600)
    x, y = _data(answer(2000), 2000)
    for half in (y, y[:1000], y[1000:]):
        share = np.bincount(half) / len(half)
        if len(share) > 2:
            raise Wrong(f"There are {len(share)} classes; make two.")
        if len(share) < 2 or share.max() > 0.6:
            raise Wrong("There must be two classes, about equally many, in either half: "
                        "else guessing the commoner one looks clever.")
    linear = np.mean([probe(*_halves(x, y, rng)) for rng in np.random.default_rng(0).spawn(6)])
    mlp = probe(x[:1000], y[:1000], x[1000:], y[1000:], "mlp")
    if linear > 0.7:
        apart = np.abs(x[y == 0].mean(0) - x[y == 1].mean(0)) / (x.std(0) + 1e-9)
        raise Wrong(f"The linear probe is right in {linear:.0%}: "
                    "a straight cut still tells your classes apart. " + (
                        "What if their means were the same?" if apart.max() > 0.2 else
                        "Their means are alike, but one class is so narrow beside the other that "
                        "a cut has all of it on one side."))
    if mlp < 0.9:
        raise Wrong(f"The MLP is right in only {mlp:.0%}: the classes must differ in something, "
                    "and clearly, even if not in their means.")
    return (f"Linear {linear:.2f}, MLP {mlp:.2f}. "
            "A linear probe that finds nothing proves only that nothing lies straight.")


@exercise
def purity(answer) -> str:
    """``answer(names, slots)``: how often the commonest name of each slot is right."""
    cases = [(np.array(names), np.array(slots)) for names, slots in (
        (["Ada", "Ada", "Ben", "Ben", "Ben", "Cem"], [0, 0, 0, 1, 1, 1]),
        (["Ada", "Ben", "Cem", "Dev"], [0, 0, 0, 0]),
        (["Ada", "Ada", "Ada", "Ben"], [0, 1, 2, 2]))]
    for rng in drawn(4):
        n, S = rng.integers(30, 80), rng.integers(2, 6)
        slots = rng.choice(S, n, p=np.geomspace(1, 6, S) / np.geomspace(1, 6, S).sum())
        odds = rng.dirichlet(np.ones(5), S)
        people = ["Ada", "Ben", "Cem", "Dev", "Eva"]
        cases.append((np.array([rng.choice(people, p=odds[slot]) for slot in slots]), slots))
    for names, slots in cases:
        table = np.array([[((names == name) & (slots == slot)).sum() for slot in set(slots)]
                          for name in set(names)])
        n, best = len(names), table.max(0)
        expect(answer(names, slots), best.sum() / n,
               "In each slot, count the commonest person; "
               "add these up over the slots; divide by all utterances.", mistakes={
                   "That's the best slot for each person; you know the slot, not the person.":
                       table.max(1).sum() / n,
                   "That's how often the guess is right; the question is in what share.":
                       best.sum(),
                   "A slot that occurs more often counts for more: that's a mean of the slots.":
                       (best / table.sum(0)).mean(),
                   "That's one guess for all. In each slot it may be another person.":
                       table.sum(1).max() / n})
    return ("Note which way you read the table: "
            "the best person for each slot, not the best slot for each person.")


def _log_sum(logs: np.ndarray, axis: int) -> np.ndarray:
    return np.log(np.exp(logs).sum(axis))


@exercise
def names(answer) -> str:
    """``answer(joint, log_prior)``: (n, S, C), (C,) -> log p(s | x), (n, S)."""
    def shared(logs):
        """Logs whose exponentials add up to 1 in each row."""
        return logs - _log_sum(logs, 1)[:, None]

    for i, rng in enumerate(drawn(4)):
        n, S, C = rng.integers(2, 7, 3) if i else (4, 3, 2)
        joint = rng.normal(0, 2, (n, S, C))
        log_prior = np.log(rng.permutation(np.geomspace(1, 9, C) / np.geomspace(1, 9, C).sum()))
        both = joint + log_prior
        wanted = shared(_log_sum(both, 2))
        got = array(answer(joint, log_prior), (n, S),
                    "One number for each utterance and speaker. Over which axis did you sum?")
        expect(got, wanted,
               "Sum p(x | s, e) times the prior of e over the emotions, "
               "then make it a share of all speakers.", mistakes={
                   "These are the probabilities; return their logarithms.": np.exp(wanted),
                   "The probabilities of all speakers must sum to 1 for each utterance.":
                       _log_sum(both, 2),
                   "The emotions aren't equally common.": shared(_log_sum(joint, 2)),
                   "That takes each speaker's likeliest emotion; the others count too.":
                       shared(both.max(2)),
                   "Logarithms don't add up like what they are logarithms of.":
                       shared(both.sum(2)),
                   "Whose probabilities are to sum to 1? "
                   "For each utterance those of all speakers.":
                       _log_sum(both, 2) - _log_sum(_log_sum(both, 2), 0)})
    return ("Bayes' rule doesn't care which of the two is the question: "
            "sum out what you didn't ask for.")


@exercise
def tenth(answer) -> str:
    """``answer``: n such that 1 / sqrt(2 n) = 0.1."""
    expect(number(answer), 50, "Solve 1 / sqrt(2 n) = 0.1 for n.", 1e-4, mistakes={
        "A float a hair below a whole number was cut off; round instead.": 49,
        "That's 1 / n = 0.1². What became of the 2?": 100,
        "That would do for 1 / sqrt(n / 2).": 200,
        "The 2 is under the root, with n.": 25,
        "A tenth is to be reached by a square root: square it first.": 5,
        "That's less than one utterance. On which side of the line does n stand?": 0.02})
    return ("Halving the error takes four times as many: "
            "the last few hundredths of F1 are the dear ones.")
