"""Strangers whose truth is known: how much of what names give a few of their utterances give back.

Half of a simulated world's speakers are held out of train and dev. Test is what they say there,
each turn a dialogue of its own, so that nothing but the turn itself and its speaker can be read;
the other models, who know everybody, are tested on the same turns. The ceiling is a fit of the
generator itself (``fitted``), for which the emotions' prototypes are known.
"""

from __future__ import annotations

import numpy as np
import torch

from mlsan.data.batches import padded
from mlsan.data.corpus import Corpus
from mlsan.data.validation import MODALITIES
from mlsan.measures.scores import dialogue_confusions, f1_of_confusion, mean_sd
from mlsan.model.calibration import CALIBRATED
from mlsan.model.mlsan import STAGES
from mlsan.runs import Plan, Run
from mlsan.sources import simulated
from mlsan.studies.engine import run, seeded
from mlsan.studies.strangers import ALL, WRONG, draws, heard_confusions

WORLDS = (0, 1, 2)                                  # seeds of the generator
CLIPS = (0, 2, 8, 32, ALL)
TWO = STAGES[:2]
KINDS = {"static, known": ("everybody", (), "none"), "table, known": ("everybody", TWO, "identity"),
         "static, strangers": ("half", (), "none"), "by ear": ("half", TWO, "heard")}
STEPS, RATE = 600, 0.03                             # of the fit, by Adam
EVEN = 0.8                                          # of the generator's Dirichlet: ``simulated``


def met_and_strangers(corpus: Corpus) -> dict[str, Corpus]:
    """Each turn its own dialogue, test of every other speaker alone: with ``everybody`` in train
    and dev, and with the other ``half`` there."""
    table = corpus.table
    alone = corpus.replaced(table=table.assign(
        dialogue=table.dialogue + "-" + table.turn.astype(str), turn=0))
    met = table.speaker.isin(sorted(set(table.speaker))[::2]).to_numpy()
    test = (table.split == "test").to_numpy()
    return {"everybody": alone.replaced(keep=~test | ~met), "half": alone.replaced(keep=test ^ met)}


def ear(seeds: int) -> dict:
    """``kinds``: those who know everybody, and a static model of half of them; ``by_ear``: case ->
    what is heard of a stranger; ``ceiling``: the same of the generator, fitted.

    Each with ``weighted_f1`` (mean over worlds and seeds), its ``sd`` over the worlds, and what is
    ``regained`` by ear: its gain over static, as a share of what a table gives to known people.
    """
    corpora, plans = {}, {}
    for world in WORLDS:
        for who, corpus in met_and_strangers(simulated.simulate(seed=world)).items():
            corpora[f"world {world}, {who}"] = corpus
        for kind, (who, stages, speakers) in KINDS.items():
            plans[kind, world] = seeded(
                Plan(f"world {world}, {who}", stages, speakers, context=False), seeds)
    records = run((p for some in plans.values() for p in some), corpora,
                  looks=dict.fromkeys((p for w in WORLDS for p in plans["by ear", w]), _by_ear),
                  device="cpu")         # networks so small are faster there
    kinds = {kind: _summary([[records[p]["weighted_f1"] for p in plans[kind, w]] for w in WORLDS])
             for kind in KINDS if kind != "by ear"}
    static, known = (kinds[kind]["weighted_f1"] for kind in ("static, strangers", "table, known"))
    gain = known - kinds["static, known"]["weighted_f1"]
    by_ear, ceiling = {}, {}
    for case in map(str, (*CLIPS, *WRONG)):
        found = _summary([[records[p]["probes"][case] for p in plans["by ear", w]] for w in WORLDS])
        by_ear[case] = found | {"regained": (found["weighted_f1"] - static) / gain}
    for case in CLIPS:
        found = _summary([[_f1(fit_confusions(corpora[f"world {w}, half"], case))] for w in WORLDS])
        ceiling[str(case)] = found | {"regained": (found["weighted_f1"] - static) / gain}
    people = len(set(corpus.table.speaker[corpus.rows("test")]))
    return {"worlds": list(WORLDS), "people": people, "kinds": kinds, "by_ear": by_ear,
            "ceiling": ceiling}


def _by_ear(run: Run) -> dict[str, float]:
    return {str(case): _f1(heard_confusions(run, "test", case)) for case in (*CLIPS, *WRONG)}


def _f1(confusions: np.ndarray) -> float:
    return float(f1_of_confusion(confusions.sum(0))["weighted_f1"])


def _summary(scores: list[list[float]]) -> dict[str, float]:
    """Of worlds × seeds."""
    mean, sd = mean_sd(np.mean(scores, axis=1))
    return {"weighted_f1": mean, "sd": sd}


# -- the ceiling -----------------------------------------------------------------------------------


def fit_confusions(corpus: Corpus, case) -> np.ndarray:
    """(S, C, C) of everybody in test, the generator being fitted to what the case has heard."""
    people, heard, scored = zip(*draws(corpus, "test", case), strict=True)
    prior = torch.as_tensor(corpus.truth.prior).log()
    person = fitted(corpus, *padded(heard))
    rows, there = padded(scored)
    with torch.no_grad():
        named = (log_likelihood(corpus, rows, *person) + prior).argmax(-1)[there].numpy()
    true = corpus.emotion[rows[there].numpy()]
    who = np.repeat(people, [len(s) for s in scored])
    return dialogue_confusions(true, named, who, len(corpus.emotions))


def fitted(corpus: Corpus, rows: torch.Tensor, there: torch.Tensor):
    """P people's log-gain and shift (modality -> (P, D)) and expressiveness (P, M) at the maximum
    a posteriori, given utterances ``rows`` (P, K) without a label; prototypes and priors are known.
    """
    P, truth, prior = len(rows), corpus.truth, torch.as_tensor(corpus.truth.prior).log()
    strengths = truth.strengths

    def zeros(d):
        return torch.zeros(P, d, dtype=torch.float64, requires_grad=True)

    log_gain, shift = ({m: zeros(corpus.dims[m]) for m in CALIBRATED} for _ in range(2))
    share = zeros(len(MODALITIES))
    weights = [*log_gain.values(), *shift.values(), share]
    optimiser = torch.optim.Adam(weights, RATE)
    for _ in range(STEPS):
        optimiser.zero_grad()
        likelihood = log_likelihood(corpus, rows, log_gain, shift,
                                    strengths.loudness * share.softmax(-1))
        told = ((likelihood + prior).logsumexp(-1) * there).sum()
        likely = EVEN * share.log_softmax(-1).sum()             # of the Dirichlet, in logits
        for m in CALIBRATED:
            likely = likely - (log_gain[m] / strengths.gain).square().sum() / 2
            likely = likely - (shift[m] / strengths.shift).square().sum() / 2
        (-told - likely).backward()
        optimiser.step()
    return log_gain, shift, strengths.loudness * share.softmax(-1)


def log_likelihood(corpus: Corpus, rows, log_gain, shift, loud) -> torch.Tensor:
    """Eq. likelihood (P, n, C) of P people's utterances, ``rows`` (P, n), by each one's own
    parameters; what is the same for all of them is left out."""
    total = 0.0
    for i, m in enumerate(MODALITIES):
        z = torch.as_tensor(corpus.features[m])[rows].double()                  # (P, n, D)
        if m in log_gain:
            z = (z - shift[m][:, None]) * torch.exp(-log_gain[m])[:, None]
            total = total - log_gain[m].sum(-1)[:, None, None]
        prototype, a = torch.as_tensor(corpus.truth.prototypes[m]), loud[:, i, None, None]
        squared = z.square().sum(-1, keepdim=True) - 2 * a * z @ prototype.T
        total = total - (squared + a.square() * prototype.square().sum(1)) / 2
    return total
