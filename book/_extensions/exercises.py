"""The exercises, listed on a page of their own, and how to do them where there is no kernel.

In a notebook, an exercise has a heading, ``### Exercise 2.3: catch the leak``, and below it a line,
``*About 30 minutes, hard.*``. The number counts the chapters in the order of the contents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import yaml
from docutils import nodes
from myst_parser.mdit_to_docutils.base import default_slugify
from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]
LIST = "book/exercises"
TITLE = re.compile(r"^# (.+)$", re.M)
EXERCISE = re.compile(
    r"^###+ (Exercise (\d+\.\d+): (.+))\n\n\*About (\d+) minutes, (easy|medium|hard)\.\*\n", re.M)


@dataclass(frozen=True)
class Exercise:
    heading: str
    number: str
    title: str
    minutes: int
    difficulty: str


def chapters() -> Iterator[tuple[str, str, list[Exercise]]]:
    """Each notebook of the contents: its path from the root, its title, its exercises in order."""
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text())["parts"]
    for path in (f"{c['file']}.ipynb" for part in parts for c in part["chapters"]):
        if (ROOT / path).exists():
            cells = nbformat.read(ROOT / path, as_version=4).cells
            text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
            yield path, TITLE.search(text)[1], [
                Exercise(heading, number, title, int(minutes), difficulty)
                for heading, number, title, minutes, difficulty in EXERCISE.findall(text)]


def list_exercises(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put each chapter's table at the end of the page; MyST refuses links that lead nowhere."""
    if docname != LIST:
        return
    for number, (path, title, exercises) in enumerate(chapters(), 1):
        minutes = sum(exercise.minutes for exercise in exercises)
        rows = [f"| [{e.number} {e.title}]({Path(path).name}#{default_slugify(e.heading)}) "
                f"| {e.minutes} | {e.difficulty} |" for e in exercises]
        source[0] += "\n".join([
            f"\n## {number}. {title}\n", f"{len(rows)} exercises, about {minutes} minutes.\n",
            "| Exercise | Minutes | Difficulty |", "|:--|--:|:--|", *rows, ""])


class NotBegun:
    """Renders the verdict on a stub, which nobody can act upon on a page without a kernel."""

    @staticmethod
    def handle_mime(renderer, data, inline):
        if data.mime_type != "text/html" or "mlsan-open" not in data.content:
            return None
        env = renderer.renderer.sphinx_env
        options = env.config.html_theme_options
        address = "/".join([options["launch_buttons"]["colab_url"].strip("/"), "github",
                            options["repository_url"].removeprefix("https://github.com/"),
                            "blob", options["repository_branch"], f"{env.docname}.ipynb"])
        line = nodes.paragraph(classes=["mlsan-unanswered"])
        line += [nodes.Text("Copy this cell into your own notebook, "),
                 nodes.reference(text="open the chapter in Colab", refuri=address),
                 nodes.Text(", or read the solution.")]
        return [line]
