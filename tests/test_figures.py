import json

import numpy as np
import pytest
from pdf import CHROMIUM
from plotly.offline import get_plotlyjs

from mlsan import figures
from mlsan.measures.maps import umap
from mlsan.sources.simulated import EMOTIONS
from mlsan.widgets import CalibrationBench, nearest_mean_accuracy

SPEAKERS = ["Ada", "Ben", "Ada", "Ben"]
FELT = ["joy", "anger", "joy", "fear"]


def some_clouds():
    maps = {"raw": np.arange(8).reshape(4, 2), "calibrated": np.ones((4, 2))}
    return figures.clouds(maps, SPEAKERS, FELT, EMOTIONS, alt="Four points.")


def some_lines():
    gain = {"y": [0, 1], "low": [0, 1], "high": [0, 1]}
    return figures.lines([0, 1], {"gain": gain}, alt="A line.", x_title="x", y_title="y")


def some_classes():
    static = {"mean": [0.5, 0.6], "low": [0.4, 0.5], "high": [0.6, 0.7]}
    return figures.per_class({"static": static}, ("joy", "fear"), "Two.")


@pytest.mark.parametrize("figure", [
    some_clouds(),
    figures.clouds({"raw": np.ones((4, 3))}, SPEAKERS, FELT, ["joy", "anger", "fear"],
                   alt="Four points in space."),
    figures.scores([{"name": "static", "mean": 0.6, "sd": 0.01}], {"best": 0.75}, alt="One score."),
    figures.against_planted({"text": [0, 1]}, {"text": [1, 0]}, {"text": SPEAKERS[:2]},
                            "Two gates.", "planted", "gate"),
    figures.ternary({"planted": np.full((4, 3), 1 / 3)}, ("text", "audio", "visual"), SPEAKERS,
                    "Four speakers."),
    figures.gate_bars({"text": [1.0, 0.5]}, {"text": [0.7, 0.2]}, SPEAKERS[:2], "Two gates."),
    figures.confusion(np.eye(2), ("joy", "fear"), "All right."),
    some_classes(),
    some_lines()])
def test_every_figure_says_what_it_shows(figure):
    assert figure.layout.meta["alt"].endswith(".")
    assert figure.layout.paper_bgcolor == "rgba(0,0,0,0)"       # the page's colour shows through
    assert len(figure.to_json()) < 300_000


def test_the_menu_shows_one_map_in_one_colouring():
    figure = some_clouds()
    shown = [button.args[0]["visible"] for button in figure.layout.updatemenus[0].buttons]
    assert len(shown) == 4
    assert (np.array(shown).sum(0) == 1).all()                  # each trace belongs to one view
    for visible in shown:
        points = sum(len(t.x) for t, on in zip(figure.data, visible, strict=True) if on)
        assert points == 4
    assert [t.visible for t in figure.data] == list(shown[0])


def test_styles_tell_speakers_apart():
    style = figures.speaker_style([str(i) for i in range(64)])
    assert len({tuple(s.values()) for s in style.values()}) == 64
    assert set(figures.EMOTION_COLOURS) == set(EMOTIONS)
    assert len(set(figures.EMOTION_COLOURS.values())) == 7


def test_every_emotion_has_a_colour_of_its_own():
    colours = figures.emotion_colours
    assert colours(EMOTIONS) == {e: figures.EMOTION_COLOURS[e] for e in EMOTIONS}
    iemocap = colours(["happy", "sad", "neutral", "angry", "excited", "frustrated"])
    assert [iemocap[e] for e in ("happy", "sad", "angry")] == [
        figures.EMOTION_COLOURS[e] for e in ("joy", "sadness", "anger")]
    many = [*EMOTIONS, *iemocap, *map(str, range(20))]
    assert len(set(colours(many).values())) == len(set(many))
    assert colours(many) == colours(many[::-1])
    with pytest.raises(ValueError, match="100 emotions: there are 45 colours"):
        colours(map(str, range(100)))


@pytest.mark.parametrize(("names", "letters"), [
    ("Ada Ben", "A B"), ("Al Anna Ben", "Al An B"), ("Max Maxine Maya", "M1 M2 M3"),
    ("ben Bob <b>Bo</b> 😀", "be Bo bB 😀")])
def test_initials_tell_names_apart(names, letters):
    short = figures.initials(names.split())
    assert [short[name] for name in names.split()] == letters.split()


def as_many(n):
    score = {k: np.full(2, 0.5) for k in ("mean", "low", "high")}
    each = {f"no. {i}": np.ones(2) for i in range(n)}
    names = dict.fromkeys(each, SPEAKERS[:2])
    return {
        "per_class": lambda: figures.per_class(dict.fromkeys(each, score), ("joy", "happy"), "N."),
        "against_planted": lambda: figures.against_planted(each, each, names, "N.", "x", "y"),
        "gate_bars": lambda: figures.gate_bars(each, each, SPEAKERS[:2], "N."),
        "ternary": lambda: figures.ternary(dict.fromkeys(each, np.ones((2, 3))), ("a", "b", "c"),
                                           SPEAKERS[:2], "N."),
        "lines": lambda: figures.lines([0, 1], {k: {"y": y} for k, y in each.items()}, "N.", "x",
                                       "y")}


@pytest.mark.parametrize("name", list(as_many(0)))
def test_up_to_eight_are_told_apart_and_a_ninth_is_refused(name):
    traces = [t for t in as_many(8)[name]().data if t.name != "planted"]
    assert len({(t.marker.color or t.line.color, t.marker.symbol if t.type != "bar" else None)
                for t in traces}) == len(traces) == 8
    with pytest.raises(ValueError, match="9 .* second figure"):
        as_many(9)[name]()


def test_three_corners_and_every_emotion():
    with pytest.raises(ValueError, match="2 modalities; a triangle has three corners"):
        figures.ternary({"gates": np.ones((2, 2))}, ("text", "audio"), SPEAKERS[:2], "Two.")
    with pytest.raises(ValueError, match="fear not in `order`"):
        figures.clouds({"raw": np.ones((4, 2))}, SPEAKERS, FELT, ["joy", "anger"], alt="Four.")


WORDS = ["<b>Bo</b>", "$x$", "2020-01-01", "7"]


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM, reason="no chromium, chromium-browser or google-chrome")
def test_somebody_s_words_are_shown_as_they_are(browser):
    """Plotly reads HTML and TeX in what it draws, and takes numbers and dates for an axis."""
    page, four = browser.new_page(), [1, 2, 3, 4]
    page.set_content("<div id=here></div>")
    page.add_script_tag(content=get_plotlyjs())
    for figure in (
            figures.gate_bars({"text": four}, {"text": four}, WORDS, "Bars."),
            figures.confusion(np.eye(4), WORDS, "All."),
            figures.scores([{"name": n, "mean": 1, "sd": 1} for n in WORDS], {}, "Four."),
            figures.lines([0, 1], {n: {"y": [0, 1]} for n in WORDS}, "Four.", "x", "y"),
            figures.per_class({"static": dict.fromkeys(("mean", "low", "high"), four)}, WORDS,
                              "Four.")):
        page.evaluate("(figure) => Plotly.newPlot('here', figure.data, figure.layout)",
                      json.loads(figure.to_json()))
        drawn = page.locator("svg text").evaluate_all("all => all.map((t) => t.textContent)")
        assert set(WORDS) <= set(drawn), figure.layout.meta
    page.close()


def test_nearest_mean_reader():
    points = np.array([[0, 0], [0, 1], [4, 0], [1, 0.5]])
    assert nearest_mean_accuracy(points, ["a", "a", "b", "b"]) == 0.75


def test_bench_carries_what_the_page_needs():
    bench = CalibrationBench(np.zeros((4, 2)), np.ones((4, 2)), SPEAKERS, ["joy", "anger"] * 2)
    state = bench.get_state()
    assert state["calibrated"] == [[1.0, 1.0]] * 4 and state["amount"] == 0
    assert state["colours"] == {e: figures.EMOTION_COLOURS[e] for e in ("anger", "joy")}


@pytest.mark.slow
def test_map_keeps_neighbours_and_repeats_itself():
    rng = np.random.default_rng(0)
    x = np.vstack([rng.normal(0, 1, (60, 10)), rng.normal(8, 1, (60, 10))])
    first = umap(x)
    assert np.array_equal(first, umap(x))
    assert nearest_mean_accuracy(first, ["a"] * 60 + ["b"] * 60) == 1.0
    assert np.abs(umap(x, start=first).mean(0) - first.mean(0)).max() < 5
