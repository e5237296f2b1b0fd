"""Many runs: what each stage brings, how sure we are, and how far the exact optimum is."""

from __future__ import annotations

import time
from itertools import combinations

import numpy as np
import torch
from joblib import Parallel, delayed
from scipy.stats import spearmanr

from mlsan import experiments
from mlsan.corpus import Corpus
from mlsan.evaluation import mean_sd, paired_bootstrap, probe
from mlsan.experiments import Plan
from mlsan.model import STAGES
from mlsan.sources import bayes, load
from mlsan.stages.calibration import CALIBRATED
from mlsan.training import pick_device

COMBINATIONS = tuple(c for k in range(len(STAGES) + 1) for c in combinations(STAGES, k))


def run_all(plans: list[Plan], corpus: Corpus, *, device: str = "auto", probed=(), look=None) -> list[dict]:
    """Train every plan and look into it; on a CPU, one process per core (joblib gives each one thread).

    ``probed``: the plans whose features are probed as well, by ``look(run)`` (``probe_run`` if not given).
    Returns one record per plan, in order (see ``_record``), with the test predictions under ``predicted``.
    """
    jobs = 1 if pick_device(device).type == "cuda" else -1
    return Parallel(jobs)(delayed(_record)(plan, corpus, device, (look or probe_run) if plan in probed else None)
                          for plan in plans)


def _record(plan: Plan, corpus: Corpus, device: str, look) -> dict:
    started = time.perf_counter()
    run = experiments.train(plan, corpus=corpus, device=device, progress=False)
    out = run.inspect("test")
    scores = run.scores("test", out)
    record = {"stages": list(plan.stages), "speakers": plan.speakers, "seed": plan.seed,
              "concat_speaker": plan.concat_speaker, **scores,
              "dev_weighted_f1": max(h["dev_weighted_f1"] for h in run.history),
              "epochs": len(run.history), "rows": out["rows"], "predicted": out["logits"].argmax(1)}
    if "gating" in plan.stages:
        record["gates"] = mean_gates(run, out)
    if "regularization" in plan.stages:
        record["speaker_head"] = speaker_head(run)
    if look:
        record["probes"] = look(run)
    record["seconds"] = round(time.perf_counter() - started, 1)
    return record


def mean_gates(run: experiments.Run, out: dict) -> dict[str, list[float]]:
    """speaker -> the mean gate of each modality over that speaker's test utterances."""
    speaker = run.corpus.table.speaker.to_numpy()[out["rows"]]
    return {str(s): out["gates"][speaker == s].mean(0).tolist() for s in np.unique(speaker)
            if s in run.corpus.met}


@torch.no_grad()
def speaker_head(run: experiments.Run) -> dict[str, float]:
    """Accuracy of stage 3's speaker head on test: ``closed``, from the features alone; ``open``, when
    calibration and gates have written the speaker into what it reads."""
    device = next(run.model.parameters()).device
    run.model.eval()
    batch = run.corpus.tensors(run.speakers.ids, device).batch(run.corpus.dialogues("test"))
    known = batch.mask & (batch.speaker > 0)
    return {name: (run.model.speaker_logits(batch, closed=name == "closed").argmax(-1) == batch.speaker)[known]
            .float().mean().item() if known.any() else None for name in ("closed", "open")}


def calibrated_features(run: experiments.Run, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Rows where audio and visual are there, and (n, D) those features as they leave stage 1."""
    out = run.inspect(split)
    which = [m for m in CALIBRATED if m in run.corpus.features]
    there = np.all([run.corpus.present[m][out["rows"]] for m in which], axis=0)
    return out["rows"][there], np.hstack([out[m][there] for m in which])


def probe_run(run: experiments.Run, kinds=("linear", "mlp")) -> dict[str, float] | None:
    """How well speaker and emotion can be read from the features that leave stage 1.

    With stage 1 off these are the raw ones. None for a corpus without audio and visual features.
    """
    if not set(CALIBRATED) & set(run.corpus.features):
        return None
    (train_rows, train_x), (test_rows, test_x) = (calibrated_features(run, s) for s in ("train", "test"))
    labels = {"speaker": run.corpus.table.speaker.to_numpy(), "emotion": run.corpus.emotion}
    return {f"{what}_{kind}": probe(train_x, y[train_rows], test_x, y[test_rows], kind)
            for what, y in labels.items() for kind in kinds}


def probe_places(run: experiments.Run) -> dict[str, dict[str, float]]:
    """How well a linear probe names speaker and emotion at each place on the way through the model.

    All modalities together: as they come in (``raw``), after stage 1 (``calibrated``), as the classifier and
    the context get them (``fused``), and from its answer (``logits``).
    """
    labels = {"speaker": run.corpus.table.speaker.to_numpy(), "emotion": run.corpus.emotion}
    (train, train_x), (test, test_x) = (_places(run, split) for split in ("train", "test"))
    return {place: {what: probe(x, y[train], test_x[place], y[test]) for what, y in labels.items()}
            for place, x in train_x.items()}


def _places(run: experiments.Run, split: str):
    out = run.inspect(split)
    return out["rows"], {
        "raw": np.hstack([x[out["rows"]] for x in run.corpus.features.values()]),
        "calibrated": np.hstack([out[m] for m in run.corpus.modalities]),
        "fused": out["fused"], "logits": out["logits"]}


def gate_correlation(corpus: Corpus, gates: dict[str, list[float]]) -> dict[str, float]:
    """Spearman correlation of mean gates with planted expressiveness: pooled and per modality."""
    learned = np.array([gates[s] for s in corpus.truth.speakers])
    planted = corpus.truth.expressiveness
    out = {"pooled": spearmanr(learned.ravel(), planted.ravel())[0]}
    out |= {m: spearmanr(learned[:, i], planted[:, i])[0] for i, m in enumerate(corpus.modalities)}
    return {k: float(v) for k, v in out.items()}


def ablate(name: str, seeds: int, *, speakers: tuple[str, ...] = ("identity",), context: bool = True,
           device: str = "auto") -> dict:
    """All eight on/off combinations × speaker modes × seeds, and the static model told the speaker.

    Returns a dict that is JSON as it stands: ``runs``, ``baselines`` (static + speaker vector), ``means``,
    ``paired`` (against static, with 95% intervals), ``probes``, and for simulated conversations
    ``bayes``, ``gap_closed`` and ``gate_correlation``.
    """
    started = time.perf_counter()
    corpus = load(name)
    plans = [Plan(name, stages, mode, seed, context) for mode in speakers for stages in COMBINATIONS
             for seed in range(seeds)]
    plans += [Plan(name, (), mode, seed, context, concat_speaker=True)
              for mode in speakers for seed in range(seeds)]
    probed = [Plan(name, stages, speakers[0], 0, context) for stages in ((), ("calibration",), STAGES)]
    records = run_all(plans, corpus, device=device, probed=probed)
    result = {"corpus": name, "fingerprint": corpus.fingerprint, "context": context, "seeds": seeds,
              "speakers": list(speakers), **_compare(corpus, records, speakers)}
    result["probes"] = [{"stages": r["stages"], "speakers": r["speakers"], "seed": r["seed"], **r["probes"]}
                        for r in records if r.get("probes")]
    if corpus.truth is not None:
        _against_truth(corpus, result, records)
    kept = [{k: v for k, v in r.items() if k not in ("rows", "predicted", "probes")} for r in records]
    result["runs"] = [r for r in kept if not r.pop("concat_speaker")]
    result["baselines"] = [r | {"name": "static + speaker vector"} for r, full in zip(kept, records, strict=True)
                           if full["concat_speaker"]]
    return result | {"seconds": round(time.perf_counter() - started)}


def means_of(group: list[dict]) -> dict[str, float | None]:
    """Mean and sd over one model's seeds of each score that it has; the sd of a single run is None."""
    row = {}
    for score in ("weighted_f1", "macro_f1", "unseen_speaker_f1"):
        if group[0][score] is not None:
            mean, sd = mean_sd([r[score] for r in group])
            row |= {score: mean, f"{score}_sd": sd if len(group) > 1 else None}     # JSON has no nan
    return row


def difference(corpus: Corpus, ours: list[dict], theirs: list[dict]) -> dict:
    """``paired_bootstrap`` between the records of two models, one record per seed."""
    rows = ours[0]["rows"]
    return paired_bootstrap(corpus.emotion[rows], [r["predicted"] for r in ours],
                            [r["predicted"] for r in theirs], corpus.dialogue_of_row[rows],
                            len(corpus.emotions))


def _compare(corpus, records, speakers) -> dict:
    """Means over seeds, and every row's paired difference from the static model of its speaker mode."""
    means, paired = [], []
    groups = {}
    for r in records:
        groups.setdefault((r["speakers"], tuple(r["stages"]), r["concat_speaker"]), []).append(r)
    for (mode, stages, concat), group in groups.items():
        about = {"stages": list(stages), "speakers": mode} | ({"baseline": "static + speaker vector"} if concat else {})
        means.append(about | means_of(group))
        against = [("static", groups[mode, (), False])] if stages or concat else []
        if stages == STAGES:
            against.append(("static + speaker vector", groups[mode, (), True]))
        if mode == "shuffled" and "identity" in speakers:
            against.append(("the same with identity", groups["identity", stages, concat]))
        paired += [about | {"against": other} | difference(corpus, group, reference)
                   for other, reference in against]
    return {"means": means, "paired": paired}


def _against_truth(corpus, result, records):
    result["bayes"] = bayes.report(corpus)
    mode = result["speakers"][0]
    mean = {tuple(m["stages"]): m["weighted_f1"] for m in result["means"]
            if m["speakers"] == mode and "baseline" not in m}
    result["gap_closed"] = {
        level: (mean[STAGES] - mean[()]) / (result["bayes"][level]["weighted_f1"] - mean[()])
        for level in ("utterance", "dialogue")}
    correlations = [gate_correlation(corpus, r["gates"]) for r in records
                    if r["stages"] == list(STAGES) and r["speakers"] == "identity"]
    if correlations:
        result["gate_correlation"] = {k: float(np.mean([c[k] for c in correlations])) for k in correlations[0]}
