"""What moves the numbers of a recorded voice and face: who it is, and what is felt. RAVDESS."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mlsan import catalogue
from mlsan.sources.vectors import egemaps

CLIPS = (1, 2, 4, 8)        # from which a person's mean is taken
# OpenFace's action units, whose intensities, then presences, are the faces' 35 numbers.
UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)
FACE = [*(f"AU{unit:02}_r" for unit in UNITS),
        *(f"AU{unit:02}_c" for unit in sorted([*UNITS, 28]))]


def shares(x: np.ndarray, groups) -> np.ndarray:
    """Of each feature's variance the share that lies between the groups' means.

    Args:
        x: (N, D); groups: (N,) names.

    Returns:
        (D,) between 0 and 1; 0 where a feature is constant.
    """
    frame = pd.DataFrame(x)
    means = frame.groupby(np.asarray(groups)).transform("mean").to_numpy()
    total = frame.to_numpy().var(0)
    return np.divide(means.var(0), total, out=np.zeros_like(total), where=total > 1e-12)


def strays(x: np.ndarray, speaker, emotion, clips: int, alike: bool, rng) -> float:
    """How far a person's mean of a few clips lies from the person's mean of all.

    Squared, summed over the standardised features, in units of what people differ by: at 1 to take
    everybody for the same would have been as good.

    Args:
        x: (N, D); speaker, emotion: (N,) names; clips: how many, drawn without replacement.
        alike: all of one emotion, drawn for each person.
    """
    z = (x - x.mean(0)) / np.maximum(x.std(0), 1e-6)
    speaker, emotion = np.asarray(speaker), np.asarray(emotion)
    people = {s: z[speaker == s].mean(0) for s in np.unique(speaker)}
    apart, off = np.var(list(people.values()), axis=0).sum(), []
    for s, own in people.items():
        here = np.flatnonzero(speaker == s)
        if alike:
            counts = pd.Series(emotion[here]).value_counts()
            here = here[emotion[here] == rng.choice(sorted(counts.index[counts >= clips]))]
        off.append(((z[rng.choice(here, clips, replace=False)].mean(0) - own) ** 2).sum())
    return float(np.mean(off) / apart)


def on_real_people(seeds: int) -> dict:
    """RAVDESS's faces and voices: each feature's shares, and how a person's mean strays.

    Statistics only; ``seeds`` draws of clips.
    """
    voice = egemaps().feature_names
    corpus = catalogue.load("ravdess-egemaps")
    speaker, emotion = corpus.table.speaker.to_numpy(), corpus.table.emotion.to_numpy()
    found = {}
    for modality, names in (("audio", voice), ("visual", FACE)):
        x = np.asarray(corpus.features[modality], float)
        by = {"speaker": shares(x, speaker), "emotion": shares(x, emotion)}
        curves = [{"clips": k} | {
            kind: float(np.mean([strays(x, speaker, emotion, k, alike, np.random.default_rng(seed))
                                 for seed in range(seeds)]))
            for kind, alike in (("any", False), ("one emotion", True))} for k in CLIPS]
        found[modality] = {
            "features": [{"feature": name} | {what: float(by[what][i]) for what in by}
                         for i, name in enumerate(names)],
            "mean": {what: float(values.mean()) for what, values in by.items()},
            "strays": curves}
    return found | {"people": len(set(speaker)), "rows": len(speaker)}
