"""The built pages in a browser: from disk and over http, light and dark, on desktop and phone."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from pages import IN_BROWSER, PAGES, html_of, widget_state

from mlsan.exercises.verdicts import WORDS, Verdict
from mlsan.widgets import nearest_mean_accuracy

pytestmark = IN_BROWSER

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


# Every page from disk, in both themes and on both screens; over http, where they differ in nothing
# but the address, one page of text and one with all there is, the other way round.
VISITS = [(name, "file", *look) for name in PAGES
          for look in (("light", "desktop"), ("dark", "phone"))]
VISITS += [(name, "http", *look) for name in ("intro", "ml-san")
           for look in (("light", "phone"), ("dark", "desktop"))]


@pytest.mark.parametrize(("name", "site", "theme", "size"), VISITS)
def test_page_stands(visit, name, site, theme, size):
    page = visit(name, site, theme, size)
    assert page.complaints == []
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    assert page.evaluate(FIGURE_FAULTS) == []
    assert page.evaluate(NO_ALT) == []
    assert page.evaluate(OVERFLOW) <= 0
    if site == "file":                                  # a page says the same over http
        assert grave_violations(page) == []


def grave_violations(page) -> list:
    """What axe-core calls serious or critical: it keeps somebody from reading or using the page."""
    found = Axe().run(page).response["violations"]
    return [(v["id"], v["help"], [node["html"][:200] for node in v["nodes"]][:3]) for v in found
            if v["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("look", ["background: #fff; color: #000",
                                  "background: #111; color: #e0e0e0"])
def test_verdicts_can_be_read_on_light_and_on_dark_without_a_stylesheet(browser, look):
    page = browser.new_page()
    page.set_content(f"<body style='{look}'>" + "".join(
        Verdict(kind, "So it is.")._repr_html_() for kind in WORDS))
    found = Axe().run(page).response
    judged = {key: [rule["id"] for rule in found[key]] for key in ("violations", "passes")}
    assert "color-contrast" in judged["passes"] and "color-contrast" not in judged["violations"]
    page.close()


FIGURE = re.compile(
    r'<figure class="mlsan-figure".*?<script type="application/json">(.*?)</script>', re.S)
WIDGETS = re.compile(
    r'<script type="application/vnd.jupyter.widget-state\+json">(.*?)</script>', re.S)


@pytest.mark.parametrize("name", PAGES)
def test_no_figure_is_heavier_than_300_kb(name):
    html = html_of(name)
    parts = FIGURE.findall(html)
    for state in WIDGETS.findall(html):
        parts += map(json.dumps, json.loads(state)["state"].values())
    assert [len(part) for part in parts if len(part) > 300_000] == []


@pytest.mark.parametrize("name", PAGES)
def test_scripts_load_only_where_used(name):
    html = html_of(name)
    used = {"plotly.min.js": 'class="mlsan-figure"', "tex-svg-full.js": 'class="math ',
            "widgets.js": "application/vnd.jupyter.widget-view+json"}
    for script, trace in used.items():
        assert (script in html) == (trace in html), f"{name} and {script}"


def test_figures_follow_the_theme(visit):
    name = next((n for n in PAGES if 'class="mlsan-figure"' in html_of(n)), None)
    if name is None:
        pytest.skip("no page has a figure")
    page = visit(name)
    colour = """() => getComputedStyle(document.querySelector(
        ".mlsan-figure .xtick text, .mlsan-figure .legendtext")).fill"""
    light = page.evaluate(colour)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_function(f"(before) => ({colour})() !== before", arg=light)


FIGURES = [(name, place) for name in PAGES
           for place in re.findall(r'<div id="(figure-[^"]*)"', html_of(name))]


def controls_of(page, place, kind) -> list[dict]:
    return page.evaluate("""([place, kind]) => {
        const figure = document.querySelector(`#${place} + script`).textContent;
        return JSON.parse(figure).layout[kind] ?? [];
    }""", [place, kind])


MENUS = [name for name in PAGES if '"updatemenus":' in html_of(name)]


@pytest.mark.parametrize("name", MENUS)
def test_every_menu_shows_what_it_says(visit, name):
    page, tried = visit(name), 0
    stands = """([place, wanted]) => {
        const visible = document.getElementById(place).data.map((t) => t.visible ?? true);
        return JSON.stringify(wanted) === JSON.stringify(visible);
    }"""
    for place in [place for page_name, place in FIGURES if page_name == name]:
        for menu in controls_of(page, place, "updatemenus"):
            for i, button in reversed(list(enumerate(menu["buttons"]))):
                page.locator(f"#{place} .updatemenu-header").click()
                page.locator(f"#{place} .updatemenu-dropdown-button").nth(i).click()
                change = button["args"][0]
                wanted = change["visible"] if isinstance(change, dict) else button["args"][1]
                page.wait_for_function(stands, arg=[place, wanted])
                tried += 1
    assert tried >= 2 and page.complaints == []


def test_the_book_has_menus():
    assert len(MENUS) >= 10


@pytest.mark.parametrize("name", ["conversations-as-tensors", "what-the-data-hold"])
def test_the_slider_steps_through_a_dialogue(visit, name):
    page = visit(name)
    place = next(place for page_name, place in FIGURES if page_name == name
                 and controls_of(page, place, "sliders"))
    stands = """([place, said]) =>
        document.getElementById(place).layout.annotations[0].text === said"""
    (slider,) = controls_of(page, place, "sliders")
    rail = page.locator(f"#{place} .slider-rail-touch-rect")
    box = rail.bounding_box()
    for share, step in ((0.999, slider["steps"][-1]), (0.001, slider["steps"][0])):
        rail.click(position={"x": box["width"] * share, "y": box["height"] / 2})
        said = step["args"][1]["annotations[0].text"]
        page.wait_for_function(stands, arg=[place, said])


def test_calibration_bench_answers_as_python_does(visit):
    """Driven from the keyboard, with no kernel: it says what `nearest_mean_accuracy` says."""
    page = visit("one-emotion-many-people")
    state = widget_state(page, "calibrated")
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
