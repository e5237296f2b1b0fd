"""Generated conversations of a benchmark's size: normal numbers in place of features.

They have the sizes of real corpora and nothing to learn: what a step costs depends on the sizes
alone. Only NumPy and pandas, so that every commit's package can be given the same conversations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

WIDE = {"text": 768, "audio": 512, "visual": 1000}      # MultiEMO's published files, both corpora
NARROW = {"text": 48, "audio": 32, "visual": 32}        # a million of them: 0.45 GB


@dataclass(frozen=True)
class Shape:
    """How many of what.

    Attributes:
        turns: mean, standard deviation and most turns of a dialogue.
        shares: of the dialogues that are train's and dev's; the rest is test's.
        cast: speakers in a dialogue.
        prominence: the k-th speaker is cast as often as 1 / k to this power.
    """

    utterances: int
    dialogues: int
    turns: tuple[float, float, int]
    dims: dict[str, int]
    speakers: int
    emotions: int
    shares: tuple[float, float]
    cast: int = 2
    prominence: float = 0.0

    def smaller(self, times: int) -> Shape:
        """The same with as many times fewer dialogues and utterances."""
        less = {"utterances": self.utterances // times, "dialogues": -(-self.dialogues // times)}
        return Shape(**vars(self) | less)


SHAPES = {
    # 1,038 of MELD's 1,432 dialogues are train's and 114 dev's; six leads say most of it.
    "meld": Shape(13_708, 1_432, (9.6, 5.8, 33), WIDE, 304, 7, (1_038 / 1_432, 114 / 1_432),
                  cast=3, prominence=1.5),
    "iemocap": Shape(7_433, 151, (49.2, 17, 110), WIDE, 10, 6, (108 / 151, 12 / 151)),
    # The book's simulated conversations, which ablations read.
    "simulated": Shape(18_823, 2_000, (9.4, 2.9, 14), {"text": 32, "audio": 24, "visual": 16}, 24,
                       7, (0.72, 0.08), cast=4),
    # As many utterances as MELD's, in dialogues that are all as long as IEMOCAP's longest.
    "110 turns": Shape(13_750, 125, (110, 0, 110), WIDE, 304, 7, (0.72, 0.08), cast=3,
                       prominence=1.5),
}


def grown(utterances: int, speakers: int) -> Shape:
    """Narrow features, ten turns a dialogue, every speaker as prominent as every other."""
    return Shape(utterances, utterances // 10, (10, 0, 10), NARROW, speakers, 7, (0.8, 0.1), cast=4)


def lengths(shape: Shape, rng: np.random.Generator) -> np.ndarray:
    """(dialogues,) turns, at least one each, that add up to ``shape.utterances``."""
    mean, spread, most = shape.turns
    if not shape.dialogues <= shape.utterances <= shape.dialogues * most:
        raise ValueError(f"{shape.utterances} utterances can't be {shape.dialogues} dialogues of "
                         f"1 to {most} turns; ask for other numbers")
    drawn = rng.normal(mean, spread, shape.dialogues).round().clip(1, most).astype(np.int64)
    while missing := shape.utterances - drawn.sum():
        step = int(np.sign(missing))
        open_ = np.flatnonzero(drawn < most if step > 0 else drawn > 1)
        drawn[rng.choice(open_, min(abs(missing), len(open_)), replace=False)] += step
    return drawn


def conversations(shape: Shape, seed: int = 0) -> dict:
    """``utterances``, ``features``, ``emotions``: what ``mlsan``'s ``Corpus`` takes."""
    rng = np.random.default_rng(seed)
    turns = lengths(shape, rng)
    of = np.repeat(np.arange(shape.dialogues), turns)
    if shape.prominence:
        weight = 1 / np.arange(1, shape.speakers + 1) ** shape.prominence
        cast = rng.choice(shape.speakers, (shape.dialogues, shape.cast), p=weight / weight.sum())
    else:                                   # in turns, so that nobody is left out
        cast = np.resize(rng.permutation(shape.speakers), (shape.dialogues, shape.cast))
    emotions = [f"emotion {i}" for i in range(shape.emotions)]
    bounds = np.rint(np.cumsum(shape.shares) * shape.dialogues)
    rows = len(of)
    table = pd.DataFrame({
        "dialogue": of, "turn": np.arange(rows) - np.repeat(np.cumsum(turns) - turns, turns),
        "speaker": np.char.add("s", cast[of, rng.integers(shape.cast, size=rows)].astype(str)),
        "emotion": np.array(emotions)[rng.integers(shape.emotions, size=rows)], "text": "",
        "split": np.array(["train", "dev", "test"])[np.searchsorted(bounds, of, side="right")]})
    features = {m: rng.standard_normal((rows, d), dtype=np.float32) for m, d in shape.dims.items()}
    return {"utterances": table, "features": features, "emotions": emotions}
