"""What the command line's options mean: their types, and how their words are read."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from mlsan.data.speaker_ids import MODES
from mlsan.data.validation import CorpusError
from mlsan.model.mlsan import STAGES
from mlsan.recipes import RECIPES
from mlsan.sources.columns import SPLIT_WORDS

CorpusName = Annotated[str, typer.Argument(metavar="CORPUS",
                                           help="a name of `mlsan corpora`, or a folder")]
Json = Annotated[bool, typer.Option("--json", help="print JSON, for machines")]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda")]
Context = Annotated[str, typer.Option(metavar="on|off",
                                      help="read the whole dialogue, or each turn alone")]
Seed = Annotated[int, typer.Option(min=0)]
Seeds = Annotated[int, typer.Option(min=1)]
ColumnName = Annotated[str | None, typer.Option(
    metavar="COLUMN", help="what it is called, where the guess is wrong")]
RecipeName = Annotated[str | None, typer.Option(
    "--recipe", metavar=" | ".join(RECIPES),
    help="sizes, rates and epochs; left out, those that the corpus names")]
ClassWeights = Annotated[bool, typer.Option(
    "--class-weights", help="weight the loss against how common an emotion is, and choose the "
                            "epoch by unweighted recall: every emotion found as often")]
Resume = Annotated[bool, typer.Option("--resume", help="go on with the run in --out")]
Engine = Annotated[str | None, typer.Option(
    metavar="local|dask", help="who trains: this machine's processes, or the workers of a cluster")]
Address = Annotated[str | None, typer.Option(
    metavar="tcp://HOST:PORT", help="Dask's scheduler, as it printed it; without, --engine dask "
                                    "starts a cluster on this machine")]
Runs = Annotated[Path | None, typer.Option(
    "--runs", metavar="DIR", help="keep every finished run here; one that is kept isn't run again")]
AcceptLicence = Annotated[bool, typer.Option("--accept-licence", help="IEMOCAP: its terms")]


def stages(text: str) -> tuple[str, ...]:
    named = () if text == "none" else tuple(s.strip() for s in text.split(","))
    if unknown := set(named) - set(STAGES):
        raise CorpusError(f"--stages: unknown {', '.join(sorted(unknown))!r}; use some of "
                          f"{', '.join(STAGES)}, or none")
    return tuple(s for s in STAGES if s in named)


def mode(text: str) -> str:
    if text.strip() not in MODES:
        raise CorpusError(f"--speakers: unknown {text.strip()!r}; use {', '.join(MODES)}")
    return text.strip()


def writable(path: Path, *, is_folder: bool, option: str = "--out") -> Path:
    """The path, tried before hours of work end there; nothing is left of the trial."""
    if path.exists() and path.is_dir() != is_folder:
        found, kept = ("file", "folder") if is_folder else ("folder", "file")
        raise CorpusError(f"{option} {path}: is a {found}, and what is kept is a {kept}; choose "
                          f"another {option}")
    near = (*[path] * is_folder, *path.absolute().parents)
    there = next(p for p in near if os.path.lexists(p))         # a file too: it can hold nothing
    try:
        with tempfile.TemporaryFile(dir=there):
            return path
    except OSError as error:
        raise CorpusError(f"{option} {path}: can't be written ({error.strerror}); choose another "
                          f"{option}") from error


def new_table(path: Path) -> None:
    """A table's path, refused before anything is computed."""
    if path.suffix not in (".csv", ".parquet"):
        raise CorpusError(f"--out {path}: name a file that ends in .csv or .parquet")
    if path.exists():
        raise CorpusError(f"--out {path}: exists already; choose another name, or remove it first")
    writable(path, is_folder=False)


def pairs(given: list[str] | None, option: str) -> list[tuple[str, Path]]:
    pairs = [text.partition("=") for text in given or []]
    for word, _, path in pairs:
        if not word or not path:
            raise CorpusError(f"{option} {word}: write {option} NAME=FILE")
    return [(word.strip(), Path(path)) for word, _, path in pairs]


def split(word: str) -> str:
    if word.lower() not in SPLIT_WORDS:
        raise CorpusError(f"--split: unknown {word!r}; use train, dev or test")
    return SPLIT_WORDS[word.lower()]


def folds(text: str) -> int:
    what, _, number = text.partition("=")
    if what != "speakers" or not number.isdecimal():
        raise CorpusError(f"--folds: {text!r}; speakers are what can be left out: write "
                          "speakers=K, such as speakers=5")
    return int(number)


def on(text: str) -> bool:
    if text not in ("on", "off"):
        raise CorpusError(f"--context: {text!r}; use on or off")
    return text == "on"
