"""Self-checks: shapes and small examples worked out by hand. The hidden tests ask more."""

from __future__ import annotations

import numpy as np
import torch

from mlsan.exercises import Wrong, exercise, expect, plain


@exercise
def collate(answer) -> str:
    """``answer(x, lengths)``: (N, D), (B,) -> box (T, B, D), there (T, B)."""
    got = answer(np.array([[1.0, 2], [3, 4], [5, 6]]), np.array([2, 1]))
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise Wrong("Return two things: box, there.")
    box, there = map(plain, got)
    if np.shape(box) != (2, 2, 2):
        raise Wrong(f"Two dialogues of at most two turns and two features: the box is (2, 2, 2), "
                    f"and yours {np.shape(box)}.")
    expect(box[1], [[3, 4], [5, 6]], "The last row of the box holds every dialogue's last turn.")
    expect(box[0], [[1, 2], [0, 0]], "In the first row, the longer dialogue's first turn stands "
                                     "beside padding, which is zeros.")
    expect(there, [[True, False], [True, True]], "`there` is True where a recorded turn stands.")
    return "Two dialogues in a box, each at its end. Turns that were not recorded are up to you."


@exercise
def attend(answer) -> str:
    """``answer(x, lengths)``: (T, B, D), (B,) -> (T, B, D), what each turn hears before it."""
    x = torch.tensor([[1.0, 0], [0, 2], [3, 3]])[:, None]
    got = answer(x, torch.tensor([3]))
    if np.shape(plain(got)) != (3, 1, 2):
        raise Wrong(f"One dialogue of three turns: (3, 1, 2) goes in and comes out. Yours is "
                    f"{np.shape(plain(got))}.")
    expect(got[0, 0], [0, 0], "The first turn has nobody before it and hears zeros.")
    expect(got[1, 0], [1, 0], "The second turn has one turn to hear, so it hears just that one.")
    expect(got[2, 0], [0.10704, 1.78593], "The third turn's scores are 3/√2 and 6/√2, for the "
                                          "first turn and the second; softmax makes them weights.")
    return "One dialogue, heard from its first turn to its last. Now think of its company."


@exercise
def masked_loss(answer) -> str:
    """``answer(logits, emotion, lengths)``: (T, B, C), (T, B), (B,) -> one number."""
    sure, even = [0.0, np.log(3.0)], [0.0, 0.0]
    logits = torch.tensor([[sure, even], [sure, sure]])
    emotion, lengths = torch.tensor([[2, 0], [1, 1]]), torch.tensor([2, 1])
    got = answer(logits, emotion, lengths)
    if np.size(plain(got)) != 1:
        raise Wrong("One number is wanted for the whole batch.")
    alone = answer(logits[:, :1], emotion[:, :1], lengths[:1])
    expect(alone, 0.83698, "The first dialogue alone: its two turns cost log 4/3 and log 4, and "
                           "its loss is their mean, 0.837. Column 0 belongs to emotion 1.")
    expect(got, 1.11164, "Both together: the second dialogue has one turn, which costs log 4, so "
                         "the loss is the mean of 0.837 and 1.386.")
    return "Two dialogues, two lengths, a loss in which both count alike."


@exercise
def weighted_f1(answer) -> str:
    """``answer(batches, classes)``: a list of dicts true, called, lengths -> a number."""
    true = np.array([[1, 1], [1, 2], [1, 1]])
    called = np.array([[1, 1], [2, 2], [1, 1]])
    got = answer([{"true": true, "called": called, "lengths": np.array([3, 3])}], 2)
    if np.size(plain(got)) != 1:
        raise Wrong("One number is wanted for all batches together.")
    expect(got, (2 * 8 / 9 + 2 / 3) / 3, "Emotion 1 has F1 8/9 and occurs in two dialogues, "
                                         "emotion 2 has F1 2/3 and occurs in one.")
    return "One full batch is right. Several batches, padding, silence: that's for you to try."


@exercise
def hide_dialogues(answer) -> str:
    """``answer(dialogue, share, rng)``: (N,), a number, a generator -> rows to fit on, to hide."""
    dialogue = np.repeat([7, 3, 5, 9], [1, 3, 2, 4])
    got = answer(dialogue, 0.25, np.random.default_rng(5))
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise Wrong("Return two arrays of row numbers: fit, hidden.")
    fit, hidden = (np.asarray(plain(rows)) for rows in got)
    if fit.dtype.kind not in "iu" or hidden.dtype.kind not in "iu":
        raise Wrong("Both are row numbers, integers from 0, and no booleans.")
    expect(np.sort(np.concatenate([fit, hidden])), np.arange(10),
           "Each of the ten rows is on one side, and on one only.")
    if len(set(dialogue[hidden])) != 1:
        raise Wrong("A quarter of four dialogues is one; yours hides rows of "
                    f"{len(set(dialogue[hidden]))}.")
    if set(dialogue[hidden]) & set(dialogue[fit]):
        raise Wrong("A dialogue lies on both sides of the cut.")
    return ("One dialogue of four is hidden, as a whole. "
            "Whether all have the same chance, a single draw can't say.")
