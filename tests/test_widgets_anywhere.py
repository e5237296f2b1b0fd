"""Widgets on anything but the book's corpora: the page says what Python says, or it is refused.

The corpus has what simulated conversations lack: absent modalities, genders, strangers (two in one
dialogue), nine emotions, sizes of its own, names and texts that a page must show and not obey.
"""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from scipy.special import softmax
from stage import ON_STAGE

from mlsan import Corpus, CorpusError, Plan, Run, simulate, speaker_ids, widgets
from mlsan.data.batches import Batch
from mlsan.model.episodes import Episodes
from mlsan.model.mlsan import STAGES
from mlsan.training import build

EMOTIONS = ("neutral", "happy", "sad", "angry", "excited", "frustrated", "bored", "<i>awe</i>",
            "joy")
CAST = ("Al", "Alice", "<b>Bo</b>", 'O"Neil\'s', "😀 Jo", "דנה", "Max" + "imilian" * 20)
STRANGERS = ("Constance", "</script><script>document.title='owned'</script>")
TEXTS = ("<img src=x onerror=\"document.title='owned'\">", "He said \"no\" & left", "שלום, עולם!",
         "word" * 90, "plain")
TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def odd() -> Corpus:
    rng = np.random.default_rng(0)
    base = simulate(dialogues=60, speakers=len(CAST), text_dim=8, audio_dim=9, visual_dim=7)
    table = base.table.copy()
    table["emotion"] = rng.choice(EMOTIONS, len(table))
    table["text"] = np.array(TEXTS)[np.arange(len(table)) % len(TEXTS)]
    names = dict(zip(base.truth.speakers, CAST, strict=True))
    # In test, two of them are people whom train doesn't have.
    strange = dict(zip(CAST[:2], STRANGERS, strict=True))
    table["speaker"] = table.speaker.map(names)
    table["speaker"] = table.speaker.where(table.split != "test", table.speaker.replace(strange))
    table.loc[(table.split == "test") & (table.index % 4 == 0), "emotion"] = ""    # nobody noted it
    table["gender"] = np.where(table.speaker.str.len() % 2, "female", "male")
    present = {m: rng.random(len(table)) < share for m, share in
               (("text", 0.9), ("audio", 0.6), ("visual", 0.7))}
    return Corpus("odd", table, base.features, EMOTIONS, present=present)


def run_of(corpus: Corpus, *, speakers="identity", stages=STAGES, modalities=None, **config) -> Run:
    """A run whose weights are drawn: every part of it acts, as after a long training."""
    if modalities:
        corpus = corpus.replaced(features={m: corpus.features[m] for m in modalities})
    plan = Plan(corpus.name, stages, speakers)
    ids = speaker_ids(corpus, speakers)
    model = build(corpus, ids, stages=plan.acting(corpus), hidden=16, speaker_dim=7, **config)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(0.4 * torch.randn(weight.shape, generator=generator))
    if ids.mode == "heard":
        Episodes(model, corpus, corpus.tensors(ids.ids)).settle()
    return Run(plan, corpus, ids, model.eval(), [], frozenset(corpus.met))


def batch_of(run: Run, dialogue: int) -> Batch:
    return run.corpus.tensors(run.speakers.ids).batch([dialogue])


@torch.no_grad()
def probability(run: Run, batch: Batch, speaker=None) -> np.ndarray:
    return run.model(batch, speaker).logits[0].softmax(-1).numpy()


def crowded(run: Run, n: int = 4) -> list[int]:
    """Test dialogues, one with two strangers first; not in the corpus's order."""
    table, met = run.corpus.table, run.corpus.met
    new = table[(table.split == "test") & ~table.speaker.isin(met)].groupby("dialogue", sort=False)
    two = new.speaker.nunique().loc[lambda count: count == 2].index[0]
    test = list(run.corpus.dialogues("test"))[::-1]
    first = next(d for d in test if run.corpus.dialogue(d).name == two)
    return [first, *[d for d in test if d != first][:n - 1]]


def strange_rows(run: Run) -> np.ndarray:
    """Up to nine test rows of either stranger, one stranger's after the other's."""
    table = run.corpus.table
    return np.concatenate([np.flatnonzero((table.split == "test") & (table.speaker == name))[:9]
                           for name in STRANGERS])


KINDS = {
    "people": {}, "slots": {"speakers": "slot"}, "genders": {"speakers": "gender"},
    "shuffled": {"speakers": "shuffled"}, "recurrent": {"recurrent": True},
    "alone, calibrated": {"stages": ("calibration",), "context": False},
    "gated, slots, recurrent": {"stages": ("gating",), "recurrent": True, "speakers": "slot"},
    "messages": {"evidence": True, "moments": True},
    "own moments": {"moments": True},
    "evidence alone, by ear": {"evidence": True, "context": False, "speakers": "heard"},
    "concatenated": {"stages": (), "concat_speaker": True},
    "text alone, concatenated": {"stages": STAGES, "concat_speaker": True, "modalities": ["text"]},
    "audio and text": {"modalities": ["text", "audio"], "speakers": "gender"},
    "by ear": {"speakers": "heard"},
    "by ear, concatenated": {"speakers": "heard", "stages": STAGES[:1], "concat_speaker": True},
    "text alone, by ear": {"speakers": "heard", "stages": STAGES, "concat_speaker": True,
                           "modalities": ["text"]},
}


class TestOnStage:
    pytestmark = ON_STAGE

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_swapped_turn_is_python_s(self, stage, odd, kind):
        run = run_of(odd, **KINDS[kind])
        dialogues = crowded(run)
        page, rng = stage(widgets.SpeakerSwap(run, dialogues)), np.random.default_rng(0)
        options = page.locator("select[data-trait=speaker] option")
        box, worst, moved = page.locator(".mlsan-swap"), 0.0, 0.0
        for i, dialogue in enumerate(dialogues):
            batch = batch_of(run, dialogue)
            for t, said in enumerate(run.corpus.dialogue(dialogue).utterances):
                other = int(rng.integers(run.speakers.rows))
                page.evaluate("([...traits]) => traits.forEach(([k, v]) => model.set(k, v))",
                              [["dialogue", i], ["turn", t], ["speaker", other]])
                shown = json.loads(box.get_attribute("data-probability"))
                swapped = batch.speaker.clone()
                swapped[0, t] = other
                for which, ids in (("spoken", None), ("swapped", swapped)):
                    worst = max(worst, np.abs(shown[which] - probability(run, batch, ids)[t]).max())
                moved = max(moved, np.abs(np.subtract(shown["spoken"], shown["swapped"])).max())
                absent = sum(not p[0, t] for p in batch.present.values())
                assert box.locator("output", has_text="absent").count() == absent
                row = int(batch.speaker[0, t])
                truly = options.nth(row).text_content().replace("\u2068", "")
                assert truly.startswith((run.speakers.names[row - 1] if row else said.speaker)[:40])
                assert truly.endswith(f"{'' if row else 'unknown to the model)'} (who really did)")
        assert worst < TOLERANCE and moved > 0.05 and page.complaints == []
        assert page.title() != "owned"

    @pytest.mark.parametrize("speakers", ["slot", "heard"])
    def test_gates_shut_off_what_is_absent(self, stage, odd, speakers):
        run = run_of(odd, stages=("gating",), context=False, speakers=speakers)
        rows = odd.rows("test")[:15]
        page = stage(widgets.GateBench(run, rows))
        box, sliders = page.locator(".mlsan-gates"), page.locator("input[type=range]")
        lacking = 0
        for i, row in enumerate(rows):
            page.evaluate("(i) => model.set('utterance', i)", i)
            dialogue = odd.dialogue_of_row[row]
            turn = row - np.flatnonzero(odd.dialogue_of_row == dialogue)[0]
            wanted = probability(run, batch_of(run, dialogue))[turn]
            shown = json.loads(box.get_attribute("data-probability"))
            assert np.abs(shown - wanted).max() < TOLERANCE
            here = [odd.present[m][row] for m in odd.modalities]
            assert [sliders.nth(m).is_enabled() for m in range(3)] == here
            lacking += 3 - sum(here)
        assert lacking > 5 and page.complaints == [] and page.title() != "owned"

    @pytest.mark.parametrize("kind", [{"recurrent": True}, {"modalities": ["text"]},
                                      {"speakers": "none"}, {"speakers": "heard"}])
    def test_the_player_plays_any_run_and_shows_words_as_they_are(self, stage, odd, kind):
        run = run_of(odd, **kind)
        dialogues = crowded(run, 2)
        page = stage(widgets.ConversationPlayer(run, dialogues), theme="dark", size="phone")
        box = page.locator(".mlsan-player")
        said = odd.dialogue(dialogues[0]).utterances
        for t, utterance in enumerate(said):
            page.evaluate("(t) => model.set('turn', t)", t)
            line = box.locator("[aria-current]")
            assert line.locator("b").text_content() == utterance.speaker
            assert line.locator("div").text_content() == utterance.text
            shown = json.loads(box.get_attribute("data-values"))["model"]
            assert np.abs(shown - probability(run, batch_of(run, dialogues[0]))[t]).max() < 1e-3
            there = [m for m in run.corpus.modalities if m in utterance.features]
            assert box.locator("small", has_text="alone it would say").count() == len(there)
            new = run.speakers.mode == "none" or utterance.speaker not in odd.met
            verdict = box.locator(".mlsan-verdict").text_content()
            assert ("unknown to the model" in verdict) == new
            assert f"What was felt: {utterance.emotion or 'not noted'}." in verdict
        assert box.evaluate("(box) => box.scrollWidth - box.clientWidth") <= 0
        assert page.complaints == [] and page.title() != "owned"

    @pytest.mark.parametrize("stages", [STAGES, STAGES[:1]])
    @pytest.mark.parametrize("modalities", [None, ["text", "visual"]])
    def test_whoever_is_enrolled_in_the_page_is_python_s(self, stage, odd, stages, modalities):
        run = run_of(odd, stages=stages, context=False, speakers="heard", modalities=modalities)
        rows = strange_rows(run)
        page = stage(widgets.EnrolmentBench(run, rows), theme="dark", size="phone")
        box, rng, worst, moved = page.locator(".mlsan-enrol"), np.random.default_rng(0), 0.0, 0.0
        said = [u for d in odd.dialogues(None) for u in run.corpus.dialogue(d).utterances]
        who = run.corpus.table.speaker.to_numpy()[rows]
        for person, name in enumerate(dict.fromkeys(who)):
            page.evaluate("(i) => model.set('person', i)", person)
            for k in (0, 1, 2, 5, len(rows)):           # others' among them: a wrong name
                heard = rng.permutation(len(rows))[:k]
                page.evaluate("(h) => model.set('heard', h)", heard.tolist())
                found = json.loads(box.get_attribute("data-found"))
                utterances = [said[rows[i]] for i in heard]
                known = run.enrol(name, utterances)
                vector = known.model.speakers.vectors[-1].numpy()
                out = known.inspect("test")
                at = [list(out["rows"]).index(row) for row in rows[who == name]]
                worst = max(worst, np.abs(found["vector"] - vector).max(), np.abs(
                    found["probability"] - softmax(out["logits"][at], axis=1)).max(),
                    np.abs(found["gates"] - out["gates"][at[0]]).max())
                left = run.unsure(utterances)
                assert found["unsure"] == pytest.approx(left, abs=TOLERANCE)
                moved = max(moved, np.abs(vector).max())
                new = known.predict("test")
                new = new[new.speaker == name]
                shown = box.locator(".mlsan-said button span").all_text_contents()
                assert [text.split(" → ")[1].split(",")[0] for text in shown] == list(
                    new.predicted.iloc[:len(shown)])
        assert worst < TOLERANCE and moved > 0.5 and page.complaints == []
        assert box.evaluate("(box) => box.scrollWidth - box.clientWidth") <= 0
        assert page.title() != "owned"

    def test_somebody_is_enrolled_by_keyboard_and_forgotten(self, stage, odd):
        run = run_of(odd, context=False, speakers="heard")
        page = stage(widgets.EnrolmentBench(run, strange_rows(run)))
        box, verdict = page.locator(".mlsan-enrol"), page.locator(".mlsan-enrol .mlsan-verdict")
        nothing = json.loads(box.get_attribute("data-found"))
        assert not any(nothing["vector"]) and set(nothing["unsure"].values()) == {1}
        assert "Nothing was heard of" in verdict.text_content()
        page.locator("button[data-action=more]").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        assert "by 2 utterances." in verdict.text_content()
        page.locator("button[data-action=wrong]").focus()
        page.keyboard.press("Enter")
        assert "by 3 utterances, 1 of them somebody else's" in verdict.text_content()
        pressed = box.locator(".mlsan-said [aria-pressed=true]")
        assert pressed.count() == 2
        pressed.first.focus()
        page.keyboard.press("Space")                    # and the focus stays where it was
        assert "by 2 utterances, 1 of" in verdict.text_content() and pressed.count() == 1
        assert page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "false"
        felt = odd.emotions[next(e for e in odd.emotion[strange_rows(run)[:9]] if e >= 0)]
        page.locator("select[data-trait=only]").select_option(label=f"of {felt} alone")
        while page.locator("button[data-action=more]").is_enabled():
            page.locator("button[data-action=more]").click()
        alike = box.locator(".mlsan-said button", has_text=f"{felt} →").all()
        assert {button.get_attribute("aria-pressed") for button in alike} == {"true"}
        page.locator("button[data-action=forget]").click()
        assert json.loads(box.get_attribute("data-found")) == nothing and page.complaints == []

    @pytest.mark.parametrize("bench", ["calibration", "film", "lambda"])
    def test_letters_tell_speakers_apart(self, stage, bench):
        names, felt = [*CAST, *STRANGERS], [*EMOTIONS]
        points = np.stack([np.arange(9.0), np.zeros(9)], 1)             # all at one height
        still = ([0, 0], [0, 0])
        score = {"weight": 0, "weighted_f1": 0.5, "speaker": 0.5, "emotion": 0.5}
        page = stage({
            "calibration": lambda: widgets.CalibrationBench(points, points, names, felt),
            "film": lambda: widgets.FilmBench(points, names, felt, dict.fromkeys(names, still)),
            "lambda": lambda: widgets.LambdaSlider([points], names, felt, [score],
                                                   colour="emotion"),
        }[bench]())
        letters = page.locator("svg text")
        of_letter = "all => all.map((t) => t.firstChild.textContent)"
        of_colour = "all => all.map((t) => getComputedStyle(t).fill)"
        assert len(set(letters.evaluate_all(of_letter))) == 9
        assert len(set(letters.evaluate_all(of_colour))) == 9
        assert page.complaints == [] and "NaN" not in page.content() and page.title() != "owned"


@pytest.mark.parametrize(("make", "kind", "why"), [
    (widgets.SpeakerSwap, {"modalities": ["text"]},
     "calibration acts on audio and visual only; gating would only scale"),
    (widgets.SpeakerSwap, {"stages": ("regularization",)},
     "makes no difference .* train one with calibration"),
    (widgets.SpeakerSwap, {"speakers": "none", "stages": ("gating",)},
     "told of no speaker .* another speaker mode"),
    (widgets.GateBench, {"stages": ("gating",), "recurrent": True},
     "gating alone .* context recurrence"),
    (widgets.GateBench, {"stages": ("gating",), "evidence": True},
     "gating alone .* context messages"),
    (widgets.GateBench, {"stages": ("gating",), "context": False, "evidence": True},
     "linear evidence"),
    (widgets.GateBench, {"modalities": ["text"], "context": False},
     "regularization, context none; .* only scale the one modality"),
])
def test_a_run_that_can_t_be_shown_is_refused(odd, make, kind, why):
    with pytest.raises(ValueError, match=why):
        make(run_of(odd, **kind), [0])


@pytest.mark.parametrize(("kind", "rows", "why"), [
    ({}, None, "people by ear and calibrates; .* Train one with --speakers heard"),
    ({"speakers": "heard", "stages": ("gating",)}, None, "by ear and calibrates; .* has gating"),
    ({"speakers": "heard", "modalities": ["text"]}, None, "acts on audio and visual only"),
    ({"speakers": "heard", "context": True}, None, "one by one; .* context=False"),
    ({"speakers": "heard"}, [], "rows of the corpus"),
    ({"speakers": "heard"}, [10 ** 6], "rows of the corpus"),
    ({"speakers": "heard"}, [0, 1], "knows .* already; give rows of people whom"),
    ({"speakers": "heard"}, "one person", "of two at least"),
])
def test_nobody_can_be_enrolled_in_the_page_of(odd, kind, rows, why):
    run = run_of(odd, **{"context": False} | kind)
    rows = strange_rows(run)[:9] if rows == "one person" else rows
    with pytest.raises(CorpusError, match=why):
        widgets.EnrolmentBench(run, strange_rows(run) if rows is None else rows)


@pytest.mark.parametrize("make", [widgets.SpeakerSwap, widgets.ConversationPlayer])
@pytest.mark.parametrize("dialogues", [[], [60], [-1]])
def test_dialogues_that_are_not_there_are_refused(odd, make, dialogues):
    with pytest.raises(CorpusError, match="name some of 0 to 59"):
        make(run_of(odd), dialogues)


def test_rows_that_are_not_there_are_refused(odd):
    run = run_of(odd, stages=("gating",), context=False)
    for rows in ([], [len(odd)], [-1]):
        with pytest.raises(CorpusError, match="rows of the corpus"):
            widgets.GateBench(run, rows)


def test_the_exact_posterior_is_shown_where_it_is_exact(small):
    assert "exact" in widgets.ConversationPlayer(run_of(small), [0]).conversations[0][0]
    part = run_of(small, modalities=["text", "audio"])
    assert "exact" not in widgets.ConversationPlayer(part, [0]).conversations[0][0]
