"""MELD's text: how it is read was chosen on dev, and what fine-tuning its encoder brings."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np

from mlsan import catalogue
from mlsan.finetune import Tuning, finetune
from mlsan.measures.scores import mean_sd
from mlsan.recipes import RECIPES
from mlsan.runs import Plan
from mlsan.sources.download import data_dir
from mlsan.sources.encoders import encode
from mlsan.sources.meld import LAYERS
from mlsan.studies.engine import repeat, run
from mlsan.studies.summary import averaged, difference


def text_choices(seeds: int) -> list[dict]:
    """How MELD's text is read was chosen on dev; nothing here looks at test. No stage, no speaker.

    One row per choice: ``choice``, and ``dev`` (weighted F1 at the best epoch, mean over seeds)
    with its ``sd``.
    """
    meld = catalogue.load("meld")
    named = meld.table.speaker + ": " + meld.table.text
    texts = {"three layers": meld,
             "names": meld.replaced(features={"text": encode(named, False, LAYERS)}),
             "sentence vector": meld.replaced(features={"text": encode(meld.table.text, False)})}
    attention = replace(RECIPES["meld"], recurrent=False)

    def plan(text: str, **change) -> Plan:
        return Plan(text, (), "none", **change)

    groups = repeat({
        "three layers": plan("three layers"),
        "three layers, names in the text": plan("names"),
        "three layers, attention": plan("three layers", recipe=attention),
        "three layers, no context": plan("three layers", context=False),
        "sentence vector": plan("sentence vector"),
        "sentence vector, attention": plan("sentence vector", recipe=attention),
        "sentence vector, no context": plan("sentence vector", context=False)}, seeds, texts)
    rows = []
    for choice, group in groups.items():
        dev, sd = mean_sd([r["dev_weighted_f1"] for r in group])
        rows.append({"choice": choice, "dev": dev, "sd": sd})
    return rows


def tuned_text(seeds: int) -> list[dict]:
    """MELD's text by a fine-tuned encoder, without and with names, and a dialogue model on top.

    Takes hours on a CPU; its runs are kept under ``data_dir()``, and an interrupted one goes on.

    One row per model: ``model``, ``dev``, ``weighted_f1``, ``macro_f1`` and ``per_class_f1`` on
    test (means over ``seeds``; a dialogue model reads the encoder tuned with its own seed), the
    ``seeds_sd`` of weighted F1, and the paired ``difference`` from the first row with its interval.
    """
    meld, models = catalogue.load("meld"), defaultdict(list)
    for name in ("no names", "names"):
        for seed in range(seeds):
            folder = data_dir() / "finetuned" / f"meld-{name.replace(' ', '-')}-{seed}"
            about = finetune(meld, Tuning(names=name == "names", seed=seed), folder, resume=True)
            corpus = catalogue.load(str(folder / "features"))
            models[f"fine-tuned, {name}"].append({
                "rows": corpus.rows("test").tolist(), **about["test"],
                "dev_weighted_f1": about["history"][about["best_epoch"]]["dev_weighted_f1"],
                "predicted": [corpus.emotions.index(e) for e in about["predictions"]]})
            plan = Plan(f"{name}, {seed}", (), "none", seed=seed)
            on_top = run([plan], {plan.corpus: corpus})[plan]
            models[f"fine-tuned, {name}, dialogue model on top"].append(on_top)
    shown = ("weighted_f1", "macro_f1", "per_class_f1")
    first, *_ = models.values()
    return [{"model": model, "dev": float(np.mean([r["dev_weighted_f1"] for r in group])),
             "seeds_sd": mean_sd([r["weighted_f1"] for r in group])[1],
             **averaged([{score: r[score] for score in shown} for r in group]),
             **difference(meld, group, first)} for model, group in models.items()]
