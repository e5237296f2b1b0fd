"""The protocol for MELD and IEMOCAP: choose on dev, test once, several seeds, everything kept.

The field chooses the reported epoch on the test split. Here each run keeps its test predictions at
the epoch that dev chose, and beside them what each epoch would have scored on test: the best of
those is the *test peak*, the figure that peers report.

A result is plain JSON, and holds no score but the history of each run; ``table`` and
``differences`` compute the others from its predictions. Those at the peak are kept too, so that
nothing has to be believed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from mlsan import catalogue
from mlsan.data.corpus import Corpus
from mlsan.data.speaker_ids import HEARD, MODES
from mlsan.data.validation import CorpusError
from mlsan.files import write_text
from mlsan.measures.peers import TEST_UTTERANCES
from mlsan.measures.scores import bootstrap, mean_sd, report
from mlsan.runs import Plan, versions
from mlsan.sources.download import Unavailable
from mlsan.sources.feature_files.corpora import EMOTIONS, FEATURES, GENERATED, load_features
from mlsan.studies.engine import run, seeded
from mlsan.studies.summary import SCORES

QUICK_EPOCHS = 8
OWN = "minilm"              # this project's own text features of MELD
TEXT_ONLY = "text only"
# Of a run's record; all else follows from these.
KEPT = ("seed", "plan", "recipe", "corpus_fingerprint",
        "epoch", "history", "predicted", "peak_predicted")


@dataclass(frozen=True)
class Row:
    """One row of the table: ``stages`` is off, on, one stage's name, or ``TEXT_ONLY``."""

    speakers: str
    stages: str

    def plan(self, corpus: Corpus, quick: bool) -> Plan:
        """What the row stands for in a corpus; its seed is the first."""
        on = Plan(corpus.name, speakers=self.speakers).acting(corpus)
        named = {"off": (), TEXT_ONLY: (), "on": on}
        name = f"{corpus.name}-text" if self.stages == TEXT_ONLY else corpus.name
        plan = Plan(name, named.get(self.stages, (self.stages,)), self.speakers,
                    epochs=QUICK_EPOCHS if quick else None)
        # No stage, nobody named: one model stands under every mode.
        return plan if plan.stages else replace(plan, speakers="none")


def open_corpus(dataset: str, features: str, folder: Path | None = None, *,
                accept_licence: bool = False) -> Corpus:
    """Published features by name, ``minilm`` for this project's own, or a saved corpus's folder.

    Raises:
        CorpusError: no such features, or a corpus of other emotions than the data set's.
        Unavailable: they cannot be had here; the message names what can.
    """
    if dataset not in EMOTIONS:
        raise CorpusError(f"no published figures for {dataset!r}; use {' or '.join(EMOTIONS)}")
    if catalogue.is_folder(features, (OWN, *FEATURES)):
        corpus = Corpus.load(features)
    elif (dataset, features) == ("meld", OWN):
        corpus = catalogue.load("meld")
    else:
        try:
            corpus = load_features(dataset, features, folder, accept_licence=accept_licence)
        except Unavailable as error:
            own = ""
            if dataset == "meld":
                own = f", or --features {OWN} for this project's text features"
            raise Unavailable(f"{error}\nWith the files at hand: --from DIR{own}; "
                              "or --features DIR with a saved corpus") from error
    if set(corpus.emotions) != set(EMOTIONS[dataset]):
        raise CorpusError(f"{corpus.name}: its emotions are {', '.join(corpus.emotions)}, "
                          f"those of {dataset} {', '.join(EMOTIONS[dataset])}; name another corpus")
    return corpus


def rows_of(corpus: Corpus) -> list[Row]:
    """Every speaker mode the corpus has, with the stages off, one by one, and on; and text only.

    But for ``heard``: the protocol is one of names, and results that were kept have no such row.
    """
    rows = []
    for mode in MODES:
        if mode != HEARD and (mode != "gender" or "gender" in corpus.table):
            stages = Plan(corpus.name, speakers=mode).acting(corpus)
            alone, on = stages if len(stages) > 1 else (), ("on",) if stages else ()
            rows += [Row(mode, kind) for kind in ("off", *alone, *on)]
    if "text" in corpus.modalities and len(corpus.modalities) > 1:
        rows.append(Row("identity", TEXT_ONLY))
    return rows


def reproduce(corpus: Corpus, dataset: str, features: str, folder: Path, *, seeds: int = 5,
              quick: bool = False, device: str = "auto", command: str) -> dict:
    """Carry out the protocol; the result, plain JSON, is returned and kept as ``result.json``.

    Every finished run is a file in ``folder/runs``; another call with this folder goes on there.

    Raises:
        CorpusError: no test split; or the folder holds runs of another corpus, setting or version.
    """
    test = corpus.labelled_rows("test")
    if len(test) == 0:
        raise CorpusError(f"{corpus.name}: no test split with emotions; "
                          "the protocol chooses on dev and reports test")
    folder, rows = Path(folder), rows_of(corpus)
    corpora = {corpus.name: corpus}
    if any(row.stages == TEXT_ONLY for row in rows):
        text = {"text": corpus.features["text"]}
        corpora[f"{corpus.name}-text"] = corpus.replaced(features=text)
    plans = {row: seeded(row.plan(corpus, quick), seeds) for row in rows}
    records = run([plan for each in plans.values() for plan in each], corpora,
                  folder=folder / "runs", peek=True, device=device)
    table = corpus.table.iloc[test]
    result = {
        "command": command,
        "dataset": dataset, "features": features,
        "corpus": corpus.name, "generated": GENERATED in corpus.name,
        "licence": corpus.licence, "provenance": corpus.provenance, "recipe": corpus.recipe,
        "modalities": list(corpus.modalities), "stages": list(Plan(corpus.name).acting(corpus)),
        "emotions": list(corpus.emotions),
        "seeds": list(range(seeds)), "quick": quick, "versions": versions(),
        "test": {"dialogue": table.dialogue.tolist(), "turn": table.turn.tolist(),
                 "true": corpus.emotion[test].tolist(),
                 "speaker_known": table.speaker.isin(corpus.met).tolist()},
        "runs": [{"speakers": row.speakers, "stages": row.stages}
                 | {key: records[plan][key] for key in KEPT}
                 for row, each in plans.items() for plan in each]}
    write_text(folder / "result.json", json.dumps(result))
    return result


# -- from a result to its table --------------------------------------------------------------------


def comparable(result: dict) -> bool:
    """Whether published figures may stand beside it: real features, and the whole official test."""
    whole = len(result["test"]["true"]) == TEST_UTTERANCES[result["dataset"]]
    return whole and not result["generated"]


def table(result: dict) -> pd.DataFrame:
    """All scores, computed from the predictions; one line per row of the table, F1s as fractions.

    Index: ``speakers``, ``stages``. Columns: mean over seeds of ``weighted_f1``, ``macro_f1``,
    ``unweighted_recall``, ``accuracy``, ``unseen_speaker_f1`` (weighted, speakers that train has
    not; nan where test has none), ``test_peak`` (best epoch on test), ``inflation`` (peak - ours)
    and each emotion's F1; and the ``…_sd`` of each.
    """
    test, emotions = result["test"], result["emotions"]
    true, unseen = np.array(test["true"]), ~np.array(test["speaker_known"], bool)
    lines = {}
    for key, runs in _grouped(result).items():
        scores = []
        for kept in runs:
            f1 = report(true, np.array(kept["predicted"]), emotions, unseen)
            per_class = f1.pop("per_class_f1")
            peak = max(h["test_weighted_f1"] for h in kept["history"])
            inflation = peak - f1["weighted_f1"]
            scores.append(f1 | {"test_peak": peak, "inflation": inflation} | per_class)
        lines[key] = {}
        for name in scores[0]:
            lines[key][name], lines[key][f"{name}_sd"] = mean_sd([s[name] for s in scores])
    return pd.DataFrame.from_dict(lines, orient="index").rename_axis(["speakers", "stages"])


def differences(result: dict) -> pd.DataFrame:
    """Paired differences of the scores with 95% intervals over dialogues and seeds (``bootstrap``).

    Each row against ``off`` of its speaker mode; identity against the other modes with the stages
    on; off and on against text only. Columns: ``ours``, ``theirs``, ``weighted_f1``, ``…_low``,
    ``…_high``, and the same of the other ``SCORES``.
    """
    groups = _grouped(result)
    modes = list(dict.fromkeys(speakers for speakers, _ in groups))
    pairs = [(key, (key[0], "off")) for key in groups if key[1] not in ("off", TEXT_ONLY)]
    pairs += [(("identity", "on"), (mode, "on")) for mode in modes if mode != "identity"]
    pairs += [(("identity", kind), ("identity", TEXT_ONLY)) for kind in ("off", "on")]
    test, lines = result["test"], []
    for ours, theirs in pairs:
        if theirs in groups:
            plus, minus = ([r["predicted"] for r in groups[side]] for side in (ours, theirs))
            found = bootstrap(np.array(test["true"]), plus, test["dialogue"],
                              len(result["emotions"]), minus)
            line = {"ours": ", ".join(ours), "theirs": ", ".join(theirs)}
            for score in SCORES:
                line |= {score: found[score]["difference"],
                         f"{score}_low": found[score]["low"],
                         f"{score}_high": found[score]["high"]}
            lines.append(line)
    return pd.DataFrame(lines)


def _grouped(result: dict) -> dict[tuple[str, str], list[dict]]:
    groups = {}
    for kept in result["runs"]:
        groups.setdefault((kept["speakers"], kept["stages"]), []).append(kept)
    return groups
