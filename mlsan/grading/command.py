"""``mlsan grade`` on the command line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from mlsan.data.validation import CorpusError
from mlsan.grading import sandbox


def command(
        folder: Annotated[Path, typer.Argument(help="Submitted notebooks, in folders or not.")],
        out: Annotated[Path, typer.Option(help="The table; its log goes beside it.")],
        autograder: Annotated[Path, typer.Option(
            help="Where the assignments' zips are.")] = Path("dist/autograder"),
        jobs: Annotated[int, typer.Option(
            min=1, help="Submissions at a time.")] = os.cpu_count() or 1,
        unsafe: Annotated[bool, typer.Option(
            "--unsafe", help="Grade even where nothing isolates a submission.")] = False) -> None:
    """Grade a folder of submitted notebooks; goes on where it was stopped."""
    try:
        import otter  # noqa: F401 (the judge reads its files)

        from mlsan.grading.grade import grade
    except ImportError:                  # who only trains and predicts has no need of them
        raise CorpusError('grading needs Otter-Grader: pip install "mlsan[course]"') from None
    if not folder.is_dir():
        raise CorpusError(f"{folder}: no such folder")
    level = sandbox.best()
    if level == "none" and not unsafe:
        raise CorpusError(
            "nothing here isolates a submission: install bubblewrap (apt-get install bubblewrap), "
            "or run as root, which grades as another user; --unsafe grades all the same, and a "
            "submission can then do whatever you can")
    console = Console()
    console.print(f"sandbox: {level}")
    table = grade(folder, out, autograder, level, jobs)
    console.print(f"{len(table)} submissions, mean {table.points.mean():.1f} points; "
                  f"{(table['of'] == 0).sum()} could not be graded. Written to {out}")
