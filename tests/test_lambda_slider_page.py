"""The slider of the chapter on regularization: with no kernel, each step says what was recorded."""

from __future__ import annotations

import numpy as np
import pytest
from pages import IN_BROWSER, widget_state

from mlsan import LambdaSlider, recorded


def shown_of(row) -> dict[str, float]:
    """What the page holds of a recorded row, by the names of its attributes."""
    return {"weight": row["weight"], "weighted-f1": row["weighted_f1"], **row["probes"]["fused"]}


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
            for name, value in shown_of(row).items():
                assert float(box.get_attribute(f"data-{name}")) == value
            assert f"{row['weighted_f1']:.3f}" in box.locator(".mlsan-verdict").text_content()
            places.append(box.locator("svg text").first.get_attribute("style"))
            page.keyboard.press("ArrowRight")
        assert len(set(places)) == len(places) and page.complaints == []

    def test_colours_change_from_the_keyboard(self, visit):
        page = visit("regularization", size="phone")
        letter = page.locator(".mlsan-lambda svg text").first
        select = page.locator(".mlsan-lambda select")
        fill = "node => node.style.fill"
        before = letter.evaluate(fill)
        select.focus()
        page.keyboard.press("ArrowDown")
        assert select.input_value() == "emotion" and letter.evaluate(fill) != before
        assert "joy" in page.locator(".mlsan-lambda .mlsan-key").text_content()


def test_it_wants_a_row_of_scores_for_every_map():
    with pytest.raises(ValueError, match="2 maps and 1 rows"):
        LambdaSlider(np.zeros((2, 3, 2)), ["Ada"] * 3, ["joy"] * 3, [{}])
