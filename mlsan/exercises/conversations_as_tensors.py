"""Exercises of "Conversations as tensors"."""

from __future__ import annotations

import numpy as np
import torch

from mlsan.exercises import Wrong, array, drawn, exercise, expect, number, plain


@exercise
def lost(answer) -> str:
    """``answer(turns)``: how many turns of one dialogue, counted from 0, are certainly missing."""
    cases = [([0, 1, 2], "The turns 0, 1, 2 have no gap between them."),
             ([0, 1, 4], "In 0, 1, 4 the turns 2 and 3 are missing."),
             ([2, 3], "Turns count from 0: a dialogue that begins with turn 2 has lost its first "
                      "two.")]
    for rng in drawn(5):
        length = rng.integers(6, 30)
        kept = np.sort(rng.choice(length, rng.integers(2, length - 2), replace=False))
        cases.append((kept.tolist(), "There can be more than one gap, each of any width, and one "
                                     "before the first turn too."))
    for turns, hint in cases:
        gaps = sorted(set(range(max(turns))) - set(turns))
        expect(answer(turns), len(gaps), hint, mistakes={
            "Those are the missing turns themselves; the question is how many.": gaps})
    return "What was cut off after the last turn can't be seen: this is a lower bound."


@exercise
def unpad(answer) -> str:
    """``answer(values, mask)``: (B, T) tensors -> B lists, the real places only."""
    cases = [(torch.tensor([[3, 0, 5], [0, 1, 9]]), (3, 2))]
    for rng in drawn(4):
        T = rng.integers(3, 9)
        length = rng.permutation([T, *rng.integers(1, T, rng.integers(1, 6))])
        cases.append((torch.tensor(rng.integers(0, 4, (len(length), T))), length))
    for values, length in cases:
        got = plain(answer(values, torch.arange(values.shape[1]) < torch.tensor(length)[:, None]))
        rows = got if isinstance(got, list) else np.atleast_1d(got)
        if len(rows) != len(length):
            raise Wrong(f"A batch of {len(length)} dialogues gives back {len(length)} lists, "
                        "one per dialogue.")
        for row, real, n in zip(rows, values.tolist(), length, strict=True):
            expect(row, real[:n],
                   "Each dialogue keeps its real values, all of them and in their order; what "
                   "stands where the mask is False goes.", mistakes={
                       "Padding is still there, set to something: it has to go, "
                       "so that the lists have different lengths.": real[:n] + [0] * len(real[n:]),
                       "Nothing has gone. Where is the mask False?": real,
                       "A real value may be 0, and padding may hold anything. "
                       "What tells them apart?": [v for v in real if v],
                       "Those are the places; give the values that stand there.": list(range(n)),
                       "That keeps the padding and drops what is real.": real[n:]})
    return ("It's the mask that says what is real; "
            "a 0 may be a prediction, and padding may hold anything.")


def _alone(x, mask):
    return x.square().sum(-1)


def _loud_padding(x, mask):
    return torch.where(mask, _alone(x, mask), 1.0 + len(x))


def _heard(x, hidden):
    return ((0.1 * x @ x.mT + hidden).softmax(-1) @ x).sum(-1)


def _attention(x, mask):
    return _heard(x, torch.where(mask, 0.0, -torch.inf)[:, None])


def _careless_attention(x, mask):
    return _heard(x, torch.zeros(mask.shape)[:, None])


def _less_its_mean(x, mask):
    real = mask[..., None]
    return (x - (x * real).sum(1, keepdim=True) / real.sum(1, keepdim=True)).square().sum(-1)


def _less_everything(x, mask):
    return (x - x.mean(1, keepdim=True)).square().sum(-1)


def _by_the_batch(x, mask):
    return ((x - x[mask].mean(0)) / (x[mask].std(0) + 1e-3)).square().sum(-1)


def _from_the_end(x, mask):
    return _alone(x, mask) + x.shape[1] - torch.arange(x.shape[1])


def _with_the_next(x, mask):
    return _alone(x, mask) + _alone(x, mask).roll(-1, 0)


@exercise
def leaks(answer) -> str:
    """``answer(model)``: whether a dialogue's answer depends on its company in the batch.

    ``model(x, mask)`` takes (B, T, D) and (B, T) and returns (B, T).
    """
    honest = {_alone: "This one reads every turn by itself, and you say that it leaks.",
              _less_its_mean: "This one takes the mean of the real turns only, and is honest.",
              _attention: "This one hides the padding from its attention. What moves is the last "
                          "bits of a float: allow for them.",
              _loud_padding: "This one answers nonsense at places that hold no turn. Nobody reads "
                             "those: compare the real ones."}
    leaky = {_less_everything: "This one takes a mean over all places, padding too.",
             _careless_attention: "This one lets its turns listen to padding.",
             _from_the_end: "This one counts places from the end of the box: the longest dialogue "
                            "decides where that is.",
             _by_the_batch: "This one scales by the mean and sd of the batch's real turns. No "
                            "padding is in it, and other dialogues are.",
             _with_the_next: "This one adds what the next dialogue of the batch says. Put another "
                             "dialogue there, not only padding."}
    models = list(honest | leaky)
    (rng,) = drawn(1)
    said = {models[i]: number(answer(models[i]), "Say True or False for each model.")
            for i in rng.permutation(len(models))}
    if not set(said.values()) <= {0, 1}:
        raise Wrong("Say True or False, not by how much.")
    for model, hint in (honest | leaky).items():
        if said[model] != (model in leaky):
            raise Wrong(hint)
    return "Four honest models and five that aren't: you need no source code to tell them apart."


@exercise
def slots(answer) -> str:
    """``answer(speakers)``: order of first appearance, from 0, for the turns of one dialogue."""
    cases = [(["Ada", "Ben", "Ada"], "The first to speak is 0, whenever they speak again."),
             (["Zoe", "Ada", "Zoe", "Max", "Ada"],
              "It's the order of appearance that counts, and each speaker keeps their number.")]
    for rng in drawn(5):
        people = rng.permutation(["Ada", "Ben", "Cem", "Dev", "Eva", "Max", "Zoe"])
        turns = rng.choice(people[:rng.integers(3, 8)], rng.integers(10, 25))
        cases.append((turns.tolist(), cases[1][1]))
    for speakers, hint in cases:
        order = list(dict.fromkeys(speakers))
        wanted = np.array([order.index(s) for s in speakers])
        expect(array(answer(speakers), (len(speakers),), "One number for each turn."), wanted,
               hint, mistakes={
                   "Slots count from 0, not from 1.": wanted + 1,
                   "The alphabet has no say; who came first?":
                       [sorted(order).index(s) for s in speakers],
                   "That's the turn in which each speaks first; "
                   "the second to speak is 1 whenever that is.":
                       [speakers.index(s) for s in speakers]})
    return ("Rename everybody and nothing changes: "
            "a slot knows who is who here, and nobody elsewhere.")


@exercise
def hide_dialogues(answer) -> str:
    """``answer(dialogue, share, rng)``: (N,) names -> N booleans, whole dialogues hidden.

    Every second dialogue is long, so that whoever draws utterances hits the short ones too seldom.
    All limits are five or more standard deviations of what a fair draw gives.
    """
    D, rounds = 120, 80
    (rng,) = drawn(1)
    share = rng.uniform(0.33, 0.45)
    length = np.where(np.arange(D) % 2 == 0, rng.integers(1, 3, D), rng.integers(10, 16, D))
    dialogue = np.repeat([f"d{i}" for i in rng.permutation(1000)[:D]], length)
    first = np.cumsum(length) - length

    def hidden(seed) -> np.ndarray:
        told = array(answer(dialogue, share, np.random.default_rng(seed)), (len(dialogue),),
                     "Give one True or False for each utterance.")
        if not np.isin(told, (0, 1)).all():
            raise Wrong("Give one True or False for each utterance, not the hidden rows' numbers.")
        if not np.array_equal(told, np.repeat(told[first], length)):
            raise Wrong("A dialogue lies on both sides of the cut.")
        return told[first].astype(bool)

    seeds = rng.integers(2**32, size=rounds)
    each = np.array([hidden(seed) for seed in seeds])
    if not np.array_equal(hidden(seeds[0]), each[0]):
        raise Wrong("The same generator should hide the same dialogues: draw with `rng` alone.")
    if (each == each[0]).all():
        raise Wrong("Another generator should hide other dialogues: draw with `rng`.")
    if abs(each.mean() - share) > 0.03:
        raise Wrong(f"Of {D} dialogues, {each.sum(1).mean():.0f} are hidden on average; "
                    f"a share of {share:.2f} is about {share * D:.0f}.")
    if np.abs(each.mean(1) - share).max() > 0.27:
        raise Wrong(f"On average the share of hidden dialogues is right, but it should be about "
                    f"{share:.2f} in each draw.")
    if abs(each[:, ::2].mean() - share) > 0.05:
        raise Wrong("Short dialogues are hidden less often than long ones, or more often; each "
                    "should have the same chance.")
    if not each.any(0).all() or each.all(0).any():
        raise Wrong(f"In {rounds} draws some dialogues were never hidden, or always; each should "
                    "have the same chance.")
    return ("Whole conversations are hidden, "
            "so no hidden turn has a neighbour whose emotion is known.")


_WORDS = ("So", "listen:", "we", "meet", "at", "12:30", "or", "later", "he", "said: no", "OK")


@exercise
def read_chat(answer) -> str:
    """``answer(text)``: blocks of ``Name: words`` lines -> lists of (turn, speaker, text)."""
    hints = ["Two lines are one dialogue of two turns, (0, 'Ada', 'Hi!') and (1, 'Ben', 'Hello.').",
             "An empty line starts a new dialogue, and turns count from 0 in each.",
             "Only the first colon ends the name; the rest belongs to what is said."]
    hi = [("Ada", "Hi!"), ("Ben", "Hello.")]
    cases = [[hi], [hi, [("Cleo", "So.")]], [[("Ada", "Lunch: at 12:30!")]]]
    for rng in drawn(4):
        cases.append([[(str(rng.choice(["Ada", "Ben", "Cleo", "Dr Wu"])),
                        " ".join(rng.choice(_WORDS, rng.integers(2, 7))) + "!")
                       for _ in range(rng.integers(1, 6))] for _ in range(rng.integers(2, 5))])
    for i, said in enumerate(cases):
        text = "\n\n".join("\n".join(f"{who}: {what}" for who, what in turns) for turns in said)
        wanted = [[(t, *pair) for t, pair in enumerate(turns)] for turns in said]
        flat = [turn for turns in wanted for turn in turns]
        expect(answer(text), wanted,
               hints[min(i, 2)] if i < 3 else "Several dialogues of several turns come out wrong: "
               "turns from 0 in each, names without the colon, every word of what is said.",
               mistakes={
                   "The dialogues have run together: a list of lists is asked for.": flat,
                   "Turns count from 0, not from 1.": [[(t + 1, *pair) for t, *pair in turns]
                                           for turns in wanted],
                   "There's a blank in front of what is said.": [
                       [(t, who, " " + what) for t, who, what in turns] for turns in wanted],
                   "First the turn, then the speaker, then the text.": [
                       [(who, t, what) for t, who, what in turns] for turns in wanted]})
    return "That is all a Dialogue needs besides emotions and features."
