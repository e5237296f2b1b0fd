"""Answers to the exercises of "Conversations as tensors"."""

from itertools import pairwise

import numpy as np
import torch
from book_code import Answers

EQUATIONS = {}


def keep(values, mask):
    return [row[here] for row, here in zip(values, mask, strict=True)]


def cut(values, mask):
    return [row[:n] for row, n in zip(values.tolist(), mask.sum(1), strict=True)]


def draw_names(dialogue, share, rng):
    names, of_row = np.unique(dialogue, return_inverse=True)
    return (rng.permutation(len(names)) < share * len(names))[of_row]


def toss_for_each(dialogue, share, rng):
    hidden = [name for name in dict.fromkeys(dialogue) if rng.random() < share]
    return np.isin(dialogue, hidden)


def first_fifth(dialogue, share, rng):
    names = list(dict.fromkeys(dialogue))
    return [d in names[:int(share * len(names))] for d in dialogue]


def company(longer=3, others=1, places=3):
    """A finder of leaks: how much longer the box gets, who else is in it, what is compared."""
    def leaks(model):
        drawn = torch.Generator().manual_seed(1)
        x = torch.randn(1, 3, 5, generator=drawn)
        filler = torch.zeros(1, longer, 5)
        rest = torch.randn(others, 3 + longer, 5, generator=drawn)
        box = torch.cat([torch.cat([x, filler], 1), rest])
        mask = torch.ones(box.shape[:2], dtype=torch.bool)
        mask[0, 3:] = False
        alone, beside = model(x, torch.ones(1, 3, dtype=torch.bool)), model(box, mask)
        padded = torch.cat([alone, alone.new_zeros(1, longer)], 1)[0]
        return bool((beside[0] - padded)[:places].abs().max() > 1e-4)
    return leaks


def in_order(speakers):
    return list(dict.fromkeys(speakers))


def chat(split, count_on=False):
    """A reader of chats: ``split`` takes a line apart; ``count_on`` counts on across dialogues."""
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
               lambda turns: turns[0] + sum(b - a - 1 for a, b in pairwise(turns))],
        wrong=[lambda turns: max(turns) - len(turns),
               lambda turns: turns[-1] - turns[0] + 1 - len(turns),
               lambda turns: int((np.diff(turns) > 1).sum())]),
    "unpad": Answers(
        right=[keep, cut],
        wrong=[lambda values, mask: [row[row != 0] for row in values],
               lambda values, mask: [values[mask]],
               lambda values, mask: values * mask]),
    "leaks": Answers(
        right=[company(), company(longer=9, others=5)],
        wrong=[company(longer=0), company(others=0), company(places=None),
               lambda model: True, lambda model: False]),
    "slots": Answers(
        right=[lambda speakers: np.array([in_order(speakers).index(s) for s in speakers]),
               lambda speakers: [len(set(speakers[:speakers.index(s)])) for s in speakers]],
        wrong=[lambda speakers: [sorted(set(speakers)).index(s) for s in speakers],
               lambda speakers: [speakers.index(s) for s in speakers],
               lambda speakers: [1 + in_order(speakers).index(s) for s in speakers]]),
    "hide_dialogues": Answers(
        right=[draw_names, toss_for_each],
        wrong=[lambda dialogue, share, rng: rng.random(len(dialogue)) < share, first_fifth,
               lambda dialogue, share, rng: ~draw_names(dialogue, share, rng)]),
    "read_chat": Answers(
        right=[chat(lambda line: (line[:line.index(":")], line[line.index(":") + 2:]))],
        wrong=[chat(lambda line: line.split(": ")),
               chat(lambda line: line.split(":", 1)),
               chat(lambda line: line.split(": ", 1), count_on=True)]),
}
