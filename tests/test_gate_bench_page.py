"""The gate bench: what its JavaScript shows, with no kernel, is what the trained network says."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from pages import IN_BROWSER, widget_state

from mlsan import GateBench, Plan, train
from mlsan.model.mlsan import STAGES


def by_python(state: dict, utterance: int, gates) -> np.ndarray:
    """The probabilities of a bench's traits, by PyTorch."""
    encodings = np.frombuffer(state["encodings"], "<f4")
    h = encodings.reshape(len(state["utterances"]), len(gates), -1)[utterance]
    weight = torch.tensor(np.frombuffer(state["weight"], "<f4").reshape(-1, h.shape[1]))
    fused = torch.tensor((np.array(gates, np.float32)[:, None] * h).sum(0))
    logits = weight @ torch.nn.functional.gelu(fused) + torch.tensor(state["bias"])
    return torch.softmax(logits, 0).numpy()


def test_bench_holds_what_the_network_makes_of_each_utterance(small):
    run = train(Plan("simulated", ("gating",), context=False), corpus=small, progress=False)
    out = run.inspect("test")
    bench = GateBench(run, out["rows"][:12])
    state = {k: getattr(bench, k) for k in ("encodings", "weight", "bias", "utterances")}
    for i, said in enumerate(bench.utterances):
        row = small.table.iloc[out["rows"][i]]
        assert bench.config["speakers"][said["row"]] == said["speaker"] == row.speaker
        assert bench.config["emotions"][said["emotion"]] == row.emotion
        assert np.allclose(bench.table[said["row"]], out["gates"][i], atol=1e-6)
        wanted = torch.softmax(torch.tensor(out["logits"][i]), 0).numpy()
        assert np.abs(by_python(state, i, bench.table[said["row"]]) - wanted).max() < 1e-5


@pytest.mark.parametrize(("stages", "context"), [(STAGES, False), (("gating",), True), ((), False)])
def test_bench_refuses_a_run_whose_gates_are_not_all_that_differs(small, stages, context):
    run = train(Plan("simulated", stages, context=context), corpus=small, progress=False)
    with pytest.raises(ValueError, match="gating alone"):
        GateBench(run, [0])


class TestPage:
    pytestmark = IN_BROWSER

    def test_it_answers_from_the_keyboard_as_python_does(self, visit):
        page = visit("gating")
        state, bench = widget_state(page, "encodings"), page.locator(".mlsan-gates")

        def agrees(utterance, gates=None):
            shown = {key: np.array(json.loads(bench.get_attribute(f"data-{key}")))
                     for key in ("probability", "gates", "evidence")}
            wanted = by_python(state, utterance, shown["gates"])
            assert gates is None or np.allclose(shown["gates"], gates)
            assert np.abs(shown["probability"] - wanted).max() < 1e-4
            top = wanted.argmax()
            for m, said in enumerate(shown["evidence"]):
                shut = shown["gates"].copy()
                shut[m] = 0
                without = by_python(state, utterance, shut)
                assert abs(said - np.log(wanted[top] / without[top])) < 1e-3
            return bench.locator(".mlsan-verdict").text_content()

        own = [state["table"][said["row"]] for said in state["utterances"]]
        seen = {agrees(0, own[0])}
        bench.locator("select[data-trait=utterance]").focus()
        for place in (1, 2, 3):                         # an utterance brings its speaker's gates
            page.keyboard.press("ArrowDown")
            seen.add(agrees(place, own[place]))
        bench.locator("select[data-trait=speaker]").focus()
        page.keyboard.press("Home")                     # somebody unknown
        seen.add(agrees(3, state["table"][0]))
        for row in (1, 2):
            page.keyboard.press("ArrowDown")
            seen.add(agrees(3, state["table"][row]))
        sliders = bench.locator("input[type=range]")
        for m, (key, gate) in enumerate((("Home", 0), ("End", 2), ("Home", 0))):
            sliders.nth(m).focus()
            page.keyboard.press(key)
            seen.add(agrees(3))
            assert json.loads(bench.get_attribute("data-gates"))[m] == gate
            assert sliders.nth(m).get_attribute("aria-valuetext") == f"{gate:.2f}"
        bench.locator("button").focus()
        page.keyboard.press("Enter")
        agrees(3, state["table"][2])
        assert len(seen) > 6 and page.complaints == []
