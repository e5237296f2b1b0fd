"""The slider of the chapter on regularization: at every step it says what was recorded, with no kernel."""

from __future__ import annotations

import numpy as np
import pytest
from pages import IN_BROWSER, widget_state

from mlsan import LambdaSlider, recorded

SHOWN = {"weighted-f1": lambda row: row["weighted_f1"], "speaker": lambda row: row["probes"]["fused"]["speaker"],
         "emotion": lambda row: row["probes"]["fused"]["emotion"], "weight": lambda row: row["weight"]}


class TestInThePage:
    pytestmark = IN_BROWSER

    def test_every_step_shows_the_recorded_values(self, visit):
        page, result = visit("regularization"), recorded("regularization")
        box, slider = page.locator(".mlsan-lambda"), page.locator(".mlsan-lambda input")
        assert widget_state(page, "maps")["maps"] == result["maps"]
        slider.focus()
        page.keyboard.press("Home")
        places = []
        for row in result["curves"]["all stages"]:
            for name, value in SHOWN.items():
                assert float(box.get_attribute(f"data-{name}")) == value(row)
            assert f"{row['weighted_f1']:.3f}" in box.locator(".mlsan-verdict").text_content()
            places.append(box.locator("svg text").first.get_attribute("style"))
            page.keyboard.press("ArrowRight")
        assert len(set(places)) == len(places) and page.complaints == []

    def test_colours_change_from_the_keyboard(self, visit):
        page = visit("regularization", size="phone")
        letter, select = page.locator(".mlsan-lambda svg text").first, page.locator(".mlsan-lambda select")
        fill = "node => node.style.fill"
        before = letter.evaluate(fill)
        select.focus()
        page.keyboard.press("ArrowDown")
        assert select.input_value() == "emotion" and letter.evaluate(fill) != before
        assert "joy" in page.locator(".mlsan-lambda .mlsan-key").text_content()


def test_it_wants_a_row_of_scores_for_every_map():
    with pytest.raises(ValueError, match="2 maps and 1 rows"):
        LambdaSlider(np.zeros((2, 3, 2)), ["Ada"] * 3, ["joy"] * 3, [{}])
