"""The exercises, listed on a page of their own, and how to do them where there is no kernel.

In a notebook, an exercise has a heading, ``### Exercise 2.3: catch the leak``, and below it a line,
``*About 30 minutes, hard.*``. The number counts the chapters in the order of the contents.
"""

from __future__ import annotations

import re
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


def list_exercises(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put each chapter's table at the end of the page; MyST refuses links that lead nowhere."""
    if docname != LIST:
        return
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text())["parts"]
    pages = [ROOT / f"{page['file']}.ipynb" for part in parts for page in part["chapters"]]
    for chapter, path in enumerate(filter(Path.exists, pages), 1):
        cells = nbformat.read(path, as_version=4).cells
        text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        exercises = EXERCISE.findall(text)
        total = sum(int(minutes) for *_, minutes, _ in exercises)
        source[0] += "\n".join([
            f"\n## {chapter}. {TITLE.search(text)[1]}\n",
            f"{len(exercises)} exercises, about {total} minutes.\n",
            "| Exercise | Minutes | Difficulty |", "|:--|--:|:--|",
            *(f"| [{number} {title}]({path.name}#{default_slugify(heading)}) "
              f"| {minutes} | {difficulty} |"
              for heading, number, title, minutes, difficulty in exercises), ""])


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
