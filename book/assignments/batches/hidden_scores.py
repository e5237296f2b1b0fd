"""The hidden tests of `weighted_f1` and `hide_dialogues`."""

from __future__ import annotations

import numpy as np
from hidden import lengths_of, places, unchanged

from mlsan.exercises import Wrong, drawn, expect, plain

# --- weighted_f1 -----------------------------------------------------------------------------


def score_of(talks, classes: int) -> float:
    """``talks``: (true, called) of each dialogue, its turns only."""
    true = np.concatenate([t for t, _ in talks])
    called = np.concatenate([c for _, c in talks])
    called = called[true > 0]
    f1, weight = np.zeros(classes), np.zeros(classes)
    for k in range(classes):
        weight[k] = sum((t == k + 1).any() for t, _ in talks)
        both = (true == k + 1).sum() + (called == k + 1).sum()
        f1[k] = 2 * (called[true[true > 0] == k + 1] == k + 1).sum() / both if both else 0
    return float(f1 @ weight / weight.sum()) if weight.sum() else 0.0


def talks_of(rng, lengths, classes=5, unlabelled=0.0, silent=0.0) -> list:
    """Dialogues that dwell on one emotion, and a reader who is right half the time."""
    talks = []
    for n in lengths:
        mood = rng.choice(classes, p=rng.dirichlet(np.ones(classes))) + 1
        true = np.where(rng.random(n) < 0.5, mood, rng.integers(1, classes + 1, n))
        called = np.where(rng.random(n) < 0.5, true, rng.integers(1, classes + 1, n))
        true[rng.random(n) < unlabelled] = 0
        called[rng.random(n) < silent] = 0
        talks.append((true, called))
    return talks


def batch_of(talks, padding=lambda: (0, 0)) -> dict:
    lengths = np.array([len(true) for true, _ in talks])
    T = max(1, lengths.max())
    true, called = (np.zeros((T, len(talks)), int) for _ in range(2))
    for t, b in np.argwhere(~places(T, lengths)):
        true[t, b], called[t, b] = padding()
    for b, (felt, said) in enumerate(talks):
        true[T - len(felt):, b], called[T - len(said):, b] = felt, said
    return {"true": true, "called": called, "lengths": lengths}


def f1_one_batch(weighted_f1):
    for rng in drawn(4):
        # A quarrel of one emotion and many mixed dialogues: the two kinds of weight are far apart.
        talks = talks_of(rng, [9] * 6)
        talks[0] = (np.full(9, 2), np.array([2] * 8 + [1]))
        talks[1] = (np.array([1, 3, 4, 5, 1, 3, 4, 5, 1]), np.array([3] * 9))
        expect(weighted_f1([batch_of(talks)], 5), score_of(talks, 5),
               "One full batch, and it's another number. Each emotion's F1 counts turns; its "
               "weight counts the dialogues in which it occurs.")
    expect(weighted_f1([batch_of([(np.array([1, 1]), np.array([1, 1]))])], 4), 1.0,
           "An emotion that nobody felt and nobody called has weight 0 and spoils nothing.")


def counts(weighted_f1, rng) -> None:
    """It is a score at all: without this, who answers a constant would pass what follows."""
    talks = [(true, true) for true, _ in talks_of(rng, [5] * 4)]
    expect(weighted_f1([batch_of(talks)], 5), 1.0, "All answers right, and the score is not 1.")
    talks = [(true, true % 5 + 1) for true, _ in talks]
    expect(weighted_f1([batch_of(talks)], 5), 0.0, "All answers wrong, and the score is not 0.")


def f1_deal(weighted_f1):
    for rng in drawn(3):
        counts(weighted_f1, rng)
        talks = talks_of(rng, [5] * 12)
        together = plain(weighted_f1([batch_of(talks)], 5))
        for cut in ([6], [2, 7], range(1, 12)):
            bounds = [0, *cut, 12]
            dealt = [batch_of(talks[a:b]) for a, b in zip(bounds, bounds[1:], strict=False)]
            expect(weighted_f1(dealt, 5), together,
                   "The same dialogues dealt into other batches get another score. F1 is no mean "
                   "over batches: count in all of them first.")


def f1_silence(weighted_f1):
    for rng in drawn(3):
        counts(weighted_f1, rng)
        talks = talks_of(rng, [7] * 8, unlabelled=0.3)
        talks[0][0][:2], talks[0][1][:2] = (1, 0), (1, 1)
        said = [(true[true > 0], called[true > 0]) for true, called in talks]
        expect(weighted_f1([batch_of(talks)], 5), plain(weighted_f1([batch_of(said)], 5)),
               "A turn that nobody labelled (true 0) counts nowhere, neither as felt nor as "
               "called: the score is as if it hadn't been said.")
        talks = talks_of(rng, [7] * 8, silent=0.3)
        talks[0][0][:2], talks[0][1][:2] = (1, 2), (1, 0)
        odd = [(true, np.where(called > 0, called, 6)) for true, called in talks]
        expect(weighted_f1([batch_of(talks)], 5), plain(weighted_f1([batch_of(odd)], 6)),
               "Where the model gave no answer (called 0) it has missed what was felt, as it would "
               "have by calling an emotion that nobody feels: the turn still counts as felt.")


def f1_padding(weighted_f1):
    for rng in drawn(3):
        counts(weighted_f1, rng)
        talks = talks_of(rng, lengths_of(rng))
        clean = plain(weighted_f1([batch_of(talks)], 5))
        for padding in (lambda: (1, 1), lambda rng=rng: rng.integers(1, 6, 2), lambda: (99, -7)):
            talks.append((np.zeros(0, int), np.zeros(0, int)))
            expect(weighted_f1([batch_of(talks, padding)], 5), clean,
                   "Padding counts. Any number may stand there, in `true` and in `called`: "
                   "`lengths` says what is real, and dialogues end at the last row.")


def f1_edges(weighted_f1):
    for rng in drawn(1):
        nothing = batch_of([(np.zeros(n, int), rng.integers(1, 4, n)) for n in (3, 2)])
        got = plain(weighted_f1([nothing], 3))
        expect(got, 0.0, "Where nothing is labelled, the score is 0.0, and no NaN or error.")
        talks = talks_of(rng, [6] * 3)
        unchanged(weighted_f1, [batch_of(talks, lambda: (99, 99))], 5)


# --- hide_dialogues --------------------------------------------------------------------------


def names_of(rng, counts) -> np.ndarray:
    """The dialogue of each row, as names, the rows in no order."""
    names = np.array([f"d{i:03d}" for i in rng.permutation(len(counts))])
    return rng.permutation(np.repeat(names, counts))


def sides(got) -> tuple[np.ndarray, np.ndarray]:
    got = plain(got)
    if not isinstance(got, list | tuple | np.ndarray) or len(got) != 2:
        raise Wrong("Two arrays of row numbers are to come back: fit, hidden.")
    fit, hidden = (np.asarray(rows) for rows in got)
    return tuple(rows.astype(int) if rows.size == 0 else rows for rows in (fit, hidden))


def hidden_names(hide_at, dialogue, share, seed) -> set:
    _, hidden = sides(hide_at(dialogue, share, seed))
    if hidden.dtype.kind not in "iub":
        raise Wrong("Row numbers are wanted: integers from 0.")
    return set(dialogue[hidden])


def hide_whole(hide_at):
    for rng in drawn(3):
        dialogue = rng.permutation(np.repeat(rng.permutation(23) + 100, rng.integers(1, 9, 23)))
        before = dialogue.copy()
        fit, hidden = sides(hide_at(dialogue, 0.3, int(rng.integers(1 << 30))))
        if not np.array_equal(dialogue, before):
            raise Wrong("Your function changes the array of dialogues that it was given.")
        if any(rows.dtype.kind not in "iu" for rows in (fit, hidden)):
            raise Wrong("Row numbers are wanted, fit first and then hidden: integers from 0.")
        expect(np.sort(np.concatenate([fit, hidden])), np.arange(len(dialogue)),
               "Each row is to be on exactly one side.")
        if set(dialogue[fit]) & set(dialogue[hidden]):
            raise Wrong("A dialogue lies on both sides of the cut. (The rows of a dialogue need "
                        "not stand together in the table.)")
        if (np.diff(fit) < 0).any() or (np.diff(hidden) < 0).any():
            raise Wrong("Each side's row numbers are to be in ascending order.")


def hide_shares(hide_at):
    for rng in drawn(3):
        for many, share in ((47, 0.1), (47, 0.5), (18, 0.1), (31, 0.5), (23, 0.9), (5, 0.1)):
            dialogue = names_of(rng, rng.integers(1, 9, many))
            got = len(hidden_names(hide_at, dialogue, share, int(rng.integers(1 << 30))))
            if got != int(share * many):
                raise Wrong(f"Of {many} dialogues, a share of {share} is to hide "
                            f"{int(share * many)}, rounded down; yours hides {got}.")


def hide_draw(hide_at):
    for rng in drawn(2):
        dialogue = names_of(rng, rng.integers(1, 6, 60))
        seed, other = (int(s) for s in rng.choice(1 << 30, 2, replace=False))
        one = hidden_names(hide_at, dialogue, 0.5, seed)
        for _ in range(3):
            if hidden_names(hide_at, dialogue, 0.5, seed) != one:
                raise Wrong("The same generator gives another draw each time: something else than "
                            "`rng` was drawn with, and nobody can repeat the split.")
        if hidden_names(hide_at, dialogue, 0.5, other) == one:
            raise Wrong("Another generator hides the very same dialogues: draw with `rng`.")
        for _ in range(12):
            if hidden_names(hide_at, rng.permutation(dialogue), 0.5, seed) != one:
                raise Wrong("The same table, its rows in another order, and the same generator "
                            "hides other dialogues: the draw depends on how the table is sorted.")


def hide_chance(hide_often):
    (rng,) = drawn(1)
    names = [f"d{i:03d}" for i in rng.permutation(40)]
    short, long = names[:20], names[20:]
    dialogue = rng.permutation(np.array(short + long * 30))
    seeds = [int(s) for s in rng.choice(1 << 30, 240, replace=False)]
    hidden = plain(hide_often(dialogue, 0.25, seeds))
    times = {name: sum(name in draw for draw in hidden) for name in names}
    all_of_them, of_short = sum(times.values()), sum(times[name] for name in short)
    # Ten of forty each time: half of them short, give or take 20 of 1,200 (one sd); six sd here.
    if abs(of_short - all_of_them / 2) > 0.055 * all_of_them:
        raise Wrong("Half of the dialogues have one turn, and they are "
                    f"{of_short / all_of_them:.0%} of what is hidden. A dialogue's chance must "
                    "not depend on its length: draw among dialogues, not among turns.")
    # Each is hidden 60 times, give or take 6.7.
    if min(times.values()) < 18 or max(times.values()) > 102:
        raise Wrong("Some dialogues are hidden far more often than others: each is to have the "
                    "same chance, wherever it stands in the table.")


def hide_nested(hide_at):
    for rng in drawn(3):
        dialogue = names_of(rng, rng.integers(1, 9, 40))
        seed = int(rng.integers(1 << 30))
        before = set()
        for share in (0.1, 0.3, 0.5, 0.8):
            now = hidden_names(hide_at, dialogue, share, seed)
            if not before <= now:
                raise Wrong("With the same generator, what is hidden at a smaller share must stay "
                            "hidden at a larger one. Yours brings some of it back.")
            before = now
