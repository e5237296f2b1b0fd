"""What undoes a speaker's gain and shift: the truth that was planted, or the speaker's own train moments.

A planted feature is x = exp(g) z + b (Eq. simulated). A model first standardises it, x' = (x - mean) / sd,
so that FiLM gives back z exactly where

    1 + gamma = sd exp(-g),      beta = (mean - b) exp(-g)                      (Eq. undoing)

Whoever has no truth at hand can take each speaker's mean and standard deviation from train:

    x' = (x - mu_s) / sigma_s                                                   (Eq. own-moments)

which is Eq. calibration too, with 1 + gamma = 1 / sigma_s and beta = -mu_s / sigma_s: counted, not learned.
"""

from __future__ import annotations

import numpy as np

from mlsan.ablation import difference, means_of, run_all
from mlsan.corpus import Corpus
from mlsan.experiments import Plan
from mlsan.sources import load
from mlsan.stages.calibration import CALIBRATED


def undo(log_gain: np.ndarray, shift: np.ndarray, mean: np.ndarray, sd: np.ndarray):
    """gamma and beta of Eq. undoing, (S, D), from what was planted (S, D) and train's moments (D,)."""
    gamma = sd * np.exp(-log_gain) - 1                                            # Eq. undoing
    beta = (mean - shift) * np.exp(-log_gain)                                     # Eq. undoing
    return gamma, beta


def own_moments(x: np.ndarray, speaker: np.ndarray, in_train: np.ndarray) -> np.ndarray:
    """Eq. own-moments on (N, D) features, (N,) names, (N,) bool; who is new to train gets everybody's moments."""
    x = np.asarray(x, float)
    everybody = x[in_train]
    out = (x - everybody.mean(0)) / np.maximum(everybody.std(0), 1e-6)
    for s in np.unique(speaker[in_train]):
        mine = speaker == s
        known = x[mine & in_train]
        out[mine] = (x[mine] - known.mean(0)) / np.maximum(known.std(0), 1e-6)    # Eq. own-moments
    return out


def undone(corpus: Corpus) -> Corpus:
    """Simulated conversations with every speaker's planted gain and shift taken out."""
    who = corpus.table.speaker.map({name: i for i, name in enumerate(corpus.truth.speakers)}).to_numpy()
    planted = {m: (corpus.truth.log_gain[m][who], corpus.truth.shift[m][who]) for m in CALIBRATED}
    return corpus.replaced(features=corpus.features | {
        m: (corpus.features[m] - shift) * np.exp(-log_gain) for m, (log_gain, shift) in planted.items()})


def standardised_by_speaker(corpus: Corpus) -> Corpus:
    """The corpus with audio and visual features through Eq. own-moments; no feature may be missing."""
    speaker, in_train = corpus.table.speaker.to_numpy(), (corpus.table.split == "train").to_numpy()
    return corpus.replaced(features=corpus.features | {
        m: own_moments(corpus.features[m], speaker, in_train) for m in CALIBRATED})


# Name -> which features go in, which stages are on, the weight of Eq. neutrality.
RIVALS = {
    "static": ("raw", (), 0.0),
    "calibration": ("raw", ("calibration",), 0.0),
    "calibration, neutral": ("raw", ("calibration",), 0.3),
    "calibration + gating": ("raw", ("calibration", "gating"), 0.0),
    "calibration, neutral + gating": ("raw", ("calibration", "gating"), 0.3),
    "own moments": ("own moments", (), 0.0),
    "own moments + gating": ("own moments", ("gating",), 0.0),
    "own moments + calibration": ("own moments", ("calibration",), 0.0),
    "truth undone": ("undone", (), 0.0),
    "truth undone + gating": ("undone", ("gating",), 0.0),
}


def rivals(seeds: int = 5, device: str = "auto") -> list[dict]:
    """FiLM learned, FiLM counted from each speaker's moments, FiLM from the truth; context off.

    One row per kind in ``RIVALS``: mean and sd of the F1s over the seeds, ``probes`` of the features that leave
    stage 1 (seed 0), and paired differences of weighted F1 from ``static`` and from each speaker's own
    moments, without gates and with, with their intervals (``from``).
    """
    corpus = load("simulated")
    inputs = {"raw": corpus, "own moments": standardised_by_speaker(corpus), "undone": undone(corpus)}
    groups = {}
    for name, (features, stages, neutrality) in RIVALS.items():
        plans = [Plan("simulated", stages, seed=seed, context=False, neutrality=neutrality)
                 for seed in range(seeds)]
        groups[name] = run_all(plans, inputs[features], device=device, probed=plans[:1])
    return [{"model": name, **means_of(group), "probes": group[0]["probes"],
             "from": {other: difference(corpus, group, groups[other])["weighted_f1"]
                      for other in ("static", "own moments", "own moments + gating") if other != name}}
            for name, group in groups.items()]
