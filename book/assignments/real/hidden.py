"""The hidden tests of "Is it real?", and the answers that they are held against."""

from __future__ import annotations

from itertools import product

import numpy as np

from mlsan.exercises import Wrong, drawn, expect, plain

NAN = float("nan")


def field(got, name: str):
    """One entry of the dictionary that an answer gave back."""
    got = plain(got)
    if not isinstance(got, dict) or name not in got:
        raise Wrong(f"A dictionary with an entry {name!r} is asked for.")
    return got[name]


# reported

def a_log(rng, epochs: int, runs: int) -> list[np.ndarray]:
    """dev_f1, dev_loss, test_f1, each (E, S), all measured and without ties."""
    return [rng.permutation(epochs * runs).reshape(epochs, runs) / (epochs * runs + 7)
            for _ in range(3)]


def log_chosen(dev_f1, dev_loss, test_f1) -> dict:
    chosen = []
    for f1, loss in zip(dev_f1.T, dev_loss.T, strict=True):
        chosen.append(min((e for e in range(len(f1)) if not np.isnan(f1[e])),
                          key=lambda e: (-f1[e], loss[e], e)))
    honest = test_f1[chosen, range(len(chosen))]
    return {"epoch": np.array(chosen) + 1, "mean": honest.mean(),
            "sd": honest.std(ddof=1) if len(chosen) > 1 else NAN,
            "flattery": (np.nanmax(test_f1, axis=0) - honest).mean()}


def by_dev(reported) -> None:
    for rng, (epochs, runs) in zip(drawn(4), ((9, 3), (4, 6), (1, 2), (12, 1)), strict=True):
        log = a_log(rng, epochs, runs)
        wanted, got = log_chosen(*log), reported(*log)
        expect(field(got, "epoch"), wanted["epoch"],
               "Which epoch is reported? For each run, a column, the one where dev F1 is highest; "
               "the first row is epoch 1.", 0)
        expect(field(got, "mean"), wanted["mean"],
               "Test is read once a run: at the epoch that dev chose, then averaged over runs.")


def unmeasured(reported) -> None:
    for rng in drawn(4):
        log = a_log(rng, 10, 3)
        log[0][::2] = log[1][::2] = NAN                      # dev only after every second epoch
        for run, last in enumerate((10, 6, 8)):              # stopped early
            for values in log:
                values[last:, run] = NAN
        wanted, got = log_chosen(*log), reported(*log)
        expect(field(got, "epoch"), wanted["epoch"],
               "Some epochs have no dev score (NaN), because nothing was measured there or the run "
               "had stopped. Nobody could have chosen them.", 0)
        expect(field(got, "mean"), wanted["mean"], "The test score at the chosen epochs is off.")


def tied(reported) -> None:
    for rng, lossy in zip(drawn(4), (0, 2, 0, 2), strict=True):
        log = a_log(rng, 8, 4)
        best = np.sort(rng.choice(8, 3, replace=False))
        log[0][best] = 0.95                                  # three best epochs in every run
        log[1][best] = 0.1                                   # all but one with the same loss
        log[1][best[lossy]] = 0.2
        expect(field(reported(*log), "epoch"), log_chosen(*log)["epoch"],
               "Where dev F1 is tied, the lower dev loss decides, and then the earlier epoch.", 0)


def spread(reported) -> None:
    for rng, runs in zip(drawn(4), (3, 5, 2, 1), strict=True):
        log = a_log(rng, 9, runs)
        log[0][::2] = log[1][::2] = NAN
        log[2][4, 0] = 0.97                      # test's peak, where dev wasn't measured
        wanted, got = log_chosen(*log), reported(*log)
        expect(field(got, "sd"), wanted["sd"],
               "The sd is of a sample, the runs: divide by one less than their number. "
               "One run alone has none (NaN).")
        expect(field(got, "flattery"), wanted["flattery"],
               "Who peeks takes each run's best test score of all epochs, measured on dev or not. "
               "By how much does it beat that run's honest one, on average over runs?")


# macro

def macro_of(counts, needed) -> np.ndarray:
    called, truly = counts.sum(1), counts.sum(0)
    hit = np.einsum("cc...->c...", counts)
    f1 = 2 * hit / np.maximum(called + truly, 1)
    score = f1[needed].mean(0)
    return np.where((truly[needed] == 0).any(0), NAN, score)


def some_counts(rng, classes: int, *shape: int) -> np.ndarray:
    """Counts (C, C, ...), called first, every class truly there."""
    counts = rng.poisson(2.0, (classes, classes, *shape)).astype(float)
    counts[0] += 1
    return counts + 4 * np.eye(classes).reshape(classes, classes, *[1] * len(shape))


def all_there(macro) -> None:
    for rng, classes in zip(drawn(3), (2, 5, 7), strict=True):
        counts = some_counts(rng, classes)
        counts[1, :] = 0                                     # nobody is ever called class 1
        needed = np.ones(classes, bool)
        expect(macro(counts, needed), macro_of(counts, needed),
               "Macro F1 is the plain mean of the classes' F1. "
               "A class that is never called, though it occurs, has F1 0 and counts.")


def more_axes(macro) -> None:
    for rng, shape in zip(drawn(3), ((4,), (3, 2), (5, 5)), strict=True):
        counts, needed = some_counts(rng, 5, *shape), np.ones(5, bool)
        expect(macro(counts, needed), macro_of(counts, needed),
               "Counts may have more axes after the first two: "
               "one macro F1 is wanted for each place of those.")


def not_needed(macro) -> None:
    for rng in drawn(4):
        counts, needed = some_counts(rng, 5, 3), np.ones(5, bool)
        left_out = rng.choice(5, 2, replace=False)
        counts[:, left_out], needed[left_out] = 0, False     # never true, and called at times
        expect(macro(counts, needed), macro_of(counts, needed),
               "A class that test doesn't have isn't averaged. "
               "To call a turn by its name is still a miss of what the turn truly was.")


def absent(macro) -> None:
    for rng in drawn(4):
        counts, needed = some_counts(rng, 5, 6), np.ones(5, bool)
        gone, silent = rng.integers(0, 2), rng.integers(2, 4)
        counts[:, gone, 1] = 0                               # no such turn, though it is called
        counts[:, gone, 2] = counts[gone, :, 2] = 0          # neither
        counts[silent, :, 3] = 0                             # true, never called: that's F1 0
        expect(macro(counts, needed), macro_of(counts, needed),
               "Where a needed class has no true turn, nobody can tell how well it is found: "
               "NaN, there and nowhere else. Which axis says what a turn truly is?")


# decided

def around(rng, low: float, high: float, resamples: int) -> np.ndarray:
    return rng.permutation(np.linspace(low, high, resamples))


def sides(decided) -> None:
    for rng, R in zip(drawn(3), (400, 1001, 2000), strict=True):
        rows = np.stack([around(rng, 0.1, 0.4, R)])
        for sign in (1, -1):
            expect(decided(sign * rows), [sign],
                   "One comparison, all of it on one side of 0: +1 above, -1 below.", 0)
        # 4% on the other side: past one end at 95%, and not past 2.5% on either.
        expect(decided(np.stack([around(rng, -0.04, 0.96, R)])), [0],
               "The middle 95% leaves 2.5% out at either end, not 5% at one.", 0)
        expect(decided(np.stack([around(rng, -0.015, 0.985, R)])), [1],
               "With one comparison the interval is the middle 95%, and here it lies above 0.", 0)


def many(decided) -> None:
    for rng, C in zip(drawn(3), (5, 8, 12), strict=True):
        R = 4000
        half = 0.025 / C                                     # of each row, beyond either end
        shares = np.array([half * 2, half / 2, 0.02, half * 0.4, half * 1.7])
        rows = [around(rng, -share, 1 - share, R) for share in shares]
        rows += [around(rng, -0.5, 0.5, R)] * (C - len(rows))
        signs = rng.choice([-1, 1], C)
        wanted = signs * np.array([0, 1, 0, 1, 0] + [0] * (C - 5))
        order = rng.permutation(C)
        expect(decided((np.stack(rows) * signs[:, None])[order]), wanted[order],
               f"{C} comparisons are to hold together in 95 of 100 cases: share the 5% out among "
               "them, half of each share at either end.", 0)


def gaps(decided) -> None:
    for rng in drawn(4):
        rows = np.stack([around(rng, 0.1, 0.5, 1000), around(rng, -0.9, -0.2, 1000),
                         around(rng, 0.1, 0.5, 1000), around(rng, -0.5, 0.5, 1000),
                         np.zeros(1000)])
        for row, share in enumerate((0.07, 0.0, 0.2, 0.05, 0.0)):
            rows[row, rng.choice(1000, int(1000 * share), replace=False)] = NAN
        expect(decided(rows), [1, -1, 0, 0, 0],
               "NaN resamples are left out, up to a tenth of a row; beyond that the row is open. "
               "So is one whose interval only touches 0.", 0)


# auc

def auc_of(score, angry, speaker) -> float:
    score = np.where(np.isnan(score), -np.inf, score)
    won = pairs = 0.0
    for s in np.unique(speaker):
        one, other = (score[(speaker == s) & kind] for kind in (angry, ~angry))
        won += sum((a > b) + (a == b) / 2 for a, b in product(one, other))
        pairs += len(one) * len(other)
    return won / pairs if pairs else NAN


def some_turns(rng, n: int, people: int) -> list[np.ndarray]:
    """Scores without ties, anger, speakers: who is angry often has higher scores throughout."""
    speaker = np.concatenate([np.arange(people), rng.integers(0, people, n - people)]) * 7 + 3
    speaker[people:2 * people] = speaker[:people]
    temper = rng.uniform(0.1, 0.9, people)[(speaker - 3) // 7]
    angry = rng.random(n) < temper
    angry[:people], angry[people:2 * people] = True, False   # everybody has a pair
    score = 3 * temper + 0.3 * angry + rng.normal(size=n) * 0.5
    order = rng.permutation(n)
    return [score[order], angry[order], speaker[order]]


def within(auc) -> None:
    for rng, n in zip(drawn(4), (12, 60, 150, 150), strict=True):
        score, angry, _ = some_turns(rng, n, 4)
        expect(auc(score, angry, np.full(n, 5)), auc_of(score, angry, np.full(n, 5)),
               "With one person only: of all pairs of an angry and a calm turn, in how many has "
               "the angry one the higher score?")
        turns = some_turns(rng, n, 4)
        expect(auc(*turns), auc_of(*turns),
               "Only turns of the same person are compared, and it's pairs that count: somebody "
               "with many pairs weighs more.")


def ties(auc) -> None:
    for rng in drawn(4):
        score, angry, speaker = some_turns(rng, 60, 1)
        score = score.round(0)
        expect(auc(score, angry, speaker), auc_of(score, angry, speaker),
               "A tie within a pair counts half.")
        score[rng.choice(60, 15, replace=False)] = NAN
        expect(auc(score, angry, speaker), auc_of(score, angry, speaker),
               "A turn without a score (NaN) ranks below every score, and ties with its like.")


def nobody(auc) -> None:
    for rng in drawn(3):
        score, angry, speaker = some_turns(rng, 40, 4)
        angry[speaker == 3], angry[speaker == 10] = True, False
        expect(auc(score, angry, speaker), auc_of(score, angry, speaker),
               "Who is always angry, or never, has no pair; all the others still count.")
        n = int(rng.integers(1, 9))
        expect(auc(score[:n], np.arange(n) % 2 == 0, np.arange(n)), NAN,
               "No pair at all, each person having said one thing: then there is no AUC, NaN.")


# report

def report_of(truth, ours, theirs, speaker, least: int) -> dict:
    truth, ours, theirs, speaker = (np.asarray(v) for v in (truth, ours, theirs, speaker))
    rows = []
    for s in np.unique(speaker):
        here = (speaker == s) & (truth >= 0)
        if here.sum() >= least:
            rows.append([(said[here] == truth[here]).sum() / here.sum() for said in (ours, theirs)])
    after, before = np.array(rows).T
    gain = after - before
    worst = before <= np.sort(before)[int(np.ceil(len(before) / 10)) - 1]
    return {"people": len(gain), "mean": gain.mean(), "lost": int((gain < 0).sum()),
            "last": gain[worst].mean()}


def heard(rng, people: int, turns=(4, 30)) -> list[np.ndarray]:
    """truth, ours, theirs, speaker of people who are heard and read unequally often and well."""
    n = rng.integers(*turns, people)
    speaker = rng.permutation(np.repeat(rng.permutation(100)[:people], n))
    truth = rng.integers(0, 4, len(speaker))
    said = []
    for _ in range(2):
        skill = rng.uniform(0.2, 0.9, 100)[speaker]
        said.append(np.where(rng.random(len(truth)) < skill, truth, (truth + 1) % 4))
    return [truth, *said, speaker]


def asked(report, turns, least: int, names: str, hint: str) -> None:
    wanted, got = report_of(*turns, least), report(*turns, least)
    for name in names.split():
        expect(field(got, name), wanted[name], hint)


def gains(report) -> None:
    for rng, people in zip(drawn(4), (1, 5, 12, 30), strict=True):
        asked(report, heard(rng, people), 1, "people mean lost",
              "Take each person's own gain, accuracy by ours minus by theirs; then the mean over "
              "people, each counted once, and how many are below 0.")


def who_counts(report) -> None:
    for rng in drawn(4):
        turns = heard(rng, 14)
        turns[0][rng.random(len(turns[0])) < 0.3] = -1       # unlabelled
        asked(report, turns, 10, "people mean lost",
              "Turns without a label (-1) are neither right nor wrong, and who has fewer labelled "
              "turns than `least` isn't counted.")


def last(report) -> None:
    for rng, people in zip(drawn(5), (4, 11, 20, 25, 33), strict=True):
        asked(report, heard(rng, people, (20, 60)), 1, "last",
              "The worst-off tenth, rounded up, are those whom *theirs* reads worst. What did "
              "these very people gain?")
    for rng in drawn(2):
        order = rng.permutation(12)                          # four equally badly read by theirs
        right = np.where(np.arange(12) < 4, 2, rng.integers(3, 9, 12))[order]
        new = rng.integers(0, 10, 12)
        truth = np.tile(np.arange(10), 12)
        said = [np.where(truth < np.repeat(r, 10), truth, 77) for r in (new, right)]
        asked(report, [truth, *said, np.repeat(np.arange(12), 10)], 1, "last",
              "Where several are tied at the edge of the worst-off tenth, all of them are in it.")
