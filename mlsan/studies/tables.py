"""What the command line prints and draws: tables of results, each from a plain dict."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Column, Table

from mlsan import figures
from mlsan.files import write_text
from mlsan.measures.peers import PAPER, published
from mlsan.model.mlsan import idle
from mlsan.studies import protocol
from mlsan.studies.ablation import unusual

NAMES = {"weighted_f1": "weighted F1", "macro_f1": "macro F1",
         "unweighted_recall": "unweighted recall", "accuracy": "accuracy"}
F1S, RECALL = (("weighted_f1", "macro_f1"), ("unweighted_recall", "accuracy"))
ONE_SEED = ("One seed: the intervals say how these very runs would do on other turns; what another "
            "seed would change isn't in them.")


def show_scores(run, as_json: bool, title: str, split: str = "test") -> None:
    out = run.inspect(split)
    scores, people = run.scores(split, out), run.people(split, out)
    if as_json:
        return print(json.dumps(scores | ({"people": people} if people else {})))
    table = Table("score", split, title=title)
    unseen = scores["unseen_speaker_f1"]
    for score, name in NAMES.items():
        table.add_row(name, f"{scores[score]:.3f}")
    table.add_row("weighted F1, unseen speakers",
                  f"none in {split}" if unseen is None else f"{unseen:.3f}")
    for emotion, f1 in scores["per_class_f1"].items():
        table.add_row(f"F1 {emotion}", f"{f1:.3f}")
    Console().print(table)
    if people:
        _show_people(people)
    for note in unusual(run.corpus, {run.plan.speakers: run.plan.stages}, run.met, split):
        Console().print(note, highlight=False)


def _show_people(people: dict) -> None:
    """One table: how unevenly people are read, how far probabilities can be believed, intervals."""
    recall, error = people["recall"], people["calibration_error_by_person"]
    worst = min(recall, key=recall.get)
    table = Table("by person", f"{len(recall)} people")
    table.add_row("unweighted recall, mean over people", f"{np.mean(list(recall.values())):.3f}")
    table.add_row("the worst-off tenth", f"{people['worst_tenth']:.3f}")
    table.add_row("the worst-off", f"{recall[worst]:.3f}, {worst}")
    table.add_row("Gini over people", f"{people['gini']:.3f}")
    table.add_row("calibration error, all together", f"{people['calibration_error']:.3f}")
    table.add_row("calibration error, mean over people", f"{np.mean(list(error.values())):.3f}")
    for score, name in NAMES.items():
        found = people["intervals"][score]
        table.add_row(f"{name}, people resampled [95%]",
                      f"{found['mean']:.3f} [{found['low']:.3f}, {found['high']:.3f}]")
    Console().print(table)


def show_predictions(run, table: pd.DataFrame, file: Path) -> None:
    """How many utterances there were, whose, and what the model had to do without."""
    strangers = table.speaker[~table.known]
    lines = [f"{len(table)} utterances of {run.corpus.name}: "
             f"{int(table.known.sum())} of people met in training, {len(strangers)} of "
             f"{strangers.nunique()} strangers"]
    if by_ear := sorted(set(strangers) & set(run.speakers.names)):
        lines.append(f"enrolled, and so known by ear: {', '.join(by_ear)}")
    for m in run.corpus.modalities:
        absent = int((~run.corpus.present[m]).sum())
        if absent:
            lines.append(f"{m}: absent in {absent} of them, read without")
    shares = table.predicted.value_counts(normalize=True)
    lines.append("predicted: " + ", ".join(f"{e} {share:.0%}" for e, share in shares.items()))
    lines.append(f"Kept in {file}")
    for line in lines:
        Console().print(line, highlight=False, soft_wrap=True)


def show_mirror(missing: dict[str, str], folder: Path) -> None:
    """Which corpora a mirror holds now, and why the others are not in it."""
    for name, why in missing.items():
        Console().print(f"{name}: {why or 'there'}", highlight=False, soft_wrap=True)
    Console().print(f"Elsewhere, copy the folder and set MLSAN_MIRROR={folder.resolve()}",
                    highlight=False, soft_wrap=True)


def show_ablation(result: dict) -> None:
    title = (f"{result['corpus']}, {result['seeds']} seeds, context "
             f"{'on' if result['context'] else 'off'}, recipe {result['recipe']}"
             + (", loss weighted by class" if result.get("class_weights") else "")
             + (f", {len(result['folds'])} folds by speaker" if "folds" in result else ""))
    _show_means(result, F1S, title)
    if RECALL[0] in result["means"][0]:                 # an older result holds F1s alone
        _show_means(result, RECALL, "The same: recall and accuracy")
    if "folds" in result:
        _show_unevenness(result)
    others = [p for p in result["paired"] if p["against"] != "static"]
    if others:
        table = Table("speakers", "stages", "against", "weighted F1 [95%]", "macro F1 [95%]",
                      box=SIMPLE, title="Other paired differences")
        for p in others:
            table.add_row(p["speakers"], _label(p), p["against"],
                          _interval(p["weighted_f1"]), _interval(p["macro_f1"]))
        Console().print(table)
    if result["probes"]:
        names = [k for k in result["probes"][0] if k not in ("stages", "speakers", "seed")]
        table = Table("features after", *(n.replace("_", ", ") for n in names), box=SIMPLE,
                      title="Probes (test accuracy, seed 0)")
        for p in result["probes"]:
            # No probe for the speakers where test has none of train's: 0.000 would be a lie.
            table.add_row(_label(p), *("–" if p[n] is None else f"{p[n]:.3f}" for n in names))
        Console().print(table)
    one_seed = [ONE_SEED] if result["seeds"] == 1 else []
    for note in result["notes"] + result.get("protocol", []) + one_seed:
        Console().print(note, highlight=False)
    if "bayes" in result:
        table = Table("what is known", "weighted F1", "macro F1", "prior-adjusted weighted",
                      "macro", "tau", "gap closed by all stages", box=SIMPLE,
                      title="Exact Bayes, same test split")
        for level, b in result["bayes"].items():
            a, share = b["adjusted"], result["gap_closed"].get(level)
            table.add_row(level, f"{b['weighted_f1']:.3f}", f"{b['macro_f1']:.3f}",
                          f"{a['weighted_f1']:.3f}", f"{a['macro_f1']:.3f}", f"{a['tau']:.2f}",
                          "" if share is None else f"{share:.2f}")
        Console().print(table)
    if "gate_correlation" in result:
        found = ", ".join(f"{k} {v:.2f}" for k, v in result["gate_correlation"].items())
        Console().print(f"Gates against planted expressiveness (Spearman): {found}")
    runs = len(result["runs"]) + len(result["baselines"])
    each = f", each in {len(result['folds'])} folds," if "folds" in result else ""
    Console().print(f"{runs} runs{each} in {result['seconds']} s")


def _show_unevenness(result: dict) -> None:
    """How each kind's people fare, means over seeds."""
    people = len(result["means"][0]["people"]["recall"])
    table = Table("speakers", "stages", "unweighted recall [95%]", "mean over people",
                  "worst-off tenth", "Gini", "calibration error", box=SIMPLE,
                  title=f"Recall by person, {people} people; intervals resample them")
    for mean in result["means"]:
        people = mean["people"]
        found = people["intervals"]["unweighted_recall"]
        table.add_row(mean["speakers"], _label(mean),
                      f"{found['mean']:.3f} [{found['low']:.3f}, {found['high']:.3f}]",
                      f"{np.mean(list(people['recall'].values())):.3f}",
                      *(f"{people[k]:.3f}" for k in ("worst_tenth", "gini", "calibration_error")))
    Console().print(table)


def _show_means(result: dict, scores: tuple[str, ...], title: str) -> None:
    table = Table("speakers", "stages", *(NAMES[s] for s in scores),
                  *(f"{NAMES[s].removesuffix(' F1')} − static [95%]" for s in scores),
                  box=SIMPLE, title=title)
    for mean in result["means"]:
        key = {k: mean.get(k) for k in ("stages", "speakers", "baseline")}
        against = [p for p in result["paired"] if p["against"] == "static"
                   and all(p.get(k) == v for k, v in key.items())]
        means = [_mean(mean, score) for score in scores]
        gains = [_interval(against[0][score]) if against else "" for score in scores]
        table.add_row(mean["speakers"], _label(mean), *means, *gains)
    Console().print(table)


def _label(row: dict) -> str:
    # Eighty columns are few.
    short = {"calibration": "cal", "gating": "gate", "regularization": "reg"}
    return row.get("baseline") or " + ".join(short[s] for s in row["stages"]) or "static"


def _mean(row: dict, score: str) -> str:
    sd = row[f"{score}_sd"]
    return f"{row[score]:.3f}" + ("" if sd is None else f" ± {sd:.3f}")


def _interval(d: dict) -> str:
    return f"{d['difference']:+.3f} [{d['low']:+.3f}, {d['high']:+.3f}]"


# -- the benchmark ---------------------------------------------------------------------------------


def show_reproduction(result: dict, folder: Path) -> None:
    """Print the published rows and ours, and keep ours as csv files and a figure."""
    console = Console()
    scores, differences = protocol.table(result), protocol.differences(result)
    if protocol.comparable(result):
        _show_published(console, result)
    for note in notes(result):
        console.print(note, highlight=False)
    title = f"{result['corpus']}, test"
    main = {"weighted_f1": "weighted F1", "macro_f1": "macro F1",
            "unseen_speaker_f1": "unseen speakers",
            "test_peak": "test peak", "inflation": "inflation"}
    if scores.unseen_speaker_f1.isna().all():
        del main["unseen_speaker_f1"]
    _show_points(console, scores, main, f"{title}: chosen on dev, tested once")
    _show_points(console, scores, {s: NAMES[s] for s in RECALL}, f"{title}: recall and accuracy")
    emotions = {e: e for e in result["emotions"]}
    _show_points(console, scores, emotions, f"{title}: F1 of each emotion")
    table = Table("ours", "minus", "weighted F1 [95%]", "macro F1 [95%]", box=SIMPLE,
                  pad_edge=False, title=f"{title}: paired differences, over dialogues and seeds")
    for row in differences.to_dict("records"):
        found = [[100 * row[s + end] for end in ("", "_low", "_high")] for s in F1S]
        table.add_row(row["ours"], row["theirs"],
                      *(f"{mean:+.2f} [{low:+.2f}, {high:+.2f}]" for mean, low, high in found))
    console.print(table)
    write_text(folder / "table.csv", scores.to_csv())
    write_text(folder / "differences.csv", differences.to_csv(index=False))
    figure = reproduction_figure(result, scores)
    write_text(folder / "figure.html", figure.to_html(include_plotlyjs=True))
    console.print(f"Kept in {folder}: result.json (all predictions), table.csv, "
                  "differences.csv, figure.html", highlight=False, soft_wrap=True)


def notes(result: dict) -> list[str]:
    """What a reader has to know to read the tables."""
    epochs = sorted({run["recipe"]["settings"]["epochs"] for run in result["runs"]})
    limit = f"{' or '.join(map(str, epochs))} epochs at most"
    quick = ""
    if result["quick"]:
        quick = f" --quick: {limit}, too few for the protocol: a quick look, no result."
    seeds, size = ", ".join(map(str, result["seeds"])), len(result["test"]["true"])
    out = []
    if result["generated"]:
        out.append("GENERATED features: these scores say nothing about the data set, "
                   "so no published row stands beside them.")
    elif not protocol.comparable(result):
        out.append("Not the official test split: no published row stands beside these scores.")
    out += [f"{result['corpus']}: {size} test utterances. F1 in points, mean ± sd over seeds "
            f"{seeds}; recipe {result['recipe']}, {limit}.{quick}",
            "The epoch is chosen on dev. Test peak: the mean over seeds of the best epoch on test, "
            "which others report; inflation: peak minus ours.",
            "off: no stage, and so nobody named: one model under every mode."]
    if len(result["seeds"]) == 1:
        out.append(ONE_SEED)
    only = ", ".join(result["modalities"])
    here = {run["stages"] for run in result["runs"]}
    for stage, why in idle(result["modalities"], "identity").items():
        out.append(f"{stage} is left out: with {only} only it {why}.")
    out.append("Under none, regularization is left out: it has nobody to name.")
    if len(result["stages"]) == 1:
        out.append(f"on: {result['stages'][0]}.")
    if protocol.TEXT_ONLY in here:
        out.append("text only: no stage, and neither audio nor visual features.")
    unseen = result["test"]["speaker_known"].count(False)
    end = "." if unseen else ", so no score."
    out.append(f"Unseen speakers: {unseen} test utterances of people who are not in train{end}")
    return out


def _show_published(console: Console, result: dict) -> None:
    rows = published(result["dataset"])
    table = Table("model", "year", "from", "F1", "epoch", Column("source", no_wrap=True), "note",
                  box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0),
                  title=f"{result['dataset'].upper()}: published weighted F1 "
                        "(T text, A audio, V visual; epoch: chosen on)")
    for r in rows.itertuples():
        table.add_row(r.model, str(r.year), r.modalities, f"{r.weighted_f1:.2f}", r.chosen,
                      r.source, r.note, style="bold" if r.model == PAPER else "")
    console.print(table)
    emotions = [e for e in result["emotions"] if e in rows]
    table = Table("model", *emotions, box=SIMPLE, pad_edge=False,
                  title="Published F1 of each emotion")
    for r in rows.dropna(subset=emotions).to_dict("records"):
        table.add_row(r["model"], *(f"{r[e]:.2f}" for e in emotions))
    console.print(table)
    console.print("Epoch test: the authors' code reports the best epoch on test; "
                  "?: nothing says on what it was chosen. "
                  "Beside these belongs our test peak, not our score.", highlight=False)


def _show_points(console: Console, scores: pd.DataFrame, columns: dict[str, str],
                 title: str) -> None:
    """Mean ± sd in points, the rows of a speaker mode together.

    Of many columns the means alone, as eighty characters are few: the sds stand in ``table.csv``.
    """
    sds = scores if len(columns) <= 5 else scores * float("nan")
    table = Table("speakers, stages", *columns.values(), box=SIMPLE, pad_edge=False,
                  padding=(0, 1, 0, 0), title=title)
    for mode, group in scores.groupby(level="speakers", sort=False):
        table.add_section()
        table.add_row(mode, style="bold")
        for key, row in group.iterrows():
            points = [_points(row[c], sds.loc[key, f"{c}_sd"]) for c in columns]
            table.add_row(f"  {key[1]}", *points)
    console.print(table)


def _points(mean: float, sd: float) -> str:
    if pd.isna(mean):
        return ""
    return f"{100 * mean:.2f}" + ("" if pd.isna(sd) else f"±{100 * sd:.2f}")


def reproduction_figure(result: dict, scores: pd.DataFrame) -> go.Figure:
    """Weighted F1 of every row with its sd over seeds, and the paper's line where it may stand."""
    rows = [{"name": ", ".join(key), "mean": row.weighted_f1,
             "sd": 0 if pd.isna(row.weighted_f1_sd) else row.weighted_f1_sd}
            for key, row in scores.iterrows()]
    lines = {}
    if protocol.comparable(result):
        paper = published(result["dataset"]).set_index("model").weighted_f1[PAPER]
        lines[f"{PAPER}, published"] = paper / 100
    alt = (f"{result['corpus']}: weighted F1 on test of each speaker mode and stage, with "
           "its standard deviation over seeds.")
    return figures.scores(rows, lines, alt, f"weighted F1, {result['corpus']}")
