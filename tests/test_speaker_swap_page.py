"""The speaker swap, driven in a browser with no kernel, says what the Python model says."""

from __future__ import annotations

import json

import numpy as np
import torch
from pages import IN_BROWSER, widget_state

from mlsan.model.mlsan import MLSAN, Config
from mlsan.sources.simulated import simulate

pytestmark = IN_BROWSER

TOLERANCE = 1e-4


def the_page_s_model(state) -> MLSAN:
    """The checkpoint that the page holds, in the package's own class."""
    weights = np.frombuffer(state["weights"], "<f4")
    config = state["config"]
    model = MLSAN(Config(dims=config["dims"], emotions=len(config["emotions"]),
                         speakers=len(config["speakers"])))
    empty, kept = model.state_dict(), {}
    for name, part in state["layout_of_weights"].items():
        cut = weights[part["offset"]:part["offset"] + part["length"]]
        kept[name] = torch.tensor(cut).view_as(empty[name])
    left = model.load_state_dict(kept, strict=False).missing_keys
    assert all(name.startswith("regularization.") for name in left)       # not used to predict
    return model.eval()


def dialogues_by_text(corpus) -> dict[tuple[str, ...], int]:
    """What is said in a test dialogue, turn by turn -> its number."""
    return {tuple(u.text for u in corpus.dialogue(d).utterances): d
            for d in corpus.dialogues("test")}


def test_a_swapped_speaker_s_prediction_is_python_s(visit):
    page = visit("ml-san")
    state = widget_state(page, "layout_of_weights")
    model, names = the_page_s_model(state), state["config"]["speakers"]
    corpus = simulate()
    tensors = corpus.tensors(corpus.table.speaker.map(names.index).to_numpy())
    by_text = dialogues_by_text(corpus)
    box = page.locator(".mlsan-swap")
    pick = {trait: box.locator(f"select[data-trait={trait}]")
            for trait in ("dialogue", "turn", "speaker")}
    rng, compared, changed, worst = np.random.default_rng(0), 0, 0, 0.0
    for i, turns in enumerate(state["dialogues"]):
        pick["dialogue"].select_option(str(i))
        batch = tensors.batch([by_text[tuple(turn["text"] for turn in turns)]])
        for t in range(len(turns)):
            other = int(rng.integers(len(names)))
            pick["turn"].select_option(str(t))
            pick["speaker"].select_option(str(other))
            shown = json.loads(box.get_attribute("data-probability"))
            swapped = batch.speaker.clone()
            swapped[0, t] = other
            with torch.no_grad():
                expected = {"spoken": model(batch), "swapped": model(batch, swapped)}
            for which, out in expected.items():
                probability = out.logits[0, t].softmax(-1).numpy()
                worst = max(worst, np.abs(shown[which] - probability).max())
            changed += np.argmax(shown["spoken"]) != np.argmax(shown["swapped"])
            compared += 1
    assert compared >= 100 and worst < TOLERANCE
    assert changed > 10                                                    # the swap does something
    assert page.complaints == []


def test_the_swap_answers_the_keyboard(visit):
    page = visit("ml-san", size="phone", theme="dark")
    speaker = page.locator(".mlsan-swap select[data-trait=speaker]")
    before = page.locator(".mlsan-swap .mlsan-verdict").text_content()
    speaker.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator(".mlsan-swap .mlsan-verdict").text_content() != before
