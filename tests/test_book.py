"""The built pages in a browser: from disk and over http, light and dark, on a desktop and a phone.

They need `make book` and a Chromium; without either they are skipped. A test of one page's
controls takes the `visit` fixture: `page = visit("one-emotion-many-people")`.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlparse

import pytest

SITE = Path(__file__).parents[1] / "_build" / "html"
PAGES = sorted(p.stem for p in (SITE / "book").glob("*.html"))
CHROMIUM = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])),
                None)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]
SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PAGES, reason="the book is not built: `make book`"),
    pytest.mark.skipif(not CHROMIUM, reason="no chromium, chromium-browser or google-chrome"),
]


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args) -> None:
        pass


@pytest.fixture(scope="module")
def sites() -> Iterator[dict[str, str]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield {"file": SITE.as_uri(), "http": f"http://127.0.0.1:{server.server_port}"}
    server.shutdown()
    server.server_close()


@pytest.fixture
def visit(browser, sites):
    """Open a page and wait until its figures, widgets and formulas stand.

    `page.complaints` collects what the browser complained of, and every request to another host.
    """
    contexts = []

    def open_page(name: str, site: str = "file", theme: str = "light", size: str = "desktop"):
        context = browser.new_context(viewport=SIZES[size], color_scheme=theme,
                                      is_mobile=size == "phone", has_touch=size == "phone")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.complaints = []
        page.on("request", lambda request: is_local(request.url)
                or page.complaints.append(f"asked another host: {request.url}"))
        page.on("requestfailed", lambda request: page.complaints.append(f"failed: {request.url}"))
        page.on("pageerror", lambda error: page.complaints.append(f"uncaught: {error}"))
        page.on("console", lambda message: message.type == "error"
                and page.complaints.append(f"console: {message.text}"))
        page.goto(f"{sites[site]}/book/{name}.html")
        page.wait_for_function(STANDS)
        return page

    yield open_page
    for context in contexts:
        context.close()


def is_local(url: str) -> bool:
    parts = urlparse(url)
    return parts.scheme in ("file", "data", "blob") or parts.hostname == "127.0.0.1"


# Whether all that a page's scripts have to draw is drawn.
STANDS = """() =>
    document.readyState === "complete"
    && [...document.querySelectorAll(".mlsan-figure")].every((f) => f.querySelector(".main-svg"))
    && [...document.querySelectorAll("script[type='application/vnd.jupyter.widget-view+json']")]
        .every((s) => s.parentElement.querySelector(".jupyter-widgets, .lm-Widget")
            ?.childElementCount)
    && [...document.querySelectorAll(".math")].every((m) => m.querySelector("mjx-container"))
"""

# A figure's faults: nothing drawn, a text too small, or a text that does not fit.
FIGURE_FAULTS = """() => [...document.querySelectorAll(".mlsan-figure")].flatMap((figure) => {
    const name = figure.querySelector("div").id;
    const faults = [];
    const box = figure.getBoundingClientRect();
    const plot = figure.querySelector(".main-svg").getBoundingClientRect();
    if (plot.width < 200 || plot.height < 100) faults.push(`${name}: not drawn`);
    if (plot.right > box.right + 1) faults.push(`${name}: wider than its place`);
    if (!figure.querySelector(".trace, .heatmaplayer image, .slice, canvas, .hm, .points"))
        faults.push(`${name}: no trace`);
    for (const text of figure.querySelectorAll("svg text")) {
        const place = text.getBoundingClientRect();
        if (!place.width || getComputedStyle(text).visibility === "hidden") continue;
        if (text.closest(".hoverlayer")) continue;
        if (place.left < box.left - 2 || place.right > box.right + 2)
            faults.push(`${name}: "${text.textContent}" does not fit`);
        if (parseFloat(getComputedStyle(text).fontSize) < 10)
            faults.push(`${name}: "${text.textContent}" is too small`);
    }
    return faults;
})"""

# Wider than the screen is what scrolls by itself (tables, code), not the page.
OVERFLOW = """() => document.documentElement.scrollWidth - document.documentElement.clientWidth"""
NO_ALT = """() => [...document.querySelectorAll("img:not([alt]), img[alt=''],"
    + " .mlsan-figure:not([aria-label])")].map((e) => e.outerHTML.slice(0, 200))"""


# Each pair of settings meets; all eight would take twice the time.
@pytest.mark.parametrize(("site", "theme", "size"), [
    ("file", "light", "desktop"), ("file", "dark", "phone"),
    ("http", "light", "phone"), ("http", "dark", "desktop")])
@pytest.mark.parametrize("name", PAGES)
def test_page_stands(visit, name, site, theme, size):
    page = visit(name, site, theme, size)
    assert page.complaints == []
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    assert page.evaluate(FIGURE_FAULTS) == []
    assert page.evaluate(NO_ALT) == []
    assert page.evaluate(OVERFLOW) <= 0


@pytest.mark.parametrize("name", PAGES)
def test_scripts_load_only_where_used(name):
    html = (SITE / "book" / f"{name}.html").read_text()
    used = {"plotly.min.js": 'class="mlsan-figure"', "tex-svg-full.js": 'class="math ',
            "widgets.js": "application/vnd.jupyter.widget-view+json"}
    for script, trace in used.items():
        assert (script in html) == (trace in html), f"{name} and {script}"


def test_figures_follow_the_theme(visit):
    name = next((n for n in PAGES if 'class="mlsan-figure"'
                 in (SITE / "book" / f"{n}.html").read_text()), None)
    if name is None:
        pytest.skip("no page has a figure")
    page = visit(name)
    colour = """() => getComputedStyle(document.querySelector(
        ".mlsan-figure .xtick text, .mlsan-figure .legendtext")).fill"""
    light = page.evaluate(colour)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_function(f"(before) => ({colour})() !== before", arg=light)


def test_calibration_bench_answers_as_python_does(visit):
    """Driven from the keyboard, with no kernel: what it says is what `nearest_mean_accuracy` says."""
    import json

    import numpy as np

    from mlsan.widgets import nearest_mean_accuracy

    page = visit("one-emotion-many-people")
    states = json.loads(page.locator("script[type='application/vnd.jupyter.widget-state+json']")
                        .first.text_content())["state"].values()
    state = next(s["state"] for s in states if "calibrated" in s["state"])
    raw, calibrated = np.array(state["raw"]), np.array(state["calibrated"])
    slider, bench = page.locator(".mlsan-bench input"), page.locator(".mlsan-bench")
    slider.focus()
    seen = []
    for key in ("Home", *["ArrowRight"] * 3, "PageUp", "End"):
        page.keyboard.press(key)
        amount = float(slider.input_value())
        points = raw + amount * (calibrated - raw)
        for what in ("speaker", "emotion"):
            shown = float(bench.get_attribute(f"data-{what}"))
            assert abs(shown - nearest_mean_accuracy(points, state[f"{what}s"])) < 2e-3
        seen.append(bench.locator(".mlsan-verdict").text_content())
    assert len(set(seen)) > 2 and page.complaints == []
