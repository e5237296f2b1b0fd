"""Exercises of "Who is speaking?"."""

from __future__ import annotations

import numpy as np

from mlsan.exercises import Wrong, exercise, expect
from mlsan.measures.probes import probe


@exercise
def centred(answer) -> str:
    """``answer(x, who)``: (n, D) features, n names -> the features without each name's mean."""
    rng = np.random.default_rng(0)
    who = rng.permutation(np.repeat(["Ada", "Ben", "Chioma"], (5, 9, 3)))
    x = rng.standard_normal((17, 4)) * [1, 5, 2, 0.5] + 3 * (who == "Ben")[:, None]
    got = np.array(answer(x.copy(), who), float)
    if got.shape != x.shape:
        raise Wrong(f"The features keep their shape {x.shape}; yours came back as {got.shape}.")
    own = {name: got[who == name].mean(0) for name in set(who)}
    if max(np.abs(mean).max() for mean in own.values()) > 1e-6:
        raise Wrong("Somebody's mean is not zero yet: "
                    "each person needs a mean of their own, feature by feature.")
    for name in own:
        expect(got[who == name] - got[who == name][0], x[who == name] - x[who == name][0],
               "Within one person, the differences between utterances may not change: "
               "only the mean goes.")
    return ("Every mean is zero, so the share explained by speaker is 0. "
            "The spreads are as they were: remember them.")


@exercise
def blind(answer) -> str:
    """``answer(n)``: (n, D) features and n labels of two classes; n is 2000."""
    x, y = (np.asarray(part) for part in answer(2000))
    if x.ndim != 2 or len(x) != 2000 or y.shape != (2000,):
        raise Wrong("Return x of shape (n, D) and y of shape (n,); "
                    f"yours are {x.shape} and {y.shape}.")
    share = np.unique(y, return_counts=True)[1] / len(y)
    if len(share) != 2 or share.max() > 0.6:
        raise Wrong("There must be two classes, about equally many: "
                    "else guessing the commoner one looks clever.")
    halves = x[:1000], y[:1000], x[1000:], y[1000:]
    linear, mlp = (probe(*halves, kind) for kind in ("linear", "mlp"))
    if linear > 0.6:
        raise Wrong(f"The linear probe is right in {linear:.0%}: "
                    "a straight cut still tells your classes apart. "
                    "What if their means were the same?")
    if mlp < 0.9:
        raise Wrong(f"The MLP is right in only {mlp:.0%}: the classes must differ in something, "
                    "and clearly, even if not in their means.")
    return (f"Linear {linear:.2f}, MLP {mlp:.2f}. "
            "A linear probe that finds nothing proves only that nothing lies straight.")


@exercise
def purity(answer) -> str:
    """``answer(names, slots)``: how often the commonest name of each slot is right."""
    hint = ("In each slot, count the commonest person; "
            "add these up over the slots; divide by all utterances.")
    expect(answer(["Ada", "Ada", "Ben", "Ben", "Ben", "Cem"], [0, 0, 0, 1, 1, 1]), 4 / 6, hint)
    expect(answer(["Ada", "Ben", "Cem", "Dev"], [0, 0, 0, 0]), 1 / 4, hint)
    expect(answer(["Ada", "Ada", "Ada", "Ben"], [0, 1, 2, 2]), 3 / 4, hint)
    return ("Note which way you read the table: "
            "the best person for each slot, not the best slot for each person.")


@exercise
def names(answer) -> str:
    """``answer(joint, log_prior)``: (n, S, C), (C,) -> log p(s | x), (n, S)."""
    rng = np.random.default_rng(0)
    joint = rng.standard_normal((4, 3, 2)) * 2
    prior = np.array([0.9, 0.1])
    got = np.asarray(answer(joint, np.log(prior)))
    if got.shape != (4, 3):
        raise Wrong("One number for each utterance and speaker: (4, 3) here; "
                    f"yours has shape {got.shape}. Over which axis did you sum?")
    p = (np.exp(joint) * prior).sum(2)
    p = p / p.sum(1, keepdims=True)
    if np.allclose(got, p, atol=1e-6):
        raise Wrong("These are the probabilities; return their logarithms.")
    if np.abs(np.exp(got).sum(1) - 1).max() > 1e-6:
        raise Wrong("The probabilities of all speakers must sum to 1 for each utterance.")
    expect(got, np.log(p),
           "Sum p(x | s, e) times the prior of e over the emotions: "
           "add logs inside, then logsumexp.")
    return ("Bayes' rule doesn't care which of the two is the question: "
            "sum out what you didn't ask for.")


@exercise
def tenth(answer) -> str:
    """``answer``: n such that 1 / sqrt(2 n) = 0.1."""
    expect(float(answer), 50, "Solve 1 / sqrt(2 n) = 0.1 for n.", 0.02)
    return ("Halving the error takes four times as many: "
            "the last few hundredths of F1 are the dear ones.")
