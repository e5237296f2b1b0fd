"""What undoes a speaker's gain and shift: the truth that was planted, or their moments in train.

A planted feature is x = exp(g) z + b (Eq. simulated). A model first standardises it, to
x' = (x - mean) / sd, so that FiLM gives back z exactly where

    1 + gamma = sd exp(-g),      beta = (mean - b) exp(-g)                      (Eq. undoing)

Whoever has no truth at hand can take each speaker's mean and standard deviation from train:

    x' = (x - mu_s) / sigma_s                                                   (Eq. own-moments)

which is Eq. calibration too, with 1 + gamma = 1 / sigma_s and beta = -mu_s / sigma_s: numbers that
are counted, not learned.
"""

from __future__ import annotations

import numpy as np

from mlsan.data.corpus import Corpus
from mlsan.model.calibration import CALIBRATED
from mlsan.runs import Plan
from mlsan.sources import simulated
from mlsan.studies.engine import repeat, seeded
from mlsan.studies.records import probe_run
from mlsan.studies.summary import averaged, commonest_share, compare, difference, means_of


def undo(log_gain: np.ndarray, shift: np.ndarray, mean: np.ndarray, sd: np.ndarray):
    """gamma and beta (S, D) of Eq. undoing, from what was planted (S, D), train's moments (D,)."""
    gamma = sd * np.exp(-log_gain) - 1                                            # Eq. undoing
    beta = (mean - shift) * np.exp(-log_gain)                                     # Eq. undoing
    return gamma, beta


def own_moments(x: np.ndarray, speaker: np.ndarray, in_train: np.ndarray) -> np.ndarray:
    """Eq. own-moments on (N, D) features, (N,) names, (N,) bool.

    Who is new to train gets everybody's moments. What is constant there keeps its size, as in
    ``MLSAN.standardise``: an action unit that somebody never showed.
    """
    x = np.asarray(x, float)
    everybody = x[in_train]
    out = (x - everybody.mean(0)) / _spread(everybody)
    for s in np.unique(speaker[in_train]):
        mine = speaker == s
        known = x[mine & in_train]
        out[mine] = (x[mine] - known.mean(0)) / _spread(known)                    # Eq. own-moments
    return out


def _spread(x: np.ndarray) -> np.ndarray:
    sd = x.std(0)
    return np.where(sd < 1e-6, 1, sd)


def undone(corpus: Corpus) -> Corpus:
    """Simulated conversations with every speaker's planted gain and shift taken out."""
    row = {name: i for i, name in enumerate(corpus.truth.speakers)}
    who = corpus.table.speaker.map(row).to_numpy()
    features = dict(corpus.features)
    for m in CALIBRATED:
        log_gain, shift = corpus.truth.log_gain[m][who], corpus.truth.shift[m][who]
        features[m] = (features[m] - shift) * np.exp(-log_gain)
    return corpus.replaced(features=features)


def standardised_by_speaker(corpus: Corpus) -> Corpus:
    """The corpus with audio and visual through Eq. own-moments, from the rows that have them."""
    speaker, in_train = corpus.table.speaker.to_numpy(), (corpus.table.split == "train").to_numpy()
    features = dict(corpus.features)
    for m in set(CALIBRATED) & set(features):
        moved = own_moments(features[m], speaker, in_train & corpus.present[m])
        features[m] = moved * corpus.present[m][:, None]
    return corpus.replaced(features=features)


# Name -> which features go in, which stages are on, the weight of Eq. neutrality.
RIVALS = {
    "static": ("raw", (), 0.0),
    "gating": ("raw", ("gating",), 0.0),
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
# What calibrates -> with gates and without, less the same without calibration.
INTERACTIONS = {
    "learned from emotion alone": ("calibration + gating", "calibration"),
    "neutral": ("calibration, neutral + gating", "calibration, neutral"),
    "own moments": ("own moments + gating", "own moments"),
    "truth undone": ("truth undone + gating", "truth undone"),
}


def rivals(seeds: int) -> dict:
    """FiLM learned, FiLM counted from each speaker's moments, FiLM from the truth; context off.

    ``models``: one row per kind in ``RIVALS``: mean and sd of the F1s over the seeds, ``probes`` of
    the features that leave stage 1 (seed 0), and paired differences of weighted F1 with their
    intervals (``from``), from ``static`` and from each speaker's own moments, without gates and
    with. ``interactions``: per kind in ``INTERACTIONS``, what calibration and gates bring together
    beyond the sum of what each brings alone (``difference``, ``low``, ``high``).
    """
    corpus = simulated.simulate()
    inputs = {"raw": corpus, "own moments": standardised_by_speaker(corpus),
              "undone": undone(corpus)}
    kinds = {name: Plan(features, stages, context=False, neutrality=neutrality)
             for name, (features, stages, neutrality) in RIVALS.items()}
    groups = repeat(kinds, seeds, inputs, looks=dict.fromkeys(kinds.values(), probe_run))
    others = ("static", "own moments", "own moments + gating")
    models = [{"model": name, **means_of(group), "probes": group[0]["probes"],
               "from": {other: difference(corpus, group, groups[other])
                        for other in others if other != name}}
              for name, group in groups.items()]
    interactions = {
        name: compare(corpus, [groups[both], groups["static"]],
                      [groups[alone], groups["gating"]])["weighted_f1"]
        for name, (both, alone) in INTERACTIONS.items()}
    return {"models": models, "interactions": interactions}


NEUTRALITIES = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)


def neutrality_curve(seeds: int) -> dict:
    """What stage 1's neutrality term costs and buys (Eq. neutrality), all stages on, context off.

    Returns ``chance`` (the commonest speaker's share of test), ``raw`` (probes before stage 1),
    ``static`` (mean weighted F1) and ``curve``: per weight the mean ``weighted_f1`` and probes.
    """
    corpus = simulated.simulate()
    static = Plan("simulated", (), context=False)
    kinds = {weight: Plan("simulated", context=False, neutrality=weight) for weight in NEUTRALITIES}
    probed = [static, *(plan for kind in kinds.values() for plan in seeded(kind, seeds))]
    groups = repeat({"static": static} | kinds, seeds, {"simulated": corpus},
                    looks=dict.fromkeys(probed, probe_run))
    curve = []
    for weight in NEUTRALITIES:
        found = [{"weighted_f1": r["weighted_f1"], **r["probes"]} for r in groups[weight]]
        curve.append({"weight": weight, **averaged(found)})
    return {"chance": commonest_share(corpus), "raw": groups["static"][0]["probes"],
            "static": means_of(groups["static"])["weighted_f1"], "curve": curve}
