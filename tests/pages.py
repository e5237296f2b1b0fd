"""The built pages in a browser, for tests: `page = visit("calibration")`.

They need `make book` and a Chromium; modules marked `IN_BROWSER` are skipped without either.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlparse

import pytest
from pdf import CHROMIUM, SITE, STANDS

PAGES = sorted(p.stem for p in (SITE / "book").glob("*.html"))        # those that are built
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]
SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


IN_BROWSER = [            # a module's `pytestmark`
    pytest.mark.slow,
    pytest.mark.skipif(not PAGES, reason="the book is not built: `make book`"),
    pytest.mark.skipif(not CHROMIUM, reason="no chromium, chromium-browser or google-chrome")]


def html_of(name: str) -> str:
    return (SITE / "book" / f"{name}.html").read_text()


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
        page.set_default_timeout(60_000)      # a busy machine draws slowly
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


def widget_state(page, trait: str) -> dict:
    """The saved traits of the page's widget that has this one; binary ones as bytes."""
    scripts = page.locator("script[type='application/vnd.jupyter.widget-state+json']")
    for widget in json.loads(scripts.first.text_content())["state"].values():
        binary = {b["path"][0]: base64.b64decode(b["data"]) for b in widget.get("buffers", [])}
        if trait in (state := widget["state"] | binary):
            return state
    raise LookupError(f"no widget of this page has {trait}")
