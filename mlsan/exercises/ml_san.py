"""Exercises of "ML-SAN"."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from mlsan.exercises import Wrong, drawn, exercise, expect, numbers, parts, plain


@exercise
def one_more(answer) -> str:
    """``answer``: by how many weights one more speaker makes the network grow."""
    given = numbers(answer, "Give one number: how many weights more.")
    if given.size == 1 and given.item() in (32, 65, 64):
        raise Wrong("That is one of the places. Two parts have a row for every speaker: which?")
    if given.size == 1 and given.item() in (96, 33):
        raise Wrong("Two parts have a row for every speaker, and one of them has more than a row.")
    expect(given, 97, "Look for the parts with a row for each speaker; "
                      "a layer that reads a vector has none.", 0)
    return "97 for each person, and no stage grows: a bigger cast costs almost nothing."


@exercise
def reported(answer) -> str:
    """``answer(dev, test)``: the test score at dev's best epoch, and the test peak."""
    def asked(dev, test):
        return parts(answer(list(dev), list(test)), 2,
                     "Return two numbers: the honest one, then the peak.")

    honest, peak = asked([0.41, 0.63, 0.66, 0.65], [0.40, 0.64, 0.61, 0.62])
    expect(honest, 0.61, "The first number is the honest one: test's, "
                         "at the epoch that somebody without the test scores would choose.")
    expect(peak, 0.64, "The peak is the highest test score of any epoch.")
    expect(asked([0.5, 0.4], [0.2, 0.3]), [0.2, 0.3], "The best epoch may be the first.")
    for rng in drawn(4):
        epochs = rng.integers(3, 13)
        dev, test = (rng.permutation(np.linspace(0.4, 0.7, epochs)).tolist() for _ in range(2))
        expect(asked(dev, test), [test[dev.index(max(dev))], max(test)],
               "One epoch is chosen by dev; the other number asks for no epoch at all.")
    return "Here the peak flatters by 0.03, more than many a published improvement."


@exercise
def interaction(answer) -> str:
    """``answer(f)``: the interaction as a share of the two single gains' sum; ``f`` by model."""
    def asked(*f):
        return answer(dict(zip(("static", "calibration", "gating", "both"), f, strict=True)))

    expect(asked(0.5, 0.6, 0.55, 0.65), 0,
           "The gains, each from the static model, are 0.1, 0.05 and 0.15 together: "
           "here they add, and that is 0.")
    expect(asked(0.2, 0.3, 0.3, 0.2), -1,
           "Two models gain, and both stages together gain nothing: that is -1, "
           "whatever the single gains are.")
    expect(asked(0.5, 0.6, 0.55, 0.62), -0.2,
           "What is missing is counted in units of what the two bring singly, taken together.")
    for rng, share in zip(drawn(4), (0.5, 1.6, 0.2, 1.3), strict=True):
        static, *gains = rng.uniform(0.3, 0.6), *rng.uniform(0.03, 0.15, 2)
        both = (share + rng.uniform(0, 0.2)) * sum(gains)
        expect(asked(static, static + gains[0], static + gains[1], static + both),
               both / sum(gains) - 1,
               "Two stages can bring less together than apart, or more: then it is positive.")
    return ("From the recorded means: -0.29 for single turns, -0.32 for dialogues. "
            "Nearly a third is missing.")


@exercise
def renamed(answer) -> str:
    """``answer``: "as identity", "as shuffled" or "as static"."""
    choices = 'Answer "as identity", "as shuffled" or "as static".'
    answer = plain(answer)
    if isinstance(answer, np.ndarray) and answer.size == 1:
        answer = answer.item()
    if not isinstance(answer, str):
        raise Wrong(choices)
    answer = answer.strip(" .\"'").lower().removeprefix("as ")
    if answer == "shuffled":
        raise Wrong("Shuffling draws a new name for every utterance. "
                    "Here a name still belongs to one person.")
    if answer == "static":
        raise Wrong("The static model can't tell people apart. Can this one?")
    if answer != "identity":
        raise Wrong(choices)
    return "A name is a label: what counts is that it stays with the same person."


@exercise
def decided(answer) -> str:
    """``answer(differences)``: (R, C) resampled -> (C,) whether the 95% interval excludes 0."""
    def asked(columns, wanted, hint):
        expect(answer(np.stack(columns, 1)), wanted, hint)

    clear = np.linspace(0.1, 0.3, 1000)
    almost = np.linspace(-0.04, 0.96, 1000)     # 4% below 0
    outlier = np.concatenate([np.linspace(0.2, 0.4, 985), np.full(15, -6.0)])
    asked([clear, -clear, clear - 0.2], [True, True, False],
          "One truth value per emotion. An interval wholly below zero excludes it "
          "as well as one above.")
    asked([almost, -almost], [False, False],
          "4% of these resamples lie on the other side of zero: too many, "
          "whichever side that is, if the interval leaves out 2.5% at either end.")
    asked([outlier, -outlier, -clear], [True, True, True],
          "1.5% of these resamples lie far on the other side of zero: "
          "they belong to what the middle 95% leaves out, however far away they are.")
    for rng in drawn(3):
        spread = norm.ppf((np.arange(rng.integers(400, 1200)) + 0.5) / 1200)
        spread = (spread - spread.mean()) / spread.std()
        columns = [(rng.permutation(spread) + middle) * rng.uniform(0.01, 0.1)
                   for middle in rng.permutation([3.5, -3.5, 0.3, -0.6, 1.0])]
        asked(columns, [np.prod(np.sign(np.quantile(column, (0.025, 0.975)))) > 0
                        for column in columns],
              "The middle 95% of a column's resamples, and only zero's place in it, counts.")
    return "Whether an interval excludes zero says nothing about which of two gains is the greater."


@exercise
def combine(answer) -> str:
    """``answer(alone, prior)``: (M, C) posteriors, one modality each, and (C,) -> (C,) of all."""
    def asked(likelihood, prior, hint):
        alone = likelihood * prior / (likelihood @ prior)[:, None]
        right = prior * likelihood.prod(0)
        right /= right.sum()
        got = plain(answer(alone, prior))
        if (isinstance(got, np.ndarray) and got.shape == right.shape and got.dtype.kind in "fiu"
                and got.sum() > 0 and np.allclose(got / got.sum(), right, 1e-4, 1e-4)
                and not np.isclose(got.sum(), 1, 1e-4)):
            raise Wrong("Right but for one thing: probabilities sum to 1.")
        expect(got, right, hint)

    prior = np.array([0.6, 0.2, 0.15, 0.05])
    asked(np.array([[0.1, 0.9, 0.3, 0.6]]), prior,
          "With one modality alone, nothing is to be added to what it says: "
          "it has counted the prior in, and that should stay so.")
    asked(np.array([[0.2, 0.8]] * 2), np.array([0.5, 0.5]),
          "Here either of two witnesses says (0.2, 0.8), and the prior is even. "
          "That two of them agree makes it surer than one.")
    for rng in drawn(5):
        M, C = rng.integers(2, 6), rng.integers(2, 8)
        asked(rng.uniform(0.1, 1, (M, C)), rng.dirichlet(np.full(C, 4.0)) * 0.9 + 0.1 / C,
              "How often is the prior counted in your result? "
              f"It should be once, and there are {M} witnesses here.")
    return "Three weak witnesses who agree can be stronger than one who is sure."


def _clearly_apart(rng: np.random.Generator) -> tuple[np.ndarray, int, int]:
    """Probabilities (S, C), an own row, and the farthest from it, by a clear margin."""
    while True:
        p = rng.dirichlet(np.ones(rng.integers(3, 8)), rng.integers(4, 10))
        own = int(rng.integers(len(p)))
        far = np.abs(p - p[own]).sum(1)
        if np.diff(np.sort(far))[-1] > 0.03:
            return p, own, int(far.argmax())


@exercise
def farthest(answer) -> str:
    """``answer(probabilities, own)``: (S, C) and a row -> the row farthest from it.

    The distance is the total variation.
    """
    p = np.array([[0.4, 0.3, 0.2, 0.1],
                  [0.65, 0.05, 0.2, 0.1],      # two elements differ by 0.25: total variation 0.25
                  [0.26, 0.16, 0.34, 0.24],    # all by 0.14: 0.28, the farthest
                  [0.4, 0.3, 0.1, 0.2]])
    got = numbers(answer(p, 0), "Return the number of a row.")
    if got.size != 1:
        raise Wrong("Return the row's number, not what stands in it.")
    expect(got, 2, "Sum up the absolute differences over all emotions, for each speaker.", 0)
    expect(answer(p, 3), 1, "The differences are from the row of the one who did say it.", 0)
    for rng in drawn(8):
        p, own, far = _clearly_apart(rng)
        expect(answer(p, own), far, f"Of {len(p)} speakers it was number {own} who said it; "
                                    "another than yours lies farther from that one.", 0)
    return "Total variation sees every shift of belief, also those that leave the answer as it was."
