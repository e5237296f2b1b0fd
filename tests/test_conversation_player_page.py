"""The conversation player, driven from the keyboard with no kernel, shows what Python computes."""

from __future__ import annotations

import json

import numpy as np
from pages import IN_BROWSER, widget_state
from test_speaker_swap_page import dialogues_by_text, the_page_s_model

from mlsan import Plan, Run, simulate, speaker_ids
from mlsan.widgets.conversation_player import turns_of

pytestmark = IN_BROWSER

ROUNDED = 2e-3      # three decimals in the page; the rest is for another machine's arithmetic


def the_page_s_run(page) -> Run:
    """The page's own checkpoint, which its speaker swap carries."""
    corpus = simulate()
    model = the_page_s_model(widget_state(page, "layout_of_weights"))
    return Run(Plan("simulated"), corpus, speaker_ids(corpus), model, [], frozenset(corpus.met))


def shown(box) -> dict:
    return json.loads(box.get_attribute("data-values"))


def test_every_turn_shows_python_s_values(visit):
    page = visit("ml-san")
    run, corpus = the_page_s_run(page), simulate()
    by_text = dialogues_by_text(corpus)
    box = page.locator(".mlsan-player")
    slider, choice = box.locator("input[type=range]"), box.locator("select")
    seen = set()
    for i, said in enumerate(widget_state(page, "conversations")["conversations"]):
        choice.focus()
        if i:
            page.keyboard.press("ArrowDown")
        assert choice.input_value() == str(i)
        turns = turns_of(run, by_text[tuple(turn["text"] for turn in said)])
        slider.focus()
        for t, turn in enumerate(turns):
            if t:
                page.keyboard.press("ArrowRight")
            assert box.get_attribute("data-turn") == str(t)
            assert box.get_attribute("data-speaker") == turn["speaker"]
            assert box.get_attribute("data-emotion") == corpus.emotions[turn["emotion"]]
            predicted = corpus.emotions[int(np.argmax(turn["model"]))]
            assert box.get_attribute("data-predicted") == predicted
            values = shown(box)
            assert set(values) == {"model", "exact", "gates", "alone"}
            for name, value in values.items():
                assert np.abs(np.array(value) - turn[name]).max() < ROUNDED, name
            assert box.locator("[aria-current]").inner_text().split("\n")[1] == turn["text"]
            seen.add(box.locator("[aria-live]").inner_text())
        assert box.get_attribute("data-turn") == str(len(said) - 1)
    assert len(seen) > 30 and page.complaints == []


def test_buttons_step_play_and_stop(visit):
    page = visit("ml-san", size="phone", theme="dark")
    box = page.locator(".mlsan-player")
    previous, play, following = (box.locator("button").nth(i) for i in range(3))
    assert previous.is_disabled() and following.is_enabled()
    following.press("Enter")
    assert box.get_attribute("data-turn") == "1" and previous.is_enabled()
    previous.press("Space")
    assert box.get_attribute("data-turn") == "0"
    play.press("Enter")
    assert play.inner_text() == "Pause"
    page.wait_for_function("document.querySelector('.mlsan-player').dataset.turn === '1'")
    play.press("Enter")
    assert play.inner_text() == "Play"
    assert box.evaluate("(box) => box.scrollWidth - box.clientWidth") <= 0 and page.complaints == []
