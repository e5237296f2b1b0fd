"""The ablation: what each stage brings, how sure we are, and how far the exact optimum is."""

from __future__ import annotations

import time
from itertools import combinations

import numpy as np
from scipy.stats import spearmanr

from mlsan import catalogue
from mlsan.data.corpus import Corpus
from mlsan.measures import bayes
from mlsan.model.mlsan import STAGES, idle
from mlsan.runs import Plan
from mlsan.studies.engine import repeat
from mlsan.studies.folds import held_out, parts_of, people_of, pooled, protocol_of
from mlsan.studies.records import probe_run
from mlsan.studies.summary import SCORES, compare, means_of

COMBINATIONS = tuple(c for k in range(len(STAGES) + 1) for c in combinations(STAGES, k))
TOLD = "static + speaker vector"    # the second baseline: no stage, the vector beside the features

Kind = tuple[str, tuple[str, ...], bool]        # speaker mode, stages, told by concatenation


def ablate(name: str, seeds: int, *, speakers: tuple[str, ...] = ("identity",),
           context: bool = True, class_weights: bool = False, recipe: str | None = None,
           folds: int | None = None, device: str = "auto") -> dict:
    """All eight on/off combinations × speaker modes × seeds, and the static model told the speaker.

    Returns a dict that is JSON as it stands: ``runs``, ``baselines`` (static + speaker vector),
    ``means``, ``paired`` (against static, with 95% intervals), ``probes``, and for simulated
    conversations ``bayes``, ``gap_closed`` and ``gate_correlation``.

    With ``folds``, everybody is tested as a stranger (``mlsan.studies.folds``): no ``probes``, no
    optimum, and ``means`` with their ``people`` (``people_of``); ``folds`` tells who was held out
    where, ``protocol`` how it was done.
    """
    started = time.perf_counter()
    corpus = catalogue.load(name)
    kinds: dict[Kind, Plan] = {
        (mode, stages, told): Plan(name, stages, mode, context=context, concat_speaker=told,
                                   class_weights=class_weights, recipe=recipe)
        for told, choices in ((False, COMBINATIONS), (True, [()]))
        for mode in speakers for stages in choices
        if not set(stages) & set(idle(corpus.modalities, mode))}
    full = {mode: Plan(name, speakers=mode).acting(corpus) for mode in speakers}
    asked = dict.fromkeys(speakers, STAGES)
    if folds is not None:
        parts = parts_of(corpus, folds, [Plan(name, speakers=mode) for mode in speakers])
        groups = pooled(corpus, parts, kinds, seeds, device)
        notes = unusual(corpus, asked, set(corpus.table.speaker))
    else:
        probed = [kinds[kind] for stages in ((), ("calibration",), full[speakers[0]])
                  if (kind := (speakers[0], stages, False)) in kinds]
        groups = repeat(kinds, seeds, {name: corpus}, looks=dict.fromkeys(probed, probe_run),
                        device=device)
        notes = unusual(corpus, asked, corpus.met)
    result = {"corpus": name, "fingerprint": corpus.fingerprint, "context": context, "seeds": seeds,
              "recipe": recipe or corpus.recipe, "class_weights": class_weights,
              "speakers": list(speakers), "notes": notes,
              "means": [_about(kind) | means_of(group) for kind, group in groups.items()],
              "paired": []}
    for kind, group in groups.items():
        for other, reference in _references(kind, full):
            found = _differences(corpus, group, groups[reference],
                                 "dialogue" if folds is None else "speaker")
            result["paired"].append(_about(kind) | {"against": other} | found)
    records = [r for group in groups.values() for r in group]
    named = ("stages", "speakers", "seed")
    result["probes"] = [{key: r[key] for key in named} | r["probes"]
                        for r in records if r.get("probes")]
    if folds is not None:
        result |= {"folds": held_out(parts), "protocol": protocol_of(parts, speakers)}
        for mean, group in zip(result["means"], groups.values(), strict=True):
            mean["people"] = people_of(corpus, group)
    elif corpus.truth is not None:
        _against_truth(corpus, result, groups, full)
    result["runs"] = [_kept(r) for r in records if not r["concat_speaker"]]
    result["baselines"] = [_kept(r) | {"name": TOLD} for r in records if r["concat_speaker"]]
    return result | {"seconds": round(time.perf_counter() - started)}


def _about(kind: Kind) -> dict:
    mode, stages, told = kind
    return {"stages": list(stages), "speakers": mode} | ({"baseline": TOLD} if told else {})


def unusual(corpus: Corpus, asked: dict[str, tuple[str, ...]], met, split="test") -> list[str]:
    """What a reader of the scores has to know: stages that can't act, a split of strangers alone.

    ``asked``: speaker mode -> the stages that were asked for; ``met``: whom training met.
    """
    out = [f"{stage} is left out, speakers {mode}: it {why}." for mode, stages in asked.items()
           for stage, why in idle(corpus.modalities, mode).items() if stage in stages]
    if not corpus.table.speaker[corpus.rows(split)].isin(met).any():
        out.append(f"Nobody of {split} is in train: to the model all are the unknown speaker.")
    return out


def _references(kind: Kind, full: dict[str, tuple[str, ...]]) -> list[tuple[str, Kind]]:
    """What a kind is compared with: name -> kind; ``full``: all stages that can act, by mode."""
    mode, stages, told = kind
    out = []
    if stages or told:
        out.append(("static", (mode, (), False)))
    if stages and stages == full[mode]:
        out.append((TOLD, (mode, (), True)))
    if mode == "shuffled" and "identity" in full:
        out.append(("the same with identity", ("identity", stages, told)))
    return out


def _differences(corpus: Corpus, ours: list[dict], theirs: list[dict], by: str) -> dict:
    found = compare(corpus, [ours], [theirs], by)
    return {score: found[score] for score in SCORES}


def _kept(record: dict) -> dict:
    left_out = ("rows", "predicted", "probes", "history", "epoch", "concat_speaker",
                # What a run that was kept says of itself.
                "plan", "recipe", "corpus_fingerprint", "versions", "looked_for", "peek")
    return {k: v for k, v in record.items() if k not in left_out}


def _against_truth(corpus: Corpus, result: dict, groups: dict[Kind, list[dict]],
                   full: dict[str, tuple[str, ...]]) -> None:
    """Add how far the exact optimum is, and how well the gates follow what was planted."""
    result["bayes"] = bayes.report(corpus)
    mode = result["speakers"][0]
    static, adaptive = (means_of(groups[mode, stages, False])["weighted_f1"]
                        for stages in ((), full[mode]))
    best = {level: result["bayes"][level]["weighted_f1"] for level in ("utterance", "dialogue")}
    gain = adaptive - static
    result["gap_closed"] = {level: gain / (f1 - static) for level, f1 in best.items()}
    if gated := groups.get(("identity", STAGES, False)):
        each = [gate_correlation(corpus, r["gates"]) for r in gated]
        result["gate_correlation"] = {k: float(np.mean([c[k] for c in each])) for k in each[0]}


def gate_correlation(corpus: Corpus, gates: dict[str, list[float]]) -> dict[str, float]:
    """Spearman correlation of mean gates with planted expressiveness: pooled and per modality."""
    learned = np.array([gates[s] for s in corpus.truth.speakers])
    planted = corpus.truth.expressiveness
    out = {"pooled": spearmanr(learned.ravel(), planted.ravel())[0]}
    out |= {m: spearmanr(learned[:, i], planted[:, i])[0] for i, m in enumerate(corpus.modalities)}
    return {k: float(v) for k, v in out.items()}
