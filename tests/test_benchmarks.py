"""`make bench`, small: each number it promises is there, and the slow way reads dialogues right."""

from __future__ import annotations

import math

import bench
import dialogue_rnn
import made
import numpy as np
import pytest
import report
import torch
import worker

from mlsan.data.corpus import Corpus
from mlsan.data.speaker_ids import speaker_ids

SMALL = made.Shape(300, 30, (10, 4, 20), {"text": 12, "audio": 8}, 6, 3, (0.7, 0.1))
SPEEDS = {"train_per_s", "eval_per_s", "peak_mb"}
COMPARED = [f"{corpus} / {kind}" for corpus in ("meld", "iemocap")
            for kind in ("loop", "earlier", "per_turn", "floor")]


@pytest.fixture(scope="module")
def found():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench, "OLD", "0" * 40)           # that loop has a test of its own
        return bench.run(worker.measure, times=10, rounds=1, sizes=(200, 400), cast=(4, 8),
                         of_cast=200, trained=400, mapped=60)


def test_conversations_have_the_size_that_is_asked_for():
    for shape in made.SHAPES.values():
        turns = made.lengths(shape, np.random.default_rng(0))
        assert (turns.sum(), len(turns)) == (shape.utterances, shape.dialogues)
        assert 1 <= turns.min() <= turns.max() <= shape.turns[2]
    with pytest.raises(ValueError, match="1375 utterances can't be 12 dialogues of 1 to 110"):
        made.lengths(made.Shape(**vars(made.SHAPES["110 turns"]) | {
            "utterances": 1375, "dialogues": 12}), np.random.default_rng(0))


@pytest.mark.slow
def test_every_number_is_there(found):
    assert set(found["corpora"]) == {*COMPARED, "110 turns / loop", "meld / on_gpu"}
    for name, of in found["corpora"].items():
        if name.endswith("earlier"):
            assert of is None
            continue
        if name.endswith("on_gpu"):
            assert (of is not None) == torch.cuda.is_available()
            continue
        wanted = SPEEDS if not name.endswith("floor") else {"train_per_s", "eval_per_s"}
        assert wanted <= of.keys()
        assert all(0 < value < math.inf for value in of.values()), name
    assert set(found["growth"]) == {"200 utterances", "400 utterances"} | {
        f"{s} speakers{less}" for s in (4, 8) for less in ("", ", no stage 3")}
    for of in found["growth"].values():
        assert {*SPEEDS, "fit_per_s", "speakers"} <= of.keys() and min(of.values()) > 0
    assert len(found["seeds_at_once"]) == 4 and min(found["seeds_at_once"].values()) > 0
    assert found["first_map"]["seconds"] > 0
    assert {"processor", "threads", "commit", "versions"} <= found["about"].keys()


@pytest.mark.slow
def test_the_table_says_what_was_not_measured(found, capsys):
    without = found | {"corpora": found["corpora"] | {"meld / earlier": None}, "notebooks": None}
    report.show(without)
    lines = capsys.readouterr().out.splitlines()
    for name in ("meld: the earlier loop", "meld: training / the earlier", "notebooks",
                 "ablation, context on"):
        (line,) = [line for line in lines if name in line]
        assert report.NOT in line and "met" not in line.split() and "missed" not in line


@pytest.mark.slow
def test_what_is_counted_is_what_a_sum_by_hand_says(found):
    for corpus in ("meld", "iemocap"):
        floor = found["corpora"][f"{corpus} / floor"]
        assert floor["train_flop"] == pytest.approx(floor["train_flop_by_formula"], rel=0.05)


def test_growth_is_the_worst_of_all_sizes():
    per_s = {"1000 utterances": 50, "10000 utterances": 100, "100000 utterances": 80,
             "1000000 utterances": 90, "10 speakers": 1}
    grown = report.growth_of({name: {"fit_per_s": value} for name, value in per_s.items()})
    assert grown == pytest.approx(0.25)


def test_no_earlier_commit_is_not_measured():
    with bench.earlier("0" * 40) as package:
        assert package is None


@pytest.mark.slow
def test_the_earlier_loop_runs_on_the_same_conversations():
    with bench.earlier(bench.OLD) as package:
        if package is None:
            pytest.skip("a checkout without that commit")
        asked = {"shape": vars(SMALL), "recipe": worker.recipe("meld"), "epochs": 1}
        assert SPEEDS <= bench.fresh("loop", asked, package).keys()


def talk():
    corpus = Corpus("small", **made.conversations(SMALL))
    told = corpus.features["text"].copy()
    told[np.arange(len(corpus)), corpus.emotion] += 5           # something to learn
    return corpus.replaced(features=corpus.features | {"text": told})


def test_turn_by_turn_learns():
    corpus = talk()
    tensors, train = corpus.tensors(speaker_ids(corpus).ids), corpus.dialogues("train")
    torch.manual_seed(0)
    model = dialogue_rnn.DialogueRNN(corpus.dims, 3, 16, 0.0)
    optimiser = torch.optim.AdamW(model.parameters(), 1e-2)
    losses = [dialogue_rnn.epoch(model, optimiser, tensors, train, 8) for _ in range(15)]
    test = tensors.batch(corpus.dialogues("test"))
    right = (model.eval()(test).argmax(-1) == test.emotion)[test.mask].float().mean()
    assert losses[-1] < losses[0] / 3 and right > 0.9


def test_turn_by_turn_does_not_read_padding():
    corpus = talk()
    tensors = corpus.tensors(speaker_ids(corpus).ids)
    torch.manual_seed(0)
    model = dialogue_rnn.DialogueRNN(corpus.dims, 3, 16, 0.0).eval()
    together = tensors.batch(np.arange(6), turns=30)
    logits = model(together)
    for i in range(6):
        alone = model(tensors.batch(np.array([i])))[0]
        torch.testing.assert_close(logits[i][together.mask[i]], alone, atol=1e-5, rtol=1e-4)
    swapped = model(tensors.batch(np.arange(6)[::-1].copy(), turns=30)).flip(0)
    torch.testing.assert_close(swapped[together.mask], logits[together.mask], atol=1e-5, rtol=1e-4)


def test_turn_by_turn_knows_whose_turn_it_is():
    corpus = talk()
    batch = corpus.tensors(speaker_ids(corpus).ids).batch(corpus.dialogues("train")[:8])
    torch.manual_seed(0)
    model = dialogue_rnn.DialogueRNN(corpus.dims, 3, 16, 0.0).eval()
    logits = model(batch)
    of_one = model(type(batch)(**vars(batch) | {"party": torch.zeros_like(batch.party)}))
    assert not torch.allclose(of_one[batch.mask], logits[batch.mask], atol=1e-3)
