"""How much adaptation brings as the planted differences between speakers grow."""

from __future__ import annotations

from mlsan.measures import bayes
from mlsan.model.mlsan import STAGES
from mlsan.runs import Plan
from mlsan.sources import simulated
from mlsan.studies.engine import repeat
from mlsan.studies.summary import difference, means_of

STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)


def strength_grid(seeds: int) -> list[dict]:
    """Static and ML-SAN where the planted differences between speakers are scaled by each strength.

    Each utterance is read alone (context off). One row per strength: ``strength``, ``static`` and
    ``mlsan`` (mean weighted F1), ``bayes`` (level a), the paired ``difference`` and its interval.
    """
    worlds = {}
    for strength in STRENGTHS:
        strengths = simulated.Strengths().scaled(strength)
        worlds[f"strength {strength}"] = simulated.simulate(strengths=strengths)
    groups = repeat({(world, stages): Plan(world, stages, context=False)
                     for world in worlds for stages in ((), STAGES)}, seeds, worlds)
    return [{"strength": strength, "static": means_of(groups[world, ()])["weighted_f1"],
             "mlsan": means_of(groups[world, STAGES])["weighted_f1"],
             "bayes": bayes.report(corpus)["utterance"]["weighted_f1"],
             **difference(corpus, groups[world, STAGES], groups[world, ()])}
            for strength, (world, corpus) in zip(STRENGTHS, worlds.items(), strict=True)]
