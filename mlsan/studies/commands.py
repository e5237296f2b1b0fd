"""``mlsan ablate`` and ``mlsan reproduce`` on the command line: many runs, here or on a cluster."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Annotated

import typer

from mlsan import options
from mlsan.data.speaker_ids import MODES
from mlsan.files import write_text
from mlsan.options import (
    AcceptLicence,
    Address,
    ClassWeights,
    Context,
    CorpusName,
    Device,
    Engine,
    Json,
    RecipeName,
    Runs,
    Seeds,
)
from mlsan.sources.feature_files.corpora import FEATURES
from mlsan.studies import protocol
from mlsan.studies.ablation import ablate as run_ablation
from mlsan.studies.engine import carried_out
from mlsan.studies.tables import show_ablation, show_reproduction


def ablate(corpus: CorpusName,
           seeds: Seeds = 5,
           speakers: Annotated[str, typer.Option(
               help="one or more of " + ", ".join(MODES))] = "identity",
           context: Context = "on",
           class_weights: ClassWeights = False,
           folds: Annotated[str | None, typer.Option(
               metavar="speakers=K",
               help="deal the speakers into K groups and test each by models that never met it, "
                    "instead of the corpus's own test split")] = None,
           recipe: RecipeName = None,
           device: Device = "auto",
           file: Annotated[Path | None, typer.Option(
               "--out", help="write the whole result as JSON")] = None,
           engine: Engine = None,
           address: Address = None,
           runs: Runs = None,
           as_json: Json = False) -> None:
    """All eight on/off combinations of the stages, with intervals; `simulated`: and the optimum."""
    modes = tuple(options.mode(m) for m in speakers.split(","))
    if file:
        options.writable(file, is_folder=False)
    if runs:
        options.writable(runs, is_folder=True, option="--runs")
    with carried_out(engine, address, runs):
        result = run_ablation(corpus, seeds, speakers=modes, context=options.on(context),
                              class_weights=class_weights, recipe=recipe,
                              folds=options.folds(folds) if folds else None, device=device)
    if file:
        write_text(file, json.dumps(result, indent=1))
    if as_json:
        return print(json.dumps(result))
    show_ablation(result)


def reproduce(dataset: Annotated[str, typer.Argument(metavar="meld|iemocap")],
              features: Annotated[str, typer.Option(
                  help=f"{' | '.join(FEATURES)} | {protocol.OWN}, "
                       "or the folder of a saved corpus")] = "multiemo",
              source: Annotated[Path | None, typer.Option(
                  "--from", metavar="DIR",
                  help="where the published files are, instead of downloading them")] = None,
              accept_licence: AcceptLicence = False,
              seeds: Seeds = 5,
              quick: Annotated[bool, typer.Option(
                  "--quick", help=f"{protocol.QUICK_EPOCHS} epochs a run")] = False,
              device: Device = "auto",
              folder: Annotated[Path | None, typer.Option(
                  "--out", metavar="DIR",
                  help="where it is kept; one that exists is gone on with")] = None,
              engine: Engine = None,
              address: Address = None) -> None:
    """The published figures and ours, every speaker mode, stages off to on, under one protocol."""
    if folder:
        options.writable(folder, is_folder=True)
    corpus = protocol.open_corpus(dataset, features, source, accept_licence=accept_licence)
    folder = folder or options.writable(
        Path(f"benchmark-{corpus.name}" + ("-quick" if quick else "")), is_folder=True)
    command = ["mlsan", "reproduce", dataset, "--features", features]
    if source:
        command += ["--from", str(source)]
    command += ["--seeds", str(seeds)]
    if quick:
        command += ["--quick"]
    with carried_out(engine, address):
        result = protocol.reproduce(corpus, dataset, features, folder, seeds=seeds, quick=quick,
                                    device=device, command=shlex.join(command))
    show_reproduction(result, folder)
