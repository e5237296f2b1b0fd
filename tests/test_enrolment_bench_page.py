"""Enrolling somebody in the built page, with no kernel, makes of them what Python makes."""

from __future__ import annotations

import json

import numpy as np
import torch
from pages import IN_BROWSER, widget_state

from mlsan.model.mlsan import MLSAN, Config

pytestmark = IN_BROWSER

TOLERANCE = 1e-4


def the_page_s_model(state) -> MLSAN:
    """The checkpoint that the page holds, in the package's own class."""
    weights, config = np.frombuffer(state["weights"], "<f4"), state["config"]
    model = MLSAN(Config(dims={m: config["dims"][m] for m in config["modalities"]},
                         emotions=len(config["emotions"]), speakers=len(config["speakers"]),
                         stages=tuple(config["stages"]), context=False, heard=True))
    empty, kept = model.state_dict(), {}
    for name, part in state["layout_of_weights"].items():
        cut = weights[part["offset"]:part["offset"] + part["length"]]
        kept[name] = torch.tensor(cut).view_as(empty[name])
    model.load_state_dict(kept)
    return model.eval()


def the_page_s_utterances(state, model) -> dict[str, torch.Tensor]:
    """modality -> (n, D), standardised."""
    dims = model.config.dims
    rows = torch.tensor(np.frombuffer(state["features"], "<f4")).view(-1, sum(dims.values()))
    return model.standardised(dict(zip(dims, rows.split(list(dims.values()), 1), strict=True)))


@torch.no_grad()
def known_by(model, x, heard) -> torch.Tensor:
    """(1, R), the person of these utterances."""
    here = torch.ones(1, len(heard), dtype=torch.bool)
    return model.hear({m: v[heard][None] for m, v in x.items()}, dict.fromkeys(x, here), here)


def test_whoever_is_enrolled_is_python_s(visit):
    page = visit("new-people")
    state = widget_state(page, "layout_of_weights")
    model = the_page_s_model(state)
    x = the_page_s_utterances(state, model)
    who = [u["speaker"] for u in state["utterances"]]
    felt = np.array([u["emotion"] for u in state["utterances"]])
    people, box = list(dict.fromkeys(who)), page.locator(".mlsan-enrol")
    shares = {"nothing": 0, "eight": 0}
    for person, name in enumerate(people):
        page.locator("select[data-trait=person]").select_option(str(person))
        own, heard = [i for i, other in enumerate(who) if other == name], []
        foreign = next(i for i, other in enumerate(who) if other != name)
        for i in [None, *own[:8], foreign]:
            if i is not None:
                action = "wrong" if i == foreign else "more"
                page.locator(f"button[data-action={action}]").click()
                heard.append(i)
            found = json.loads(box.get_attribute("data-found"))
            vector = known_by(model, x, heard)
            mine = {m: v[own] for m, v in x.items()}
            there = dict.fromkeys(x, torch.ones(len(own), dtype=torch.bool))
            with torch.no_grad():
                probability = model.alone(mine, there, vector.expand(len(own), -1)).numpy()
                gates = model.gating(vector[:, model.speakers.tells])[0].numpy()
            assert np.abs(np.array(found["vector"]) - vector[0].numpy()).max() < TOLERANCE
            assert np.abs(found["probability"] - probability).max() < TOLERANCE
            assert np.abs(found["gates"] - gates).max() < TOLERANCE
            for m, left in found["unsure"].items():
                assert abs(left - model.speakers.unsure(m, len(heard))) < TOLERANCE
            if len(heard) in (0, 8):
                right = (np.argmax(found["probability"], 1) == felt[own])[8:].sum()
                shares["eight" if heard else "nothing"] += right
                assert "rightly" in box.locator(".mlsan-verdict").text_content()
    assert shares["eight"] > shares["nothing"]      # what is enrolled is of use
    assert page.complaints == []


def test_the_phone_enrols_by_keyboard(visit):
    page = visit("new-people", size="phone", theme="dark")
    verdict = page.locator(".mlsan-enrol .mlsan-verdict")
    before = verdict.text_content()
    page.locator(".mlsan-enrol button[data-action=more]").focus()
    page.keyboard.press("Enter")
    assert "by 1 utterance." in verdict.text_content() and verdict.text_content() != before
