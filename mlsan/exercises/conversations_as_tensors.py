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


@exercise
def attend(answer) -> str:
    """``answer(scores, mask)``: (B, T, T) scores and a (B, T) mask -> (B, T, T) weights."""
    scores = torch.tensor([[[0.0, 1.0, 2.0]] * 3, [[1.0, -1.0, 0.0]] * 3])
    mask = torch.tensor([[True, True, True], [True, True, False]])
    weights = torch.as_tensor(answer(scores, mask))
    expect(weights[0], scores[0].softmax(-1),
           "Where nothing is padding it is an ordinary softmax over the last axis.")
    expect(weights[1, :2, 2], [0, 0],
           "Padding still gets weight: in the second dialogue the third place isn't real.")
    expect(weights[1, :2].sum(-1), [1, 1],
           "The weights of each turn should sum to 1, padding or not.")
    expect(weights[1, :2, :2], scores[1, :2, :2].softmax(-1),
           "Among the real turns the weights should be "
           "those that the dialogue would have on its own.")
    return ("The weights are those that the dialogue would have alone: "
            "its company in the batch doesn't matter.")


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
