"""A widget alone on a page in a browser, no kernel and no built book: `page = stage(widget)`.

What it needs is an anywidget's: its module, its stylesheet, and its traits as a notebook that was
saved holds them, every dict's keys sorted and bytes as views into a larger buffer.
"""

from __future__ import annotations

import base64
import json

import pytest
from pages import SIZES
from pdf import CHROMIUM

ON_STAGE = [            # a module's or class's `pytestmark`
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="no chromium, chromium-browser or google-chrome")]
COLOURS = {"light": ("#fff", "#222"), "dark": ("#14181e", "#ced6dd")}     # surface, text
PAGE = """<!doctype html><meta name=viewport content="width=device-width">
<style>:root {{ color-scheme: {theme}; --pst-color-surface: {surface}; }}
body {{ background: {surface}; color: {text}; font: 16px sans-serif; }}
{css}</style><div id=stage></div>"""
PLAY = """async ([code, state, binary]) => {
    for (const [name, bytes] of Object.entries(binary)) {
        const raw = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0));
        const larger = new Uint8Array(raw.length + 3);
        larger.set(raw, 3);
        state[name] = new DataView(larger.buffer, 3, raw.length);
    }
    const heard = {};
    window.model = {
        get: (name) => state[name], save_changes: () => {},
        on: (event, react) => (heard[event] ??= []).push(react),
        set: (name, value) => {
            const changed = JSON.stringify(state[name]) !== JSON.stringify(value);
            state[name] = value;
            if (changed) (heard[`change:${name}`] ?? []).forEach((react) => react());
        } };
    const blob = new Blob([code], { type: "text/javascript" });
    const { default: { render } } = await import(URL.createObjectURL(blob));
    render({ model, el: document.getElementById("stage") });
}"""


@pytest.fixture
def stage(browser):
    """Open a page with one widget on it; `page.complaints` collects what the browser said."""
    contexts = []

    def play(widget, theme: str = "light", size: str = "desktop"):
        state = widget.get_state()
        code, css = state.pop("_esm"), state.pop("_css")
        binary = {k: base64.b64encode(state.pop(k)).decode() for k in list(state)
                  if isinstance(state[k], bytes)}
        context = browser.new_context(viewport=SIZES[size], color_scheme=theme)
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(f"uncaught: {error}"))
        page.on("console", lambda message: message.type == "error"
                and page.complaints.append(f"console: {message.text}"))
        surface, text = COLOURS[theme]
        page.set_content(PAGE.format(theme=theme, surface=surface, text=text, css=css))
        page.evaluate(PLAY, [code, json.loads(json.dumps(state, sort_keys=True)), binary])
        return page

    yield play
    for context in contexts:
        context.close()
