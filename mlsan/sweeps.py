"""Sweeps that a chapter shows: how much speakers differ, how neutral stage 1 is, names in MELD's text."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from joblib import Parallel, delayed

from mlsan import experiments, training
from mlsan.ablation import difference, means_of, probe_places, run_all
from mlsan.corpus import Corpus
from mlsan.evaluation import bootstrap, contrast, mean_sd
from mlsan.experiments import Plan
from mlsan.maps import umap
from mlsan.model import STAGES
from mlsan.sources import bayes, load
from mlsan.sources.download import data_dir
from mlsan.sources.encoders import encode
from mlsan.sources.finetune import Recipe, finetune
from mlsan.sources.meld import LAYERS
from mlsan.sources.simulated import Strengths, simulate
from mlsan.speakers import speaker_ids


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


def regularization_curve(weights=(0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0), seeds: int = 5, device: str = "auto") -> dict:
    """What stage 3 costs and buys by its weight lambda (Eq. regularization), context off.

    Returns ``chance`` (the commonest speaker's share of test) and ``curves``: for stage 3 alone, for all
    stages, and for all with stage 1's neutrality term, one row per weight with the means of
    ``weighted_f1``, ``dev_weighted_f1``, ``speaker_head`` and ``probes`` (``ablation.probe_places``), and the
    paired ``difference`` from weight 0 with its interval.
    """
    corpus = simulate()
    kinds = {**{name: (stages, 0.0) for name, stages in STAGE_3_IN.items()},
             "all stages, neutral": (STAGES, 0.3)}
    plans = [Plan("simulated", stages, seed=seed, context=False, neutrality=neutrality, regularization=weight)
             for stages, neutrality in kinds.values() for weight in weights for seed in range(seeds)]
    records = run_all(plans, corpus, device=device, probed=plans, look=probe_places)
    groups = [records[i:i + seeds] for i in range(0, len(records), seeds)]
    speaker = corpus.table.speaker[corpus.rows("test")]
    curves = {}
    for k, kind in enumerate(kinds):
        mine = groups[k * len(weights):(k + 1) * len(weights)]
        curves[kind] = [{"weight": weight, **_averaged([{score: r[score] for score in SHOWN} for r in group]),
                         **difference(corpus, group, mine[0])["weighted_f1"]}
                        for weight, group in zip(weights, mine, strict=True)]
    return {"chance": float(speaker.value_counts(normalize=True).max()), "curves": curves}


SHOWN = ("weighted_f1", "dev_weighted_f1", "speaker_head", "probes")


def _averaged(values: list):
    """The mean of numbers; of dicts that are alike, the dict of means."""
    if isinstance(values[0], dict):
        return {key: _averaged([value[key] for value in values]) for key in values[0]}
    return float(np.mean(values))


def regularization_maps(weights=(0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0), utterances: int = 350,
                        device: str = "auto") -> dict:
    """Where the first test utterances lie once fused, all stages on, by lambda; seed 0, context off.

    Each weight's map sets out from the one before, so that a point stays where it can. Returns
    ``speaker`` and ``emotion`` (n,), and ``maps``: per weight (n, 2).
    """
    corpus = simulate()
    maps, start = [], "spectral"
    for weight in weights:
        run = experiments.train(Plan("simulated", context=False, regularization=weight), corpus=corpus,
                                device=device, progress=False)
        out = run.inspect("test")
        start = umap(out["fused"][:utterances], start=start)
        placed = (start - start.mean(0)) / start.std()      # where a map lies as a whole means nothing
        maps.append(placed.round(2).astype(float).tolist())
    shown = corpus.table.iloc[out["rows"][:utterances]]
    return {"speaker": shown.speaker.tolist(), "emotion": shown.emotion.tolist(), "maps": maps}


def regularization_cases(weights=(0.03, 0.1, 0.3), seeds: int = 5, again=range(1, 9), device: str = "auto") -> dict:
    """Worlds in which stage 3 might help: its gain over weight 0, alone and on top of stages 1 and 2.

    Returns ``cases``, one row per world, stages and weight with the paired difference and its interval; and
    ``again``, the same for the two cases that looked best, in worlds drawn with other seeds.
    """
    cases = [row for world in WORLDS for name in STAGE_3_IN
             for row in _gains(world, name, weights, 0, seeds, device)]
    best = [("few dialogues", "all stages", 0.03), ("half as loud", "stage 3 alone", 0.1)]
    return {"cases": cases, "again": [row | {"seed": seed} for world, name, weight in best for seed in again
                                      for row in _gains(world, name, [weight], seed, seeds, device)]}


def few_dialogues(corpus: Corpus, dialogues: int = 144) -> Corpus:
    """The corpus with only the first ``dialogues`` of its train split; dev and test stay."""
    train = corpus.table.dialogue[corpus.rows("train")].unique()
    return corpus.replaced(keep=~corpus.table.dialogue.isin(train[dialogues:]).to_numpy())


def with_moods(corpus: Corpus, favourites: int = 3, others: float = 0.15, seed: int = 0) -> Corpus:
    """Everyone keeps all their utterances of a few emotions, of the others a share: who speaks tells what is felt."""
    rng = np.random.default_rng(seed)
    mood = {s: rng.choice(corpus.emotions, favourites, replace=False) for s in corpus.truth.speakers}
    own = [e in mood[s] for s, e in zip(corpus.table.speaker, corpus.table.emotion, strict=True)]
    return corpus.replaced(keep=own | (rng.random(len(corpus)) < others))


STAGE_3_IN = {"stage 3 alone": ("regularization",), "all stages": STAGES}
WORLDS = {"few dialogues": lambda seed: few_dialogues(simulate(seed=seed)),
          "96 speakers": lambda seed: simulate(speakers=96, seed=seed),
          "half as loud": lambda seed: simulate(strengths=Strengths(loudness=0.8), seed=seed),
          "moods": lambda seed: with_moods(simulate(seed=seed))}


def _gains(world: str, name: str, weights, world_seed: int, seeds: int, device: str) -> list[dict]:
    corpus = WORLDS[world](world_seed)
    plans = [Plan("simulated", STAGE_3_IN[name], seed=seed, context=False, regularization=weight)
             for weight in (0.0, *weights) for seed in range(seeds)]
    records = run_all(plans, corpus, device=device)
    groups = [records[i:i + seeds] for i in range(0, len(records), seeds)]
    return [{"world": world, "stages": name, "weight": weight} | difference(corpus, group, groups[0])["weighted_f1"]
            for weight, group in zip(weights, groups[1:], strict=True)]


# What the model is told of the speakers. The first kind is what the others are compared with.
NAMES_IN_TEXT = {
    "told nothing": Plan("meld", (), "none"),
    "told the speaker's vector": Plan("meld", (), concat_speaker=True),
    "asked for the speaker": Plan("meld", ("regularization",))}
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


def text_choices(seeds: int = 3) -> dict:
    """How MELD's text is read was chosen on dev; test is not looked at. No stage, no speaker.

    Returns ``choices``: per row ``choice``, ``dev`` (weighted F1 at the best epoch, mean over seeds) and ``sd``.
    """
    meld = load("meld")
    as_one, named = (meld.replaced(features={"text": encode(texts, False, layers)}) for texts, layers in (
        (meld.table.text, ()), (meld.table.speaker + ": " + meld.table.text, LAYERS)))
    attention, alone = {"recurrent": False}, {"context": False}
    kinds = {"three layers": (meld, {}), "three layers, names in the text": (named, {}),
             "three layers, attention": (meld, attention), "three layers, no context": (meld, alone),
             "sentence vector": (as_one, {}), "sentence vector, attention": (as_one, attention),
             "sentence vector, no context": (as_one, alone)}
    scores = Parallel(-1)(delayed(_best_on_dev)(corpus, change, seed) for corpus, change in kinds.values()
                          for seed in range(seeds))
    rows = [mean_sd(scores[i * seeds:(i + 1) * seeds]) for i in range(len(kinds))]
    return {"choices": [{"choice": kind, "dev": dev, "sd": sd} for kind, (dev, sd) in zip(kinds, rows, strict=True)]}


def _best_on_dev(corpus: Corpus, change: dict, seed: int) -> float:
    sizes, settings = experiments.recipe(corpus, Plan("meld", (), "none", seed))
    speakers = speaker_ids(corpus, "none")
    model = training.build(corpus, speakers, seed, stages=(), **sizes | change)
    history = training.fit(model, corpus, speakers, settings, seed=seed, device="cpu", progress=False)
    return max(h["dev_weighted_f1"] for h in history)


def tuned_text(seeds: int = 5, device: str = "auto") -> dict:
    """MELD's text by a fine-tuned encoder, written without and with speaker names, and a dialogue model on top.

    Takes hours on a CPU; its runs are kept under ``data_dir()``, and an interrupted one goes on. Returns
    ``models``: per row ``model``, ``dev``, ``weighted_f1``, ``macro_f1`` and ``per_class_f1`` on test (means over
    ``seeds`` for the dialogue model; the encoder is tuned with one), and the paired ``difference`` from the
    first row with its interval.
    """
    models = []
    for name in ("no names", "names"):
        folder = data_dir() / "finetuned" / f"meld-{name.replace(' ', '-')}"
        about = finetune(load("meld"), Recipe(names=name == "names"), folder, device=device, resume=True)
        corpus = load(str(folder / "features"))
        encoder = {"rows": corpus.rows("test"), "dev_weighted_f1": about["history"][about["best_epoch"]]["dev_weighted_f1"],
                   "predicted": np.array([corpus.emotions.index(e) for e in about["predictions"]]), **about["test"]}
        on_top = run_all([Plan(str(folder / "features"), (), "none", seed) for seed in range(seeds)], corpus,
                         device=device)
        models += [(f"fine-tuned, {name}", [encoder]), (f"fine-tuned, {name}, dialogue model on top", on_top)]
    return {"models": [
        {"model": model, "dev": float(np.mean([r["dev_weighted_f1"] for r in records])),
         **_averaged([{score: r[score] for score in ("weighted_f1", "macro_f1", "per_class_f1")} for r in records]),
         **difference(corpus, records, models[0][1])["weighted_f1"]} for model, records in models]}


def together(context: bool = True, seeds: int = 5, device: str = "auto") -> dict:
    """What calibration and gating bring together, and to which emotion.

    Returns ``support`` (test utterances by emotion); ``models``: F1s with intervals (``bootstrap``) of the
    static model and of the one with all stages; ``difference``, their contrast; and ``interaction``: both
    stages minus each alone plus neither. The last two as ``contrast`` returns them.
    """
    corpus = load("simulated")
    kinds = {"static": (), "calibration": ("calibration",), "gating": ("gating",),
             "both": ("calibration", "gating"), "all stages": STAGES}
    records = run_all([Plan("simulated", stages, seed=seed, context=context) for stages in kinds.values()
                       for seed in range(seeds)], corpus, device=device)
    predicted = {name: np.stack([r["predicted"] for r in records[i * seeds:(i + 1) * seeds]])
                 for i, name in enumerate(kinds)}
    rows = records[0]["rows"]
    true, dialogue, C = corpus.emotion[rows], corpus.dialogue_of_row[rows], len(corpus.emotions)

    def compared(names, signs):
        return contrast(true, [predicted[name] for name in names], signs, dialogue, C)

    return {"support": dict(zip(corpus.emotions, np.bincount(true, minlength=C).tolist(), strict=True)),
            "models": {name: bootstrap(true, predicted[name], dialogue, C) for name in ("static", "all stages")},
            "difference": compared(("all stages", "static"), (1, -1)),
            "interaction": compared(("both", "calibration", "gating", "static"), (1, -1, -1, 1))}
