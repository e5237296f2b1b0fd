"""Sweeps that a chapter shows: how much speakers differ, how neutral stage 1 is, names in MELD's text."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mlsan.ablation import difference, means_of, run_all
from mlsan.experiments import Plan
from mlsan.model import STAGES
from mlsan.sources import bayes, load
from mlsan.sources.simulated import Strengths, simulate


def strength_grid(strengths=(0.0, 0.25, 0.5, 0.75, 1.0), seeds: int = 5, device: str = "auto") -> list[dict]:
    """Static and ML-SAN where the planted differences between speakers are scaled by each strength.

    Each utterance is read alone (context off). One row per strength: ``strength``, ``static`` and
    ``mlsan`` (mean weighted F1), ``bayes`` (level a), and the paired ``difference`` with its interval.
    """
    rows = []
    for strength in strengths:
        corpus = simulate(strengths=Strengths().scaled(strength))
        plans = [Plan("simulated", stages, seed=seed, context=False) for stages in ((), STAGES)
                 for seed in range(seeds)]
        records = run_all(plans, corpus, device=device)
        static, full = records[:seeds], records[seeds:]
        rows.append({"strength": strength, "static": means_of(static)["weighted_f1"],
                     "mlsan": means_of(full)["weighted_f1"],
                     "bayes": bayes.report(corpus)["utterance"]["weighted_f1"],
                     **difference(corpus, full, static)["weighted_f1"]})
    return rows


def neutrality_curve(weights=(0.0, 0.01, 0.03, 0.1, 0.3, 1.0), seeds: int = 3, device: str = "auto") -> dict:
    """What stage 1's neutrality term costs and buys (Eq. neutrality), all stages on, context off.

    Returns ``chance`` (the commonest speaker's share of test), ``raw`` (probes before stage 1), ``static``
    (mean weighted F1) and ``curve``: per weight the means of ``weighted_f1`` and of each probe.
    """
    corpus = simulate()
    plans = [Plan("simulated", (), seed=seed, context=False) for seed in range(seeds)]
    plans += [Plan("simulated", STAGES, seed=seed, context=False, neutrality=weight)
              for weight in weights for seed in range(seeds)]
    records = run_all(plans, corpus, device=device, probed=plans[:1] + plans[seeds:])
    speaker = corpus.table.speaker[corpus.rows("test")]
    curve = []
    for i, weight in enumerate(weights, start=1):
        group = records[i * seeds:(i + 1) * seeds]
        curve.append({"weight": weight, "weighted_f1": float(np.mean([r["weighted_f1"] for r in group]))}
                     | {k: float(np.mean([r["probes"][k] for r in group])) for k in group[0]["probes"]})
    return {"chance": float(speaker.value_counts(normalize=True).max()), "raw": records[0]["probes"],
            "static": means_of(records[:seeds])["weighted_f1"], "curve": curve}


# What the model is told of the speakers. The first kind is what the others are compared with.
NAMES_IN_TEXT = {
    "told nothing": Plan("meld", (), "none"),
    "told whose turns are whose": Plan("meld", ()),
    "told the speaker's vector as well": Plan("meld", (), concat_speaker=True)}
SPEAKER_MODES = {
    "all stages, shuffled": Plan("meld-friends", STAGES, "shuffled"),
    **{f"all stages, {mode}": Plan("meld-friends", STAGES, mode) for mode in ("identity", "slot", "gender", "none")},
    "static": Plan("meld-friends", ()),
    "static + speaker vector": Plan("meld-friends", (), concat_speaker=True)}


def compare_kinds(kinds: dict[str, Plan], seeds: int = 5, device: str = "auto") -> list[dict]:
    """Every kind with every seed, on one corpus; per kind the means and sds over the seeds, and the paired
    ``difference`` of weighted F1 from the first kind with its interval (``low``, ``high``)."""
    plans = [replace(plan, seed=seed) for plan in kinds.values() for seed in range(seeds)]
    corpus = load(plans[0].corpus)
    records = run_all(plans, corpus, device=device)
    groups = [records[i * seeds:(i + 1) * seeds] for i in range(len(kinds))]
    return [{"model": name, **means_of(group), **difference(corpus, group, groups[0])["weighted_f1"]}
            for name, group in zip(kinds, groups, strict=True)]
