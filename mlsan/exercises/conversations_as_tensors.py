"""Exercises of "Conversations as tensors"."""

from __future__ import annotations

import numpy as np
import torch

from mlsan.exercises import Wrong, exercise, expect


@exercise
def lost(answer) -> str:
    """``answer(turns)``: how many turns of one dialogue, counted from 0, are certainly missing."""
    expect(answer([0, 1, 2]), 0, "The turns 0, 1, 2 have no gap between them.")
    expect(answer([0, 1, 4]), 2, "In 0, 1, 4 the turns 2 and 3 are missing.")
    expect(answer([2, 3]), 2,
           "Turns count from 0: a dialogue that begins with turn 2 has lost its first two.")
    expect(answer([0, 2, 3, 7]), 4, "There can be more than one gap, each of any width.")
    return "What was cut off after the last turn can't be seen: this is a lower bound."


@exercise
def unpad(answer) -> str:
    """``answer(values, mask)``: (B, T) values and mask -> B lists, the real places only."""
    values = np.array([[3, 0, 5], [0, 1, 9]])
    mask = np.array([[True, True, True], [True, True, False]])
    got = [list(np.asarray(row)) for row in answer(values, mask)]
    if len(got) != 2:
        raise Wrong("A batch of two dialogues gives back two lists, one per dialogue.")
    expect(got[0], [3, 0, 5],
           "The first dialogue has no padding; all three values stay, in order, the 0 as well.")
    expect(got[1], [0, 1],
           "In the second the mask is False at the last place, whatever stands there.")
    return ("It's the mask that says what is real; "
            "a 0 may be a prediction, and padding may hold anything.")


def _alone(x, mask):
    return x.square().sum(-1)


def _loud_padding(x, mask):
    return torch.where(mask, _alone(x, mask), 1.0 + len(x))


def _heard(x, hidden):
    return ((x @ x.mT + hidden).softmax(-1) @ x).sum(-1)


def _attention(x, mask):
    return _heard(x, torch.where(mask, 0.0, -torch.inf)[:, None])


def _careless_attention(x, mask):
    return _heard(x, torch.zeros(mask.shape)[:, None])


def _less_its_mean(x, mask):
    real = mask[..., None]
    return (x - (x * real).sum(1, keepdim=True) / real.sum(1, keepdim=True)).sum(-1)


def _less_everything(x, mask):
    return (x - x.mean(1, keepdim=True)).sum(-1)


def _by_the_batch(x, mask):
    return ((x - x[mask].mean(0)) / (x[mask].std(0) + 1e-3)).sum(-1)


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
    for model, hint in (honest | leaky).items():
        if bool(answer(model)) is not (model in leaky):
            raise Wrong(hint)
    return "Four honest models and five that aren't: you need no source code to tell them apart."


@exercise
def slots(answer) -> str:
    """``answer(speakers)``: order of first appearance, from 0, for the turns of one dialogue."""
    expect(list(answer(["Ada", "Ben", "Ada"])), [0, 1, 0],
           "The first to speak is 0, whenever they speak again.")
    expect(list(answer(["Zoe", "Ada", "Zoe", "Max", "Ada"])), [0, 1, 0, 2, 1],
           "It's the order of appearance that counts, "
           "not the alphabet, and each speaker keeps their number.")
    return ("Rename everybody and nothing changes: "
            "a slot knows who is who here, and nobody elsewhere.")


@exercise
def hide_dialogues(answer) -> str:
    """``answer(dialogue, share, rng)``: (N,) names -> N booleans, whole dialogues hidden."""
    dialogue = [f"d{i}" for i in range(50) for _ in range(2 + i % 5)]
    # Sixty, because a dialogue that is hidden one time in five is then all but sure to be once.
    generators = [np.random.default_rng(seed) for seed in range(60)]
    drawn = [np.asarray(list(answer(dialogue, 0.2, rng))) for rng in generators]
    for hidden in drawn:
        if hidden.shape != (len(dialogue),) or hidden.dtype != bool:
            raise Wrong("Give one True or False for each utterance.")
        if set(np.array(dialogue)[hidden]) & set(np.array(dialogue)[~hidden]):
            raise Wrong("A dialogue lies on both sides of the cut.")
    counts = [len(set(np.array(dialogue)[hidden])) for hidden in drawn]
    if not 8 <= np.mean(counts) <= 12:
        raise Wrong(f"Of 50 dialogues, {np.mean(counts):.0f} are hidden on average; "
                    "a share of 0.2 is about 10.")
    if len({tuple(h) for h in drawn}) == 1:
        raise Wrong("Another generator should hide other dialogues: draw with `rng`.")
    if not (np.mean(drawn, axis=0) > 0).all():
        raise Wrong("After sixty draws some dialogues have never been hidden; "
                    "each should have the same chance.")
    return ("Whole conversations are hidden, "
            "so no hidden turn has a neighbour whose emotion is known.")


@exercise
def read_chat(answer) -> str:
    """``answer(text)``: blocks of ``Name: words`` lines -> lists of (turn, speaker, text)."""
    def same(got, wanted, hint):
        if [[tuple(turn) for turn in dialogue] for dialogue in got] != wanted:
            raise Wrong(hint)

    same(answer("Ada: Hi!\nBen: Hello."), [[(0, "Ada", "Hi!"), (1, "Ben", "Hello.")]],
         "Two lines are one dialogue of two turns, (0, 'Ada', 'Hi!') and (1, 'Ben', 'Hello.').")
    same(answer("Ada: Hi!\nBen: Hello.\n\nCleo: So."),
         [[(0, "Ada", "Hi!"), (1, "Ben", "Hello.")], [(0, "Cleo", "So.")]],
         "An empty line starts a new dialogue, and turns count from 0 in each.")
    same(answer("Ada: Lunch: at 12:30!"), [[(0, "Ada", "Lunch: at 12:30!")]],
         "Only the first colon ends the name; the rest belongs to what is said.")
    return "That is all a Dialogue needs besides emotions and features."
