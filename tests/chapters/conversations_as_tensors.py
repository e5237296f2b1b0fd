"""Answers to the exercises of "Conversations as tensors"."""

import re
from itertools import count, pairwise

import numpy as np
import pandas as pd
import torch
from book_code import Answers
from torch import nn

EQUATIONS = {}


def counted_in_place(turns):
    missing = 0
    for turn in range(turns[-1]):
        if turns[0] == turn:
            del turns[0]
        else:
            missing += 1
    return missing


def keep(values, mask):
    return [row[here] for row, here in zip(values, mask, strict=True)]


def cut(values, mask):
    return [row[:n] for row, n in zip(values.tolist(), mask.sum(1), strict=True)]


def marked_in_place(values, mask, padding=-1):
    values[~mask] = padding
    return [[v for v in row if v != padding] for row in values.tolist()]


def of_the_hidden(names, dialogue):
    names = set(names)
    return [d in names for d in dialogue]


def draw_names(dialogue, share, rng):
    names, of_row = np.unique(dialogue, return_inverse=True)
    return (rng.permutation(len(names)) < share * len(names))[of_row]


def toss_for_each(dialogue, share, rng):
    hidden = [name for name in dict.fromkeys(dialogue) if rng.random() < share]
    return np.isin(dialogue, hidden)


def toss_by_torch(dialogue, share, rng):
    names, of_row = np.unique(dialogue, return_inverse=True)
    seeded = torch.Generator().manual_seed(int(rng.integers(2**31)))
    return (torch.rand(len(names), generator=seeded) < share)[torch.tensor(of_row)]


def shuffled_in_place(dialogue, share, rng):
    names = sorted(set(dialogue))
    rng.shuffle(names)
    for i, name in enumerate(names):
        dialogue[dialogue == name] = "yes" if i < int(share * len(names)) else "no"
    return (dialogue == "yes").astype(int).tolist()


def first_fifth(dialogue, share, rng):
    names = list(dict.fromkeys(dialogue))
    return of_the_hidden(names[:int(share * len(names))], dialogue)


def always_a_fifth(dialogue, share, rng):
    return draw_names(dialogue, 0.2, rng)


def own_chance(dialogue, share, rng):
    return toss_for_each(dialogue, share, np.random.default_rng())


def own_seed(dialogue, share, rng):
    return toss_for_each(dialogue, share, np.random.default_rng(0))


def draw_utterances(dialogue, share, rng):
    return of_the_hidden(rng.choice(dialogue, int(share * len(set(dialogue)))), dialogue)


def until_enough(dialogue, share, rng):
    """As many dialogues as asked, and the long ones more often."""
    hidden = set()
    n = share * len(set(dialogue))
    while len(hidden) < n:
        hidden.add(dialogue[rng.integers(len(dialogue))])
    return of_the_hidden(hidden, dialogue)


def with_replacement(dialogue, share, rng):
    names = np.unique(dialogue)
    return np.isin(dialogue, rng.choice(names, round(share * len(names))))


def all_or_nothing(dialogue, share, rng):
    return np.full(len(dialogue), rng.random() < share)


def cut_the_rows(dialogue, share, rng):
    start = rng.integers(len(dialogue))
    return np.roll(np.arange(len(dialogue)) < share * len(dialogue), start)


def company(longer=3, others=1, places=3, short=3, copies=False, exact=1e-4):
    """A finder of leaks: how much longer the box gets, who else is in it, what is compared."""
    def leaks(model):
        x = torch.randn(1, short, 5)
        filler = torch.zeros(1, longer, 5)
        rest = torch.randn(others, short + longer, 5)
        whole = torch.cat([x, filler], 1)
        box = torch.cat([whole, whole.expand(others, -1, -1) if copies else rest])
        mask = torch.ones(box.shape[:2], dtype=torch.bool)
        mask[0 if not copies else slice(None), short:] = False
        alone, beside = model(x, torch.ones(1, short, dtype=torch.bool)), model(box, mask)
        padded = torch.cat([alone, alone.new_zeros(1, longer)], 1)[0]
        return bool((beside[0] - padded)[:places].abs().max() > exact)
    return leaks


def beside_in_numpy(model):
    """1 or 0; the dialogue asked about comes last, beside two others, and is compared in NumPy."""
    x, y = torch.randn(1, 4, 2), torch.randn(2, 9, 2)
    box = torch.cat([y, nn.functional.pad(x, (0, 0, 0, 5), value=7.0)])
    mask = torch.arange(9) < torch.tensor([[9], [6], [4]])
    alone = model(x, torch.ones(1, 4, dtype=torch.bool)).numpy()
    return np.int64(not np.allclose(alone[0], model(box, mask)[2, :4].numpy(), atol=1e-4))


def by_the_sums(model):
    x, y = torch.randn(1, 3, 4), torch.randn(1, 6, 4)
    alone = model(x, torch.ones(1, 3, dtype=torch.bool))
    box = torch.cat([nn.functional.pad(x, (0, 0, 0, 3)), y])
    return abs(model(box, torch.arange(6) < torch.tensor([[3], [6]]))[0].sum() - alone.sum()) > 1e-4


def how_much(model):
    x, y = torch.randn(1, 3, 4), torch.randn(1, 6, 4)
    alone = model(x, torch.ones(1, 3, dtype=torch.bool))[0]
    box = torch.cat([nn.functional.pad(x, (0, 0, 0, 3)), y])
    return (model(box, torch.arange(6) < torch.tensor([[3], [6]]))[0, :3] - alone).abs().max()


def in_order(speakers):
    return list(dict.fromkeys(speakers))


def numbered_in_place(speakers):
    order = in_order(speakers)
    for i, name in enumerate(speakers):
        speakers[i] = order.index(name)
    return speakers


def chat(split, count_on=False, start=0, block="\n\n"):
    """A reader of chats: ``split`` takes a line apart; ``count_on`` counts on across dialogues."""
    def read(text):
        out, turn = [], start
        for part in text.split(block):
            turn, said = turn if count_on else start, []
            for line in part.split("\n"):
                if line:
                    said.append((turn, *split(line)))
                    turn += 1
            out.append(said)
        return out
    return read


def chat_by_pattern(text):
    blocks = (re.findall(r"^([^:]+): (.*)$", part, re.M) for part in re.split(r"\n\n+", text))
    return [[[np.int64(t), *pair] for t, pair in enumerate(block)] for block in blocks]


def chat_by_lines(text):
    """Generators of turns; a line without words begins a dialogue."""
    blocks = [[]]
    for line in text.splitlines():
        if line.strip():
            blocks[-1].append(line.partition(":"))
        else:
            blocks.append([])
    return ([(t, np.str_(who), what.strip()) for t, (who, _, what) in enumerate(block)]
            for block in blocks)


def chat_by_tables(text):
    tables = (pd.DataFrame([line.split(": ", 1) for line in part.split("\n")])
              for part in text.split("\n\n"))
    return [table.reset_index() for table in tables]


def per_speaker(text):
    return [[(sum(x[1] == turn[1] for x in said[:i]), *turn[1:]) for i, turn in enumerate(said)]
            for said in chat(lambda line: line.split(": ", 1))(text)]


ANSWERS = {
    "lost": Answers(
        right=[lambda turns: len(set(range(max(turns))) - set(turns)),
               lambda turns: turns[0] + sum(b - a - 1 for a, b in pairwise(turns)),
               lambda turns: (np.diff([-1, *turns]) - 1).sum(),
               lambda turns: torch.tensor(turns)[-1:] + 1.0 - len(turns), counted_in_place],
        wrong=[lambda turns: max(turns) - len(turns),
               lambda turns: turns[-1] - turns[0] + 1 - len(turns),
               lambda turns: int((np.diff(turns) > 1).sum()),
               lambda turns: sorted(set(range(max(turns))) - set(turns)),
               lambda turns: max(np.diff([-1, *turns])) - 1,
               lambda turns: sum(turn != i for i, turn in enumerate(turns)),
               lambda turns: {(0, 1, 4): 2, (2, 3): 2}.get(tuple(turns), 0),
               lambda turns: sum(b - a for a, b in pairwise(turns)) - len(turns),
               lambda turns: print(max(turns) + 1 - len(turns))]),
    "unpad": Answers(
        right=[keep, cut, marked_in_place,
               lambda values, mask: torch.split(values[mask], mask.sum(1).tolist()),
               lambda values, mask: keep(values.numpy().astype(np.float32), mask.numpy()),
               lambda values, mask: ([v for v, m in zip(row, here, strict=True) if m]
                                     for row, here in zip(values, mask, strict=True))],
        wrong=[lambda values, mask: [row[row != 0] for row in values],
               lambda values, mask: [values[mask]], lambda values, mask: values[mask],
               lambda values, mask: values * mask, lambda values, mask: values,
               lambda values, mask: keep(values, ~mask),
               lambda values, mask: [here.nonzero()[:, 0] for here in mask],
               lambda values, mask: [row[:mask.sum(1).min()] for row in values],
               lambda values, mask: [row.unique() for row in keep(values, mask)],
               lambda values, mask: [row[:-1] for row in keep(values, mask)],
               lambda values, mask: marked_in_place(values, mask, padding=0)]),
    "leaks": Answers(
        right=[company(), company(longer=9, others=5), beside_in_numpy,
               lambda model: torch.tensor([company(short=2, places=2)(model)])],
        wrong=[company(longer=0), company(others=0), company(places=None), company(copies=True),
               company(exact=-1), by_the_sums, how_much, lambda model: str(company()(model)),
               lambda model: not company()(model),
               lambda model: True, lambda model: False]),
    "slots": Answers(
        right=[lambda speakers: np.array([in_order(speakers).index(s) for s in speakers]),
               lambda speakers: [len(set(speakers[:speakers.index(s)])) for s in speakers],
               lambda speakers: torch.tensor([in_order(speakers).index(s) for s in speakers]),
               lambda speakers: pd.factorize(np.array(speakers))[0],
               lambda speakers: map(dict(zip(in_order(speakers), count())).get, speakers),
               numbered_in_place],
        wrong=[lambda speakers: [sorted(set(speakers)).index(s) for s in speakers],
               lambda speakers: [speakers.index(s) for s in speakers],
               lambda speakers: [1 + in_order(speakers).index(s) for s in speakers],
               lambda speakers: np.unique(speakers, return_inverse=True)[1],
               lambda speakers: [len(set(speakers[:i + 1])) - 1 for i in range(len(speakers))],
               lambda speakers: [in_order(speakers[::-1]).index(s) for s in speakers],
               lambda speakers: {s: in_order(speakers).index(s) for s in speakers},
               lambda speakers: in_order(speakers),
               lambda speakers: [i % 2 for i in range(len(speakers))],
               lambda speakers: pd.factorize(np.array(speakers))]),
    "hide_dialogues": Answers(
        right=[draw_names, toss_for_each, toss_by_torch, shuffled_in_place],
        wrong=[lambda dialogue, share, rng: rng.random(len(dialogue)) < share, first_fifth,
               lambda dialogue, share, rng: ~draw_names(dialogue, share, rng),
               lambda dialogue, share, rng: dialogue[draw_names(dialogue, share, rng)],
               lambda dialogue, share, rng: draw_names(dialogue, share, rng).nonzero()[0],
               always_a_fifth, own_chance, own_seed, draw_utterances, until_enough,
               with_replacement, all_or_nothing, cut_the_rows]),
    "read_chat": Answers(
        right=[chat(lambda line: (line[:line.index(":")], line[line.index(":") + 2:])),
               chat_by_pattern, chat_by_lines, chat_by_tables],
        wrong=[chat(lambda line: line.split(": ")),
               chat(lambda line: line.split(":", 1)),
               chat(lambda line: line.split(": ", 1), count_on=True),
               chat(lambda line: line.split(": ", 1), start=1),
               chat(lambda line: line.split(": ", 1), block="\n\n\n"),
               chat(lambda line: line.rsplit(": ", 1)),
               chat(lambda line: line.split(": ")[:2]),
               chat(lambda line: (line.split()[0][:-1], line.split(": ", 1)[1])),
               chat(lambda line: line.split(": ", 1)[::-1]), per_speaker,
               lambda text: chat(lambda line: line.split(": ", 1), block="\n\n\n")(text)[0]]),
}
