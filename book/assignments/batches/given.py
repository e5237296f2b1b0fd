"""What the notebook gives: a simulated world, two experiments to write about, a reader to train."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupShuffleSplit
from sklearn.neighbors import KNeighborsClassifier
from torch import nn

from mlsan import Corpus, f1_scores, simulate

EMOTIONS = 7


@cache
def world() -> Corpus:
    """600 simulated conversations of 24 people."""
    return simulate(dialogues=600, seed=11)


@cache
def turns() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each turn's features (N, 72), its emotion 1…7 (N,), and the number of its dialogue (N,)."""
    corpus = world()
    return np.hstack(list(corpus.features.values())), corpus.emotion + 1, corpus.dialogue_of_row


def talk(numbers) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Some dialogues, one after the other: features (n, 72), emotions (n,), lengths (B,).

    3% of the turns were not recorded: NaN. Which turns those are is always the same.
    """
    x, emotion, dialogue = turns()
    lost = np.random.default_rng(0).random(len(x)) < 0.03
    rows = np.concatenate([np.flatnonzero(dialogue == d) for d in numbers])
    return (np.where(lost[rows, None], np.nan, x[rows]), emotion[rows],
            np.bincount(dialogue)[numbers])


# --- For the written questions ---------------------------------------------------------------


def company_table() -> pd.DataFrame:
    """One trained reader, asked about the same test dialogues in several companies.

    Weighted F1, and the share of turns called otherwise than in the first row's company. Before
    it reads, the reader scales each feature by the mean and standard deviation over all T·B places
    of the batch that it is asked in, padding (zeros) included.
    """
    corpus = world()
    _, emotion, dialogue = turns()
    reader = LogisticRegression(max_iter=300)
    train = corpus.dialogues("train")
    rng = np.random.default_rng(0)
    x, rows = _in_company(np.concatenate([rng.permutation(train) for _ in range(3)]), 32)
    reader.fit(x, emotion[rows])
    test, length = corpus.dialogues("test"), np.bincount(dialogue)
    drawn, by_length = rng.permutation(test), test[np.argsort(length[test], kind="stable")]
    table, first = {}, None
    for name, order, size in (("32, drawn at random", drawn, 32),
                              ("32 of like length", by_length, 32),
                              ("8, drawn at random", drawn, 8), ("alone", drawn, 1)):
        x, rows = _in_company(order, size)
        called = np.zeros(len(emotion), int)
        called[rows] = reader.predict(x)
        first = called if first is None else first
        f1 = f1_scores(emotion[rows] - 1, called[rows] - 1, EMOTIONS)["weighted_f1"]
        table[name] = {"weighted F1": f1, "called otherwise": (called != first)[rows].mean()}
    return pd.DataFrame(table).T.round(3)


def _in_company(order, size) -> tuple[np.ndarray, np.ndarray]:
    """The turns of dialogues as that reader sees them, and their rows in the corpus."""
    x, _, dialogue = turns()
    seen, where = [], []
    for start in range(0, len(order), size):
        some = order[start:start + size]
        rows = np.flatnonzero(np.isin(dialogue, some))
        places = len(some) * np.bincount(dialogue[rows]).max()
        mean = x[rows].sum(0) / places                       # padding adds zeros to both sums
        sd = np.sqrt((x[rows] ** 2).sum(0) / places - mean ** 2)
        seen.append((x[rows] - mean) / sd)
        where.append(rows)
    return np.concatenate(seen), np.concatenate(where)


def split_table(draws: int = 5) -> pd.DataFrame:
    """Weighted F1 that two ways of hiding promise to a reader of the room, and what it delivers.

    The reader sees the mean of all features of the turn's dialogue and answers as the five most
    similar turns that it was fitted on. Delivered: on test dialogues, which nothing touched before.
    """
    corpus = world()
    x, emotion, dialogue = turns()
    room = pd.DataFrame((x - x.mean(0)) / x.std(0)).groupby(dialogue).transform("mean").to_numpy()
    test = corpus.rows("test")
    pool = np.setdiff1d(np.arange(len(x)), test)

    def f1(fit, asked):
        reader = KNeighborsClassifier(5).fit(room[fit], emotion[fit])
        called = reader.predict(room[asked])
        return f1_scores(emotion[asked] - 1, called - 1, EMOTIONS)["weighted_f1"]

    table = {}
    for share in (0.1, 0.5):
        cut = GroupShuffleSplit(draws, test_size=share, random_state=0)
        for name, unit in (("by utterance", np.arange(len(x))), ("by dialogue", dialogue)):
            sides = [(pool[a], pool[b]) for a, b in cut.split(pool, groups=unit[pool])]
            table[f"{share:.0%} hidden {name}"] = {
                "promised": np.mean([f1(fit, hidden) for fit, hidden in sides]),
                "delivered": np.mean([f1(fit, test) for fit, _ in sides])}
    return pd.DataFrame(table).T.round(3)


# --- Your five functions at work -------------------------------------------------------------


class Reader(nn.Module):
    """An encoder, what it heard beside it, and a linear classifier: (T, B, 72) -> (T, B, 7)."""

    def __init__(self, hidden: int = 32):
        super().__init__()
        self.encode = nn.Sequential(nn.Linear(72, hidden), nn.GELU())
        self.classify = nn.Linear(2 * hidden, EMOTIONS)

    def forward(self, x, lengths, attend):
        h = self.encode(x)
        return self.classify(torch.cat([h, attend(h, lengths)], -1))


def at_work(collate, attend, masked_loss, weighted_f1, hide_dialogues) -> pd.DataFrame:
    """Train a reader with the five functions; its score on the dialogues that were hidden."""
    _, _, dialogue = turns()
    scores = {}
    for share in (0.1, 0.5):
        fit, hidden = hide_dialogues(dialogue, share, np.random.default_rng(0))
        known, asked = np.unique(dialogue[fit]), np.unique(dialogue[hidden])

        def batch(some):
            x, emotion, lengths = talk(some)
            box, _ = collate(x, lengths)
            labels, _ = collate(emotion[:, None].astype(float), lengths)
            return (torch.as_tensor(box), torch.as_tensor(lengths),
                    torch.as_tensor(labels)[..., 0].long())

        torch.manual_seed(0)
        reader, rng = Reader(), np.random.default_rng(1)
        step = torch.optim.AdamW(reader.parameters(), 5e-3, weight_decay=0.1)
        for _ in range(6):
            for some in np.array_split(rng.permutation(known), max(1, len(known) // 32)):
                x, lengths, labels = batch(some)
                step.zero_grad()
                masked_loss(reader(x, lengths, attend), labels, lengths).backward()
                step.step()
        answers = []
        with torch.no_grad():
            for some in np.array_split(asked, max(1, len(asked) // 32)):
                x, lengths, labels = batch(some)
                called = reader(x, lengths, attend).argmax(-1) + 1
                answers.append({"true": labels.numpy(), "called": called.numpy(),
                                "lengths": lengths.numpy()})
        scores[f"{share:.0%} hidden"] = {"dialogues learned from": len(known),
                                         "your score": round(weighted_f1(answers, EMOTIONS), 3)}
    return pd.DataFrame(scores).T
