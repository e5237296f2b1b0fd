"""The protocol for MELD and IEMOCAP: choose on dev, test once, several seeds, everything kept.

The field chooses the reported epoch on the test split. Here each run keeps its test predictions at the
epoch that dev chose, and beside them what each epoch would have scored on test: the best of those is
the *test peak*, the figure that peers report.

A result is plain JSON, and holds no score but the history of each run; ``table`` and ``differences``
compute the others from its predictions. Those at the peak are kept too, so that nothing has to be believed.
"""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from tqdm.auto import tqdm

from mlsan import experiments, sources
from mlsan.corpus import Corpus
from mlsan.evaluation import mean_sd, paired_bootstrap, report
from mlsan.experiments import Plan
from mlsan.files import write_text
from mlsan.model import STAGES
from mlsan.peers import TEST_UTTERANCES
from mlsan.sources.download import Unavailable
from mlsan.sources.published import EMOTIONS, GENERATED, load_published
from mlsan.speakers import MODES
from mlsan.stages.calibration import CALIBRATED
from mlsan.training import pick_device
from mlsan.validation import CorpusError

QUICK_EPOCHS = 8
OWN = "minilm"              # this project's own text features of MELD
TEXT_ONLY = "text only"


@dataclass(frozen=True)
class Row:
    """One row of the table: ``stages`` is off, on, one stage's name, or ``TEXT_ONLY``."""

    speakers: str
    stages: str

    def plan(self, corpus: Corpus, seed: int, quick: bool) -> Plan:
        named = {"off": (), TEXT_ONLY: (), "on": sensible_stages(corpus)}
        return Plan(corpus.name, named.get(self.stages, (self.stages,)), self.speakers, seed,
                    epochs=QUICK_EPOCHS if quick else None)


def open_corpus(dataset: str, features: str, folder: Path | None = None, *, accept_licence: bool = False) -> Corpus:
    """Published features by name, ``minilm`` for this project's own, or a folder with a saved corpus.

    Raises:
        CorpusError: no such features, or a corpus of other emotions than the data set's.
        Unavailable: they cannot be had here; the message names what can.
    """
    if dataset not in EMOTIONS:
        raise CorpusError(f"no published figures for {dataset!r}; use {' or '.join(EMOTIONS)}")
    if Path(features).is_dir():
        corpus = Corpus.load(features)
    elif (dataset, features) == ("meld", OWN):
        corpus = sources.load("meld")
    else:
        try:
            corpus = load_published(dataset, features, folder, accept_licence=accept_licence)
        except Unavailable as error:
            own = f", or --features {OWN} for this project's text features" if dataset == "meld" else ""
            raise Unavailable(f"{error}\nWith the files at hand: --from DIR{own}; or --features DIR with a "
                              "saved corpus") from error
    if set(corpus.emotions) != set(EMOTIONS[dataset]):
        raise CorpusError(f"{corpus.name}: its emotions are {', '.join(corpus.emotions)}, those of {dataset} "
                          f"{', '.join(EMOTIONS[dataset])}; name another corpus")
    return corpus


def sensible_stages(corpus: Corpus) -> tuple[str, ...]:
    """The stages that can do something: calibration needs audio or visual, gating two modalities."""
    useless = {"calibration": not set(CALIBRATED) & set(corpus.modalities), "gating": len(corpus.modalities) < 2}
    return tuple(s for s in STAGES if not useless.get(s))


def rows_of(corpus: Corpus) -> list[Row]:
    """Every speaker mode the corpus has, with the stages off, one by one, and on; and text only."""
    stages = sensible_stages(corpus)
    alone = stages if len(stages) > 1 else ()
    rows = [Row(mode, kind) for mode in MODES if mode != "gender" or "gender" in corpus.table
            for kind in ("off", *alone, "on")]
    if "text" in corpus.modalities and len(corpus.modalities) > 1:
        rows.append(Row("identity", TEXT_ONLY))
    return rows


def reproduce(corpus: Corpus, dataset: str, features: str, folder: Path, *, seeds: int = 5, quick: bool = False,
              device: str = "auto", command: str = "", progress: bool = True) -> dict:
    """Carry out the protocol; the result, JSON as it stands, is returned and kept as ``result.json``.

    Every finished run is a file in ``folder/runs``; called again with the same folder, it goes on from
    there. On a CPU one process per core.

    Raises:
        CorpusError: no test split; or the folder holds runs of another corpus, other settings or versions.
    """
    test = corpus.rows("test")
    if len(test) == 0:
        raise CorpusError(f"{corpus.name}: no test split; the protocol chooses on dev and reports test")
    folder = Path(folder)
    text = corpus.replaced(features={"text": corpus.features["text"]}) if "text" in corpus.modalities else None
    corpora = {True: text, False: corpus}
    prints = {is_text: c.fingerprint for is_text, c in corpora.items() if c is not None}
    versions = {"python": platform.python_version(), **{n: version(n) for n in ("mlsan", "torch", "numpy")}}
    cells, jobs = [], {}
    for row in rows_of(corpus):
        is_text = row.stages == TEXT_ONLY
        for seed in range(seeds):
            plan = row.plan(corpora[is_text], seed, quick)
            sizes, settings = experiments.recipe(corpora[is_text], plan)
            if not plan.stages and sizes.get("recurrent"):      # told of no speaker: one run for every mode
                plan = replace(plan, speakers="none")
            about = {"fingerprint": prints[is_text], "settings": asdict(settings), "model": sizes,
                     "plan": asdict(plan), "versions": versions}
            path = folder / "runs" / f"{plan.speakers}-{row.stages.replace(' ', '-')}-{seed}.json"
            jobs[path] = (json.loads(json.dumps(about)), plan, corpora[is_text])
            cells.append((row, path))
    runs = {path: _kept(path, about) for path, (about, *_) in jobs.items() if path.exists()}    # refuse before training
    workers = 1 if pick_device(device).type == "cuda" else -1
    done = Parallel(workers, return_as="generator")(
        delayed(_run)(path, *job, device) for path, job in jobs.items() if path not in runs)
    for path, run in tqdm(done, total=len(jobs), initial=len(runs), unit="run", disable=not progress, leave=False):
        runs[path] = run
    table = corpus.table.iloc[test]
    result = {
        "command": command, "dataset": dataset, "features": features, "corpus": corpus.name,
        "generated": GENERATED in corpus.name, "licence": corpus.licence, "provenance": corpus.provenance,
        "modalities": list(corpus.modalities), "stages": list(sensible_stages(corpus)),
        "emotions": list(corpus.emotions), "seeds": list(range(seeds)), "quick": quick, "versions": versions,
        "test": {"dialogue": table.dialogue.tolist(), "turn": table.turn.tolist(),
                 "true": corpus.emotion[test].tolist(), "speaker_known": table.speaker.isin(corpus.met).tolist()},
        "runs": [{"speakers": row.speakers, "stages": row.stages} | runs[path] for row, path in cells]}
    write_text(folder / "result.json", json.dumps(result))
    return result


def _run(path: Path, about: dict, plan: Plan, corpus: Corpus, device: str) -> tuple[Path, dict]:
    run = experiments.train(plan, corpus=corpus, device=device, progress=False, peek=True)
    out = run.inspect("test")
    predicted = out["logits"].argmax(1)[np.argsort(out["rows"])]
    peak = [h.pop("test_predicted") for h in run.history if "test_predicted" in h]
    record = {"seed": plan.seed, "about": about, "device": pick_device(device).type, "history": run.history,
              "epoch": max(run.history, key=lambda h: h["dev_weighted_f1"])["epoch"],       # the first of the best
              "predicted": predicted.tolist(), "peak_predicted": peak[0]}
    write_text(path, json.dumps(record))
    return path, record


def _kept(path: Path, about: dict) -> dict:
    """The finished run in that file, if it is the one that ``about`` describes."""
    try:
        run = json.loads(path.read_text())
        then = run["about"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CorpusError(f"{path}: cannot be read as a run ({error!r}); delete it, and it is run again") from error
    changed = [f"{k} {then.get(k)}, now {about[k]}" for k in about if then.get(k) != about[k]]
    if changed:
        raise CorpusError(f"{path}: is a run with other {'; '.join(changed)}. Choose another --out, or delete the "
                          "folder to run all anew")
    return run


# -- from a result to its table ----------------------------------------------------------------------


def comparable(result: dict) -> bool:
    """Whether published figures may stand beside it: real features of the whole official test split."""
    return not result["generated"] and len(result["test"]["true"]) == TEST_UTTERANCES[result["dataset"]]


def table(result: dict) -> pd.DataFrame:
    """All scores, computed from the predictions; one line per row of the table, F1s as fractions.

    Index: ``speakers``, ``stages``. Columns: mean over seeds of ``weighted_f1``, ``macro_f1``,
    ``unseen_speaker_f1`` (weighted, speakers that train has not; nan where test has none),
    ``test_peak`` (best epoch on test), ``inflation`` (peak - ours) and each emotion's F1; ``…_sd`` each.
    """
    test, emotions = result["test"], result["emotions"]
    true, unseen = np.array(test["true"]), ~np.array(test["speaker_known"], bool)
    lines = {}
    for key, runs in _grouped(result).items():
        scores = []
        for run in runs:
            f1 = report(true, np.array(run["predicted"]), emotions, unseen)
            per_class = f1.pop("per_class_f1")
            peak = max(h["test_weighted_f1"] for h in run["history"])
            scores.append(f1 | {"test_peak": peak, "inflation": peak - f1["weighted_f1"]} | per_class)
        lines[key] = {}
        for name in scores[0]:
            lines[key][name], lines[key][f"{name}_sd"] = mean_sd([s[name] for s in scores])
    return pd.DataFrame.from_dict(lines, orient="index").rename_axis(["speakers", "stages"])


def differences(result: dict) -> pd.DataFrame:
    """Paired differences of weighted and macro F1 with 95% intervals, dialogues resampled.

    Each row against ``off`` of its speaker mode; identity against the other modes with the stages on;
    off and on against text only. Columns: ``ours``, ``theirs``, ``weighted_f1``, ``…_low``, ``…_high``, same of macro.
    """
    groups = _grouped(result)
    modes = list(dict.fromkeys(speakers for speakers, _ in groups))
    pairs = [(key, (key[0], "off")) for key in groups if key[1] not in ("off", TEXT_ONLY)]
    pairs += [(("identity", "on"), (mode, "on")) for mode in modes if mode != "identity"]
    pairs += [(("identity", kind), ("identity", TEXT_ONLY)) for kind in ("off", "on")]
    test, lines = result["test"], []
    for ours, theirs in pairs:
        if theirs in groups:
            found = paired_bootstrap(np.array(test["true"]), *([run["predicted"] for run in groups[side]]
                                     for side in (ours, theirs)), test["dialogue"], len(result["emotions"]))
            lines.append({"ours": ", ".join(ours), "theirs": ", ".join(theirs)} | {
                score + end: found[score][name] for score in ("weighted_f1", "macro_f1")
                for end, name in (("", "difference"), ("_low", "low"), ("_high", "high"))})
    return pd.DataFrame(lines)


def _grouped(result: dict) -> dict[tuple[str, str], list[dict]]:
    groups = {}
    for run in result["runs"]:
        groups.setdefault((run["speakers"], run["stages"]), []).append(run)
    return groups
