"""People known by ear: their runs trained, kept, cut off and opened again; every stage; `mlsan`."""

import json
from dataclasses import replace
from itertools import count

import numpy as np
import pandas as pd
import pytest
import torch
from newcomers import NEW, logits, spoken_by

from mlsan import training
from mlsan.data.corpus import Corpus
from mlsan.data.speaker_ids import speaker_ids
from mlsan.model.enrolment import Enrolment
from mlsan.model.mlsan import STAGES
from mlsan.runs import Plan, open_run, train
from mlsan.training import Settings, build, fit


def test_kept_and_opened_again_it_predicts_the_same(kept_by_ear, newcomers, said, tmp_path):
    run, folder = kept_by_ear
    again = open_run(folder, "cpu")
    np.testing.assert_array_equal(logits(again), logits(run))
    np.testing.assert_array_equal(logits(again.enrol("Ada", said["Ada"])),
                                  logits(run.enrol("Ada", said["Ada"])))
    test = newcomers.replaced(keep=(newcomers.table.split == "test").to_numpy(), name="theirs")
    theirs = open_run(folder, "cpu", str(test.save(tmp_path / "theirs")))
    np.testing.assert_allclose(logits(theirs), logits(run)[newcomers.rows("test")], atol=1e-5)
    for other in (theirs, run.on(test)):
        np.testing.assert_allclose(
            logits(other.enrol("Ada", said["Ada"])),
            logits(run.enrol("Ada", said["Ada"]))[newcomers.rows("test")], atol=1e-5)


def test_cut_off_and_resumed_training_ends_at_the_same_weights(newcomers, tmp_path, monkeypatch):
    speakers, settings = speaker_ids(newcomers, "heard"), Settings(epochs=4, batch_size=16)

    def trained(folder):
        model = build(newcomers, speakers, context=False, hidden=16)
        return fit(model, newcomers, speakers, settings, folder=folder, progress=False,
                   device="cpu"), model.state_dict()

    history, whole = trained(tmp_path / "whole")
    calls, step = count(), training.loss

    def cut(*args):
        if next(calls) == 9:                # in the second epoch of six steps each
            raise KeyboardInterrupt
        return step(*args)

    monkeypatch.setattr(training, "loss", cut)
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "cut")
    assert (tmp_path / "cut" / "checkpoint.pt").exists()
    monkeypatch.setattr(training, "loss", step)
    again, resumed = trained(tmp_path / "cut")
    assert again == history and all(torch.equal(whole[k], resumed[k]) for k in whole)


@pytest.mark.parametrize(("stages", "told"), [
    ((), False), ((), True), (STAGES[:1], False), (STAGES[1:2], False), (STAGES[:2], False),
    (STAGES[2:], False)])
def test_each_stage_does_its_part_by_ear(newcomers, said, quick, stages, told):
    """Calibration and gates hear who speaks; the static model and stage 3 alone do not."""
    run = train(Plan("newcomers", stages, "heard", context=False, concat_speaker=told),
                corpus=newcomers, progress=False, device="cpu")
    assert run.model.config.stages == stages
    enrolled, mine = run.enrol("Ada", said["Ada"]), spoken_by(run, "Ada")
    changed = (logits(enrolled) != logits(run)).any(1)
    hears = told or bool({"calibration", "gating"} & set(stages))
    assert np.isfinite(logits(enrolled)).all() and (changed == (mine & hears)).all()


@pytest.mark.parametrize(("modalities", "left"), [
    (("text",), ("regularization",)), (("audio",), ("calibration", "regularization")),
    (("text", "audio"), STAGES)])
def test_by_ear_the_stages_act_as_by_name(newcomers, said, quick, modalities, left):
    """In a corpus of text alone stage 3 is left, which has names; enrolment then changes nothing.
    """
    part = newcomers.replaced(features={m: newcomers.features[m] for m in modalities})
    plan = Plan("newcomers", speakers="heard", context=False)
    assert plan.acting(part) == replace(plan, speakers="identity").acting(part) == left
    run = train(plan, corpus=part, progress=False, device="cpu")
    enrolled = run.enrol("Ada", said["Ada"])
    assert np.isfinite(logits(enrolled)).all()
    assert (logits(enrolled) != logits(run)).any() == (modalities != ("text",))


def test_who_spoke_once_tells_nothing_of_how_people_vary():
    """Theirs is none, and nothing is divided by it."""
    x = torch.randn(9, 4, generator=torch.Generator().manual_seed(0))
    speaker, emotion = torch.tensor([1, 1, 1, 1, 2, 2, 2, 2, 3]), torch.arange(9) % 2
    here = {"audio": torch.ones(9, dtype=torch.bool)}
    some, without, single = (Enrolment({"audio": 4}, 2, 4) for _ in range(3))
    some.prepare({"audio": x}, here, speaker, emotion)
    without.prepare({"audio": x[:8]}, {"audio": here["audio"][:8]}, speaker[:8], emotion[:8])
    assert all(value.isfinite().all() for value in some.state_dict().values())
    assert torch.equal(some.between_audio, without.between_audio)
    single.prepare({"audio": x}, {"audio": torch.arange(9) < 1}, speaker, emotion)
    assert single.between_audio.eq(1).all()


# -- on the command line ---------------------------------------------------------------------------


@pytest.fixture
def kept(mlsan, newcomers, tmp_path):
    """A run that `mlsan train` left, each turn alone."""
    corpus = newcomers.save(tmp_path / "corpus")
    code, _, err = mlsan("train", corpus, "--speakers", "heard", "--context", "off",
                         "--out", tmp_path / "run")
    assert code == 0, err
    return tmp_path / "run", corpus


def predicted(mlsan, folder, corpus, out, *options):
    code, _, err = mlsan("predict", folder, corpus, *options, "--out", out)
    assert code == 0, err
    table = pd.read_csv(out)
    return table.speaker.to_numpy(), table.filter(regex="^(p|gate)_").to_numpy()


def test_on_the_command_line(mlsan, kept, small, tmp_path):
    told = small.table.assign(emotion="")           # unlabelled
    theirs = Corpus("theirs", told, small.features, ()).replaced(
        keep=((told.split == "train") & (told.speaker == "Ada")).to_numpy()).save(tmp_path / "ada")
    who, before = predicted(mlsan, *kept, tmp_path / "before.csv")
    _, after = predicted(mlsan, *kept, tmp_path / "after.csv", "--enrol", theirs)
    np.testing.assert_array_equal(after[who != "Ada"], before[who != "Ada"])
    assert (after[who == "Ada"] != before[who == "Ada"]).any(1).all()
    _, listening = predicted(mlsan, *kept, tmp_path / "listening.csv", "--listen")
    changed = (listening != before).any(1)
    assert set(who[changed]) == set(NEW) and not changed[who == "Ada"].all()
    _, both = predicted(mlsan, *kept, tmp_path / "both.csv", "--enrol", theirs, "--listen")
    np.testing.assert_array_equal(both[who == "Ada"], after[who == "Ada"])
    np.testing.assert_array_equal(both[who == "Ben"], listening[who == "Ben"])


def test_an_ablation_by_ear(mlsan, kept, tmp_path):
    """With the baseline that is told the vector beside the features."""
    result = tmp_path / "ablation.json"
    code, said, err = mlsan("ablate", kept[1], "--speakers", "heard", "--seeds", "1", "--context",
                            "off", "--out", result)
    assert code == 0 and "static + speaker vector" in said, err
    found = json.loads(result.read_text())
    assert {r["speakers"] for r in found["runs"] + found["baselines"]} == {"heard"}
    assert len(found["runs"]) == 8 and len(found["baselines"]) == 1 and not found["notes"]


def test_what_the_command_line_refuses(mlsan, kept, small, newcomers, tmp_path):
    folder, corpus = kept
    rows = ((small.table.split == "train") & (small.table.speaker == "Ada")).to_numpy()
    ada = small.replaced(keep=rows)
    silent = Corpus("silent", ada.table, {"audio": np.zeros((len(ada), 4))}, small.emotions)
    named = tmp_path / "named"
    assert mlsan("train", corpus, "--out", named)[0] == 0
    theirs = ada.save(tmp_path / "ada")
    for run, options, words in (
            (folder, ["--enrol", corpus], "is known already"),
            (folder, ["--enrol", silent.save(tmp_path / "silent")], "audio has 4 features"),
            (folder, ["--enrol", tmp_path / "nowhere"], "nowhere"),
            (named, ["--enrol", theirs], "--speakers heard"),
            (named, ["--listen"], "--speakers heard")):
        code, _, err = mlsan("predict", run, corpus, *options, "--out", tmp_path / "no.csv")
        assert code == 2 and words in err and len(err.strip().splitlines()) == 1, err
        assert not (tmp_path / "no.csv").exists()
