"""``mlsan`` on the command line: one function for each command, in the order of their use."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from mlsan import catalogue, options
from mlsan.data.speaker_ids import MODES
from mlsan.data.validation import SPLITS, CorpusError
from mlsan.files import write_table
from mlsan.finetune import Tuning
from mlsan.finetune import finetune as run_finetuning
from mlsan.grading.command import command as grade
from mlsan.model.mlsan import STAGES
from mlsan.options import (
    AcceptLicence,
    ClassWeights,
    ColumnName,
    Context,
    CorpusName,
    Device,
    Json,
    RecipeName,
    Resume,
    Seed,
)
from mlsan.ranks import rank
from mlsan.runs import Plan, open_run
from mlsan.runs import train as run_training
from mlsan.sources.columns import default_name
from mlsan.sources.download import DownloadError
from mlsan.sources.feature_files.corpora import FEATURES, find
from mlsan.sources.imported import import_tables
from mlsan.studies.commands import ablate, reproduce
from mlsan.studies.tables import NAMES, show_mirror, show_predictions, show_scores

app = typer.Typer(help="Speaker-adaptive emotion recognition in conversation, stage by stage.",
                  no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

app.command("grade")(grade)

def main() -> None:
    """Run the CLI; a mistake of the user's is one line on stderr and exit code 2."""
    try:
        app()
    except (CorpusError, DownloadError) as error:
        who = f"mlsan, process {rank()}" if rank() else "mlsan"
        told = f"[bold red]{who}:[/] {escape(str(error))}"      # it may name "mlsan[text]"
        Console(stderr=True).print(told, highlight=False, soft_wrap=True)
        raise SystemExit(2) from None


@app.command()
def corpora(as_json: Json = False) -> None:
    """The conversations at hand, their size, licence, and whether they are downloaded."""
    frame = catalogue.describe()
    if as_json:
        return print(frame.to_json(orient="records"))
    # The name is what one has to type: it is never cut.
    table = Table(Column("name", no_wrap=True), *map(str, frame.columns[1:]), title="Corpora")
    for row in frame.itertuples(index=False):
        table.add_row(*map(str, row))
    Console().print(table)


@app.command()
def fetch(name: Annotated[str | None, typer.Argument(
              metavar="CORPUS",
              help="a name of `mlsan corpora`; with --features, meld or iemocap")] = None,
          features: Annotated[str | None, typer.Option(help=" | ".join(FEATURES))] = None,
          source: Annotated[Path | None, typer.Option(
              "--from", metavar="DIR",
              help="where the feature files are, instead of downloading them")] = None,
          everything: Annotated[bool, typer.Option(
              "--all", help="every corpus, into the folder that --to names")] = False,
          to: Annotated[Path | None, typer.Option(
              metavar="FOLDER", help="with --all: a mirror for machines without a network")] = None,
          accept_licence: AcceptLicence = False) -> None:
    """Download what a corpus needs from its owners, verified; or convert feature files at hand."""
    if everything or to or not name:
        if not (everything and to) or name or features or source:
            raise CorpusError("fetch takes a CORPUS, or --all --to FOLDER")
        return show_mirror(catalogue.mirror(to, accept_licence=accept_licence), to)
    if source and not features:
        raise CorpusError(f"--from {source}: say which files these are, "
                          f"with --features {'|'.join(FEATURES)}")
    if features:
        found = find(name, features, source)
        if not source:
            catalogue.fetch(found.name, accept_licence=accept_licence)
        corpus = found.load(accept_licence=accept_licence)
    else:
        catalogue.fetch(name, accept_licence=accept_licence)
        corpus = catalogue.load(name)
    about = f"{corpus.name}. Licence: {corpus.licence}. From: {corpus.provenance}"
    next_name = found.kept if source else corpus.name
    Console().print(about, highlight=False)
    Console().print(corpus.summary().to_string())
    Console().print(f"Next: `mlsan train {next_name}`", highlight=False, soft_wrap=True)


@app.command("import", help="Your own tables (CSV, TSV, JSON, JSON lines, Parquet; EmoryNLP's "
                           "too) as a corpus folder, with features of what is said and how.")
def import_(tables: Annotated[list[Path] | None, typer.Argument(
                metavar="TABLE", help="files with a row for each turn")] = None,
            splits: Annotated[list[str] | None, typer.Option(
                "--split", metavar="train=TABLE", help="a table that is one split")] = None,
            dialogue: ColumnName = None, turn: ColumnName = None, speaker: ColumnName = None,
            emotion: ColumnName = None, split_column: ColumnName = None,
            text: ColumnName = None, gender: ColumnName = None,
            audio: Annotated[str | None, typer.Option(
                help="the column of paths to WAV files, from the table's folder")] = None,
            emotions: Annotated[str, typer.Option(
                metavar="a,b,c", help="the classes in order; without, as they appear")] = "",
            make_splits: Annotated[bool, typer.Option(
                "--make-splits", help="deal whole dialogues out, 70/15/15")] = False,
            no_text: Annotated[bool, typer.Option("--no-text", help="don't encode texts")] = False,
            no_audio: Annotated[bool, typer.Option("--no-audio", help="read no WAV files")] = False,
            features: Annotated[list[str] | None, typer.Option(
                metavar="audio=FILE", help="ready features, row for row: .npy, .npz, .safetensors, "
                                           ".parquet, .csv")] = None,
            people: Annotated[int | None, typer.Option(
                min=1, help="where no column names the speakers: how many there are, told apart by "
                            "their voices")] = None,
            folder: Annotated[Path | None, typer.Option(
                "--out", help="the corpus folder; without, called like the table")] = None) -> None:
    named = {"dialogue": dialogue, "turn": turn, "speaker": speaker, "emotion": emotion,
             "split": split_column, "text": text, "gender": gender, "audio": audio}
    given = [(path, None) for path in tables or []] + [
        (path, options.split(word)) for word, path in options.pairs(splits, "--split")]
    if not given:
        raise CorpusError("no table; name one or several, or --split train=TABLE")
    if splits and make_splits:
        raise CorpusError("--split says which split a table is: leave out --make-splits")
    folder = folder or Path(default_name([path for path, _ in given]))
    options.writable(folder, is_folder=True)
    if folder.exists():
        raise CorpusError(f"--out {folder}: exists already; choose another --out or remove it")
    corpus, notes = import_tables(
        given, folder.name, columns=named, make_splits=make_splits,
        emotions=[e.strip() for e in emotions.split(",") if e.strip()],
        leave_out=[m for m, out in (("text", no_text), ("audio", no_audio)) if out],
        features=options.pairs(features, "--features"), people=people)
    corpus.save(folder)
    say = Console().print
    for note in notes:
        say(f"- {note}", markup=False, highlight=False, soft_wrap=True)
    say(corpus.summary().to_string(), markup=False)
    # A name of ours would be taken for ours.
    at = shlex.quote(str(folder if catalogue.is_folder(str(folder)) else f"./{folder}"))
    then = f"mlsan train {at}" if corpus.emotions else f"mlsan predict RUN {at}"
    say(f"Next: `{then}`", markup=False, highlight=False, soft_wrap=True)


@app.command()
def train(corpus: CorpusName,
          stages: Annotated[str, typer.Option(
              help="calibration,gating,regularization, some of them, or none; "
                   "one that can't act on the corpus is left out, and this is said"
              )] = ",".join(STAGES),
          speakers: Annotated[str, typer.Option(help=" | ".join(MODES))] = "identity",
          seed: Seed = 0,
          context: Context = "on",
          neutrality: Annotated[float, typer.Option(
              min=0, help="weight of stage 1's neutrality term")] = 0.0,
          class_weights: ClassWeights = False,
          recipe: RecipeName = None,
          device: Device = "auto",
          folder: Annotated[Path | None, typer.Option(
              "--out", help="where the run is kept")] = None,
          resume: Resume = False,
          as_json: Json = False) -> None:
    """Train one model, choose its epoch on dev, test it once."""
    if catalogue.is_folder(corpus):         # `evaluate` may be called from elsewhere
        corpus = str(Path(corpus).resolve())
    plan = Plan(corpus, options.stages(stages), options.mode(speakers), seed,
                options.on(context), neutrality=neutrality, class_weights=class_weights,
                recipe=recipe)
    folder = options.writable(folder or Path("runs") / plan.name, is_folder=True)
    loaded = catalogue.load(corpus)
    if len(loaded.labelled_rows("test")) == 0:      # said now, not after the training
        raise CorpusError(f"{corpus}: no test split with emotions, and a run is tested once at its "
                          "end; name a corpus with test dialogues")
    run = run_training(plan, corpus=loaded, device=device, folder=folder, resume=resume)
    show_scores(run, as_json, f"{plan.name}: test, recipe {recipe or loaded.recipe}, kept in "
                              f"{folder}")


@app.command()
def evaluate(folder: Annotated[Path, typer.Argument(
                 metavar="DIR", help="what `mlsan train --out` wrote")],
             corpus: Annotated[str | None, typer.Option(
                 help="another labelled corpus than the run's own: a name, or a folder")] = None,
             split: Annotated[str, typer.Option(help=" | ".join(SPLITS))] = "test",
             file: Annotated[Path | None, typer.Option(
                 "--out", help="write every prediction, as .csv or .parquet")] = None,
             device: Device = "auto",
             as_json: Json = False) -> None:
    """Score a trained run, on its own test split or on another corpus."""
    if split not in SPLITS:
        raise CorpusError(f"--split: {split!r}; use one of {', '.join(SPLITS)}")
    if file:
        options.new_table(file)
    run = open_run(folder, device, corpus)
    title = f"{run.plan.name}: {split}" + (f" of {run.corpus.name}" if corpus else "")
    show_scores(run, as_json, title, split)
    if file:
        write_table(file, run.predict(split))


@app.command()
def predict(folder: Annotated[Path, typer.Argument(
                metavar="RUN", help="what `mlsan train --out` wrote")],
            corpus: CorpusName,
            enrol: Annotated[Path | None, typer.Option(
                "--enrol", metavar="FOLDER",
                help="a corpus folder with utterances of new people, labelled or not: each is "
                     "known by them from now on; wants a run with --speakers heard")] = None,
            listen: Annotated[bool, typer.Option(
                "--listen", help="know a stranger by their earlier turns of the dialogue; wants a "
                                 "run with --speakers heard")] = False,
            file: Annotated[Path, typer.Option(
                "--out", help="the table of predictions, .csv or .parquet")] = Path(
                    "predictions.csv"),
            device: Device = "auto") -> None:
    """Probabilities, emotion and gates for every utterance of a corpus, labelled or not.

    Who was met in training is known by name; everybody else is a stranger, but for those whom
    --enrol or --listen makes known.
    """
    options.new_table(file)
    run = open_run(folder, device, corpus)
    if enrol:
        run = run.enrol_all(catalogue.load(str(enrol)))
    if listen:
        run = run.listening()
    table = run.predict()
    write_table(file, table)
    show_predictions(run, table, file)


app.command("ablate")(ablate)


@app.command(help="Fine-tune a text encoder, epoch chosen on dev; "
                  "its features are a corpus folder like any other.")
def finetune(corpus: CorpusName,
             folder: Annotated[Path, typer.Option(
                 "--out", help="where the run and its features are kept")],
             encoder: Annotated[str, typer.Option(
                 help="a name of the Hugging Face hub, or a folder")] = Tuning.encoder,
             context: Annotated[int, typer.Option(
                 min=0, help="turns before the one that is read")] = Tuning.context,
             names: Annotated[bool, typer.Option(
                 help="write speaker names into the text")] = Tuning.names,
             epochs: Annotated[int, typer.Option(min=1)] = Tuning.epochs,
             learning_rate: Annotated[float, typer.Option(min=1e-9)] = Tuning.learning_rate,
             seed: Seed = 0,
             device: Device = "auto",
             resume: Resume = False,
             as_json: Json = False) -> None:
    options.writable(folder, is_folder=True)
    tuning = Tuning(encoder, context, names, epochs, learning_rate=learning_rate, seed=seed)
    about = run_finetuning(catalogue.load(corpus), tuning, folder, device=device, resume=resume)
    if rank():                              # of torchrun's processes the first speaks
        return
    if as_json:
        return print(json.dumps(about["test"]))
    test, best = about["test"], about["history"][about["best_epoch"]]
    found = ", ".join(f"{name} {test[score]:.3f}" for score, name in NAMES.items() if score in test)
    Console().print(f"test: {found}\nweighted F1 on dev: {best['dev_weighted_f1']:.3f} "
                    f"(epoch {best['epoch'] + 1} of {epochs})\n"
                    f"its features, for `mlsan train`: {folder / 'features'}", soft_wrap=True)


app.command("reproduce")(reproduce)
