"""A guess: kept while the tab is open, and beside the result when it is asked for, no kernel."""

from __future__ import annotations

import pytest
from pages import IN_BROWSER, STANDS

from mlsan import Guess

REFUSED = """for (const name of ["getItem", "setItem"]) {
    const plain = Storage.prototype[name];
    Storage.prototype[name] = function (key, ...rest) {       // the theme is spared, we are not
        if (key.startsWith("mlsan")) throw new Error("refused");
        return plain.call(this, key, ...rest);
    };
}"""


def test_a_result_that_is_computed_later_belongs_to_the_same_guess():
    floor = Guess("What share is right?", low=0, high=1, guess=0.62)
    shown = floor.reveal(0.594)
    assert (shown.key, shown.guess, shown.truth) == (floor.key, 0.62, 0.594)
    assert shown.revealed and not floor.revealed and floor.truth is None
    felt = Guess("Which emotion?", choices=("joy", "fear"), id="felt", truth="fear")
    assert (felt.key, felt.choices, felt.truth) == ("felt", ["joy", "fear"], "fear")


@pytest.mark.parametrize(("asked", "complaint"), [
    ({"low": 0}, "low 0, high None"), ({"low": 1, "high": 0}, "a lower and a higher end"),
    ({"low": 0, "high": 1, "choices": ["joy"]}, "or choices"),
    ({"choices": ["joy"], "truth": "fear"}, "'fear' is none of")])
def test_a_question_that_has_no_answer_is_refused(asked, complaint):
    with pytest.raises(ValueError, match=complaint):
        Guess("Which?", **asked)


class TestInThePage:
    pytestmark = IN_BROWSER

    @pytest.fixture(params=["kept", "refused"])
    def page(self, visit, request):
        page = visit("a-static-baseline", size="phone")
        if request.param == "refused":
            page.add_init_script(REFUSED)
            page.reload()
            page.wait_for_function(STANDS)
        page.storage = request.param
        return page

    def test_a_number_is_kept_and_compared_from_the_keyboard(self, page):
        asked = page.locator(".mlsan-guess:has(input[type=range])").first
        slider, answer = asked.locator("input"), page.locator(
            ".mlsan-guess:not(:has(fieldset)) .mlsan-verdict").first
        assert asked.locator("output").text_content() == "?"
        assert slider.get_attribute("aria-valuetext") == "no guess yet"
        assert answer.text_content().startswith("You made no guess. It is 0.4")
        slider.focus()
        page.keyboard.press("Home")
        page.keyboard.press("ArrowRight")
        assert asked.locator("output").text_content() == "0.01"
        said = answer.text_content()
        assert said.startswith("You guessed 0.01; it is 0.4") and said.endswith("above your guess.")
        page.reload()
        page.wait_for_function(STANDS)
        kept = "0.01" if page.storage == "kept" else "?"
        assert asked.locator("output").text_content() == kept
        assert page.complaints == []

    def test_a_choice_is_compared_and_no_page_is_wider_than_a_small_phone(self, page):
        page.set_viewport_size({"width": 360, "height": 740})
        asked = page.locator(".mlsan-guess:has(input[type=radio])").first
        asked.get_by_label("joy", exact=True).check()
        answers = page.locator(".mlsan-guess:not(:has(fieldset)) .mlsan-verdict")
        assert "You guessed joy; it is neutral." in answers.all_text_contents()
        for box in page.locator(".mlsan-guess").all():
            assert box.evaluate("node => node.scrollWidth <= node.clientWidth")
            assert box.evaluate("node => node.getBoundingClientRect().right") <= 360
