import numpy as np
import pytest

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
    style = figures.speaker_style([str(i) for i in range(32)])
    assert len({tuple(s.values()) for s in style.values()}) == 32
    assert set(figures.EMOTION_COLOURS) == set(EMOTIONS)
    assert len(set(figures.EMOTION_COLOURS.values())) == 7


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
