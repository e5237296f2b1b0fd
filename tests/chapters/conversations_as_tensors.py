"""Answers to the exercises of "Conversations as tensors"."""

import numpy as np
import torch
from book_code import Answers

EQUATIONS = {}


def keep(values, mask):
    return [row[here] for row, here in zip(values, mask, strict=True)]


def draw_names(dialogue, share, rng):
    names, of_row = np.unique(dialogue, return_inverse=True)
    return (rng.permutation(len(names)) < share * len(names))[of_row]


def first_fifth(dialogue, share, rng):
    names = list(dict.fromkeys(dialogue))
    return [d in names[:int(share * len(names))] for d in dialogue]


def renormalised(scores, mask):
    weights = scores.exp() * mask[:, None, :]
    return weights / weights.sum(-1, keepdim=True)


def chat(split, count_on=False):
    """A reader of chats; ``split`` takes a line apart, ``count_on`` counts turns across dialogues."""
    def read(text):
        out, turn = [], 0
        for block in text.split("\n\n"):
            turn, said = turn if count_on else 0, []
            for line in block.split("\n"):
                said.append((turn, *split(line)))
                turn += 1
            out.append(said)
        return out
    return read


ANSWERS = {
    "lost": Answers(
        right=[lambda turns: len(set(range(max(turns))) - set(turns)),
               lambda turns: turns[0] + sum(b - a - 1 for a, b in zip(turns, turns[1:], strict=False))],
        wrong=[lambda turns: max(turns) - len(turns), lambda turns: turns[-1] - turns[0] + 1 - len(turns),
               lambda turns: int((np.diff(turns) > 1).sum())]),
    "unpad": Answers(
        right=[keep, lambda values, mask: [row[:n] for row, n in zip(values.tolist(), mask.sum(1), strict=True)]],
        wrong=[lambda values, mask: [row[row != 0] for row in values], lambda values, mask: [values[mask]],
               lambda values, mask: values * mask]),
    "attend": Answers(
        right=[renormalised, lambda scores, mask: (scores + torch.where(mask, 0, -1e9)[:, None]).softmax(-1)],
        wrong=[lambda scores, mask: scores.softmax(-1), lambda scores, mask: (scores * mask[:, None, :]).softmax(-1),
               lambda scores, mask: scores.softmax(-1) * mask[:, None, :],
               lambda scores, mask: scores.masked_fill(~mask[:, :, None], -1e9).softmax(-1)]),
    "slots": Answers(
        right=[lambda speakers: np.array([list(dict.fromkeys(speakers)).index(s) for s in speakers]),
               lambda speakers: [len(set(speakers[:speakers.index(s)])) for s in speakers]],
        wrong=[lambda speakers: [sorted(set(speakers)).index(s) for s in speakers],
               lambda speakers: [speakers.index(s) for s in speakers],
               lambda speakers: [1 + list(dict.fromkeys(speakers)).index(s) for s in speakers]]),
    "hide_dialogues": Answers(
        right=[draw_names, lambda d, share, rng: np.isin(d, [n for n in dict.fromkeys(d) if rng.random() < share])],
        wrong=[lambda dialogue, share, rng: rng.random(len(dialogue)) < share, first_fifth,
               lambda dialogue, share, rng: ~draw_names(dialogue, share, rng)]),
    "read_chat": Answers(
        right=[chat(lambda line: (line[:line.index(":")], line[line.index(":") + 2:]))],
        wrong=[chat(lambda line: line.split(": ")), chat(lambda line: line.split(": ", 1), count_on=True),
               chat(lambda line: line.split(":", 1))]),
}
