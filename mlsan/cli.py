"""``mlsan`` on the command line: corpora, fetch, train, evaluate, ablate."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from mlsan import sources
from mlsan.ablation import ablate as run_ablation
from mlsan.experiments import Plan, open_run
from mlsan.experiments import train as run_training
from mlsan.model import STAGES
from mlsan.sources.download import DownloadError
from mlsan.speakers import MODES
from mlsan.validation import CorpusError

app = typer.Typer(help="Speaker-adaptive emotion recognition in conversation, stage by stage.",
                  no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

CorpusName = Annotated[str, typer.Argument(metavar="CORPUS", help="a name of `mlsan corpora`, or a folder")]
Json = Annotated[bool, typer.Option("--json", help="print JSON, for machines")]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda")]
Context = Annotated[str, typer.Option(metavar="on|off", help="read the whole dialogue, or each turn alone")]


def main() -> None:
    """Run the CLI; a mistake of the user's is one line on stderr and exit code 2."""
    try:
        app()
    except (CorpusError, DownloadError) as error:
        Console(stderr=True).print(f"[bold red]mlsan:[/] {error}", highlight=False, soft_wrap=True)
        raise SystemExit(2) from None


@app.command()
def corpora(as_json: Json = False) -> None:
    """The conversations at hand, their size, licence, and whether they are downloaded."""
    frame = sources.describe()
    if as_json:
        return print(frame.to_json(orient="records"))
    table = Table(*map(str, frame.columns), title="Corpora")
    for row in frame.itertuples(index=False):
        table.add_row(*map(str, row))
    Console().print(table)


@app.command()
def fetch(name: CorpusName) -> None:
    """Download what a corpus needs from its owners, verified; terms are printed."""
    sources.fetch(name)
    corpus = sources.load(name)
    Console().print(f"{corpus.name}. Licence: {corpus.licence}. From: {corpus.provenance}", highlight=False)
    Console().print(corpus.summary().to_string())


@app.command()
def train(corpus: CorpusName,
          stages: Annotated[str, typer.Option(help="calibration,gating,regularization, some of them, or none")]
          = ",".join(STAGES),
          speakers: Annotated[str, typer.Option(help=" | ".join(MODES))] = "identity",
          seed: int = 0,
          context: Context = "on",
          neutrality: Annotated[float, typer.Option(help="weight of stage 1's neutrality term")] = 0.0,
          device: Device = "auto",
          folder: Annotated[Path | None, typer.Option("--out", help="where the run is kept")] = None,
          resume: Annotated[bool, typer.Option("--resume", help="go on with the run in --out")] = False,
          as_json: Json = False) -> None:
    """Train one model, choose its epoch on dev, test it once."""
    if Path(corpus).is_dir():               # `evaluate` may be called from elsewhere
        corpus = str(Path(corpus).resolve())
    plan = Plan(corpus, _stages(stages), _mode(speakers), seed, _on(context), neutrality=neutrality)
    folder = folder or Path("runs") / plan.name
    run = run_training(plan, device=device, folder=folder, resume=resume)
    _show_scores(run, as_json, f"{plan.name}: test, kept in {folder}")


@app.command()
def evaluate(folder: Annotated[Path, typer.Argument(metavar="DIR", help="what `mlsan train --out` wrote")],
             device: Device = "auto", as_json: Json = False) -> None:
    """Score a trained run on its test split."""
    run = open_run(folder, device)
    _show_scores(run, as_json, f"{run.plan.name}: test")


@app.command()
def ablate(corpus: CorpusName,
           seeds: Annotated[int, typer.Option(min=1)] = 5,
           speakers: Annotated[str, typer.Option(help="one or more of " + ", ".join(MODES))] = "identity",
           context: Context = "on",
           device: Device = "auto",
           file: Annotated[Path | None, typer.Option("--out", help="write the whole result as JSON")] = None,
           as_json: Json = False) -> None:
    """All eight on/off combinations of the stages, with intervals; for `simulated`, against the optimum."""
    modes = tuple(_mode(m) for m in speakers.split(","))
    result = run_ablation(corpus, seeds, speakers=modes, context=_on(context), device=device)
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        scratch = file.with_name(file.name + ".tmp")
        scratch.write_text(json.dumps(result, indent=1))
        os.replace(scratch, file)
    if as_json:
        return print(json.dumps(result))
    _show_ablation(result)


# -- options ---------------------------------------------------------------------------------------


def _stages(text: str) -> tuple[str, ...]:
    named = () if text == "none" else tuple(s.strip() for s in text.split(","))
    if unknown := set(named) - set(STAGES):
        raise CorpusError(f"--stages: unknown {', '.join(sorted(unknown))!r}; use some of "
                          f"{', '.join(STAGES)}, or none")
    return tuple(s for s in STAGES if s in named)


def _mode(text: str) -> str:
    if text.strip() not in MODES:
        raise CorpusError(f"--speakers: unknown {text.strip()!r}; use {', '.join(MODES)}")
    return text.strip()


def _on(text: str) -> bool:
    if text not in ("on", "off"):
        raise CorpusError(f"--context: {text!r}; use on or off")
    return text == "on"


# -- tables ----------------------------------------------------------------------------------------


def _show_scores(run, as_json: bool, title: str) -> None:
    scores = run.scores("test")
    if as_json:
        return print(json.dumps(scores))
    table = Table("score", "test", title=title)
    unseen = scores["unseen_speaker_f1"]
    table.add_row("weighted F1", f"{scores['weighted_f1']:.3f}")
    table.add_row("macro F1", f"{scores['macro_f1']:.3f}")
    table.add_row("weighted F1, unseen speakers", "none in test" if unseen is None else f"{unseen:.3f}")
    for emotion, f1 in scores["per_class_f1"].items():
        table.add_row(f"F1 {emotion}", f"{f1:.3f}")
    Console().print(table)


def _show_ablation(result: dict) -> None:
    table = Table("speakers", "stages", "weighted F1", "macro F1", "weighted − static [95%]",
                  "macro − static [95%]", box=SIMPLE, title=f"{result['corpus']}, {result['seeds']} seeds, "
                  f"context {'on' if result['context'] else 'off'}")
    for mean in result["means"]:
        key = {k: mean.get(k) for k in ("stages", "speakers", "baseline")}
        against = [p for p in result["paired"] if p["against"] == "static"
                   and all(p.get(k) == v for k, v in key.items())]
        table.add_row(mean["speakers"], _label(mean),
                      *(_mean(mean, s) for s in ("weighted_f1", "macro_f1")),
                      *(_interval(against[0][s]) if against else "" for s in ("weighted_f1", "macro_f1")))
    Console().print(table)
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
            table.add_row(_label(p), *(f"{p[n]:.3f}" for n in names))
        Console().print(table)
    if "bayes" in result:
        table = Table("what is known", "weighted F1", "macro F1", "prior-adjusted weighted", "macro", "tau",
                      "gap closed by all stages", box=SIMPLE, title="Exact Bayes, same test split")
        for level, b in result["bayes"].items():
            a, share = b["adjusted"], result["gap_closed"].get(level)
            table.add_row(level, f"{b['weighted_f1']:.3f}", f"{b['macro_f1']:.3f}", f"{a['weighted_f1']:.3f}",
                          f"{a['macro_f1']:.3f}", f"{a['tau']:.2f}", "" if share is None else f"{share:.2f}")
        Console().print(table)
    if "gate_correlation" in result:
        Console().print("Gates against planted expressiveness (Spearman): " + ", ".join(
            f"{k} {v:.2f}" for k, v in result["gate_correlation"].items()))
    Console().print(f"{len(result['runs']) + len(result['baselines'])} runs in {result['seconds']} s")


def _label(row: dict) -> str:
    short = {"calibration": "cal", "gating": "gate", "regularization": "reg"}      # eighty columns are few
    return row.get("baseline") or " + ".join(short[s] for s in row["stages"]) or "static"


def _mean(row: dict, score: str) -> str:
    sd = row[f"{score}_sd"]
    return f"{row[score]:.3f}" + ("" if sd is None else f" ± {sd:.3f}")


def _interval(d: dict) -> str:
    return f"{d['difference']:+.3f} [{d['low']:+.3f}, {d['high']:+.3f}]"
