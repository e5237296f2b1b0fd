"""The FiLM bench: its JavaScript, with no kernel, shows what Python says of the same points."""

from __future__ import annotations

import json

import numpy as np
import pytest
from pages import IN_BROWSER, widget_state

from mlsan import FilmBench
from mlsan.widgets import nearest_mean_accuracy

POINTS = np.array([[1.0, 2.0], [3.0, 1.0], [-2.0, 0.5], [0.0, -1.0]])


def test_bench_carries_what_the_page_needs():
    undo = {"Ada": (np.zeros(2), np.ones(2)), "Ben": ([1, 0], [0, -1])}
    bench = FilmBench(POINTS, ["Ada", "Ada", "Ben", "Ben"], ["joy", "anger"] * 2, undo,
                      colour="speaker")
    state = bench.get_state()
    assert state["chosen"] == "Ada" and state["film"] == {} and state["colour"] == "speaker"
    assert state["undo"]["Ben"] == {"gamma": [1, 0], "beta": [0, -1]}
    assert set(state["colours"]["speaker"]) == {"Ada", "Ben"}
    assert set(state["colours"]["emotion"]) == {"joy", "anger"}


def test_bench_refuses_corrections_that_are_not_its_speakers():
    with pytest.raises(ValueError, match="Chioma"):
        FilmBench(POINTS, ["Ada"] * 4, ["joy"] * 4, {"Chioma": ([0, 0], [0, 0])})


class TestPage:
    pytestmark = IN_BROWSER

    @pytest.fixture
    def bench(self, visit):
        """The page, and a function that checks what is shown and gives every gamma and beta."""
        page = visit("calibration")
        state, box = widget_state(page, "undo"), page.locator(".mlsan-film")
        box.locator("svg").scroll_into_view_if_needed()

        def shown():
            film = json.loads(box.get_attribute("data-film"))
            moved = np.array([(1 + np.array(film[s]["gamma"])) * point + film[s]["beta"]
                              for point, s in zip(state["points"], state["speakers"], strict=True)])
            for what in ("speaker", "emotion"):
                accuracy = float(box.get_attribute(f"data-{what}"))
                wanted = nearest_mean_accuracy(moved, state[f"{what}s"])
                assert accuracy == pytest.approx(wanted, abs=1e-9)
                assert f"{round(100 * accuracy)}%" in box.locator(".mlsan-verdict").text_content()
            return film

        yield page, box, state, shown
        assert page.complaints == []

    def test_from_the_keyboard(self, bench):
        page, box, _, shown = bench
        assert all(v == {"gamma": [0, 0], "beta": [0, 0]} for v in shown().values())
        box.locator("[data-film=gamma-0]").focus()
        page.keyboard.press("ArrowRight")
        assert shown()["Ada"]["gamma"] == [0.05, 0]
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("End")
        assert shown()["Ada"]["beta"] == [8, 0]
        box.locator("[data-action=reset]").press("Enter")
        assert shown()["Ada"] == {"gamma": [0, 0], "beta": [0, 0]}

    def test_by_the_buttons(self, bench):
        page, box, state, shown = bench
        raw = float(box.get_attribute("data-speaker"))
        box.locator("[data-trait=chosen]").select_option("Ben")
        box.locator("[data-action=undo]").click()
        film = shown()
        assert film["Ben"] == state["undo"]["Ben"] and film["Ada"] != state["undo"]["Ada"]
        box.locator("[data-action=undo-all]").click()
        assert shown() == state["undo"]
        chance = 1 / len(state["undo"])
        assert float(box.get_attribute("data-speaker")) < (raw + chance) / 2
        fills = "letters => letters.map((letter) => letter.getAttribute('fill'))"
        for colour in ("speaker", "emotion"):
            box.locator("[data-trait=colour]").select_option(colour)
            wanted = [state["colours"][colour][name] for name in state[f"{colour}s"]]
            assert box.locator("svg text").evaluate_all(fills) == wanted

    def test_with_the_pointer(self, bench):
        page, box, state, shown = bench

        def drag(selector, right, down):
            place = box.locator(selector).bounding_box()
            x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
            page.mouse.move(x, y)
            page.mouse.down()
            page.mouse.move(x + right, y + down, steps=4)
            page.mouse.up()
            return shown()["Ada"]

        moved = drag(".mlsan-ring", -60, 30)
        right, up = moved["beta"]
        assert moved["gamma"] == [0, 0] and right < 0 and up < 0
        assert right == pytest.approx(2 * up, rel=0.1)                # as far as the pointer went
        still = pytest.approx(self.middle(state, moved), abs=0.02)
        stretched = drag(".mlsan-handle", 20, 10)
        assert stretched["gamma"][0] > 0 > stretched["gamma"][1]
        assert self.middle(state, stretched) == still                 # about its own middle

    @staticmethod
    def middle(state, film):
        own = [p for p, s in zip(state["points"], state["speakers"], strict=True) if s == "Ada"]
        return (1 + np.array(film["gamma"])) * np.mean(own, 0) + film["beta"]
