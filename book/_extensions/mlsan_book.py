"""What this book adds to Jupyter Book: figures, widgets and mathematics that ask no other host.

- the Colab badge is shown from our own drawing of it;
- a plotly output becomes a described figure, and plotly.js is loaded on pages that have one;
- an exercise that nobody has begun says where it can be, and a page lists all exercises;
- widget scripts come from `book/vendor/files`, on pages that have a widget (see `_config.yml`).
"""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

from docutils import nodes
from exercises import NotBegun, list_exercises
from front_figure import front_figure
from myst_nb.core.render import load_mime_renders
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

HERE = Path(__file__).parent
VENDORED = HERE.parent / "vendor" / "files"
PLOTLY = "application/vnd.plotly.v1+json"
BADGE = "https://colab.research.google.com/assets/colab-badge.svg"
CONFIG = {"responsive": True, "displaylogo": False, "showSendToCloud": False}


class PlotlyFigure:
    """Renders a plotly output: MyST-NB alone drops it."""

    mime_priority_overrides = [("*", PLOTLY, 1)]

    @staticmethod
    def handle_mime(renderer, data, inline):
        if data.mime_type != PLOTLY:
            return None
        page = Path(renderer.renderer.document["source"]).name.split(".")[0]
        place = f"{page}, cell {data.cell_index}"
        figure = {key: data.content[key] for key in ("data", "layout", "frames")
                  if key in data.content}
        return [drawn(figure, f"{page}-{data.cell_index}-{data.output_index}", place)]


class FrontFigure(SphinxDirective):
    """``{front-figure}``: the figure that a page without cells shows."""

    def run(self):
        figure = json.loads(front_figure().to_json())
        return [drawn(figure, "front", self.env.docname)]


def drawn(figure: dict, name: str, place: str) -> nodes.raw:
    """A plotly figure, with its text alternative, as figures.js finds it."""
    meta = figure["layout"].get("meta")
    alt = meta.get("alt") if isinstance(meta, dict) else None
    if not alt:
        raise ExtensionError(
            f"{place}: a figure without a text alternative; say what it shows with "
            'fig.update_layout(meta={"alt": "…"})')
    height = figure["layout"].get("height", 450)
    # The "<" of a hover label must not end the script element.
    content = json.dumps(figure | {"config": CONFIG}, sort_keys=True).replace("<", "\\u003c")
    html = (f'<figure class="mlsan-figure" aria-label="{escape(alt)}">'
            f'<div id="figure-{name}" style="min-height:{int(height)}px"></div>'
            f'<script type="application/json">{content}</script></figure>')
    return nodes.raw(text=html, format="html", plotly=True)


def own_badge(app: Sphinx, docname: str, source: list[str]) -> None:
    source[0] = source[0].replace(BADGE, "/book/images/open-in-colab.svg")


def fit_scripts(app: Sphinx, pagename, templatename, context, doctree) -> None:
    """Leave each page the scripts that it uses; plotly.js alone has 4.8 MB."""
    content = list(doctree.findall()) if doctree else []
    if any(isinstance(node, nodes.raw) and node.get("plotly") for node in content):
        app.add_js_file("vendored/plotly.min.js", loading_method="defer")
        app.add_js_file("figures.js", loading_method="defer")
    # Jupyter Book always loads Thebe, and twice, though no page runs code; Sphinx loads MathJax on
    # a page without mathematics when a page below it has some.
    idle = ["thebe"]
    if not any(isinstance(node, nodes.math | nodes.math_block) for node in content):
        idle += ["MathJax", "tex-svg"]
    context["script_files"][:] = [
        script for script in context["script_files"]
        if not any(word in f"{script.filename} {script.attributes.get('body')}" for word in idle)]


def mend_citation_list(app: Sphinx, pagename, templatename, context, doctree) -> None:
    """Docutils calls a bibliography a list of what are no list items: screen readers stumble."""
    if "body" in context:
        context["body"] = context["body"].replace('<div role="list" class="citation-list">',
                                                  '<div class="citation-list">')


def setup(app: Sphinx) -> dict:
    if not (VENDORED / "vendored" / "plotly.min.js").exists():
        raise ExtensionError("the vendored scripts are missing: build the book with `make book`")
    # MyST-NB finds renderers through entry points of installed packages only. These are the
    # book's and not the package's, so they join the list that MyST-NB keeps.
    for renderer in (PlotlyFigure, NotBegun):
        if renderer not in load_mime_renders():
            load_mime_renders().append(renderer)
    app.add_directive("front-figure", FrontFigure)
    app.config.html_static_path += [str(HERE / "static"), str(VENDORED)]
    app.add_css_file("mlsan-book.css")
    app.connect("source-read", own_badge)
    app.connect("source-read", list_exercises)
    app.connect("html-page-context", fit_scripts, priority=900)
    app.connect("html-page-context", mend_citation_list)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
