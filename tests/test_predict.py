"""A trained run before conversations it has not seen: labelled or not, whole or in part."""

import shutil
import wave

import numpy as np
import pandas as pd
import pytest

from mlsan.data.corpus import Corpus
from mlsan.data.speaker_ids import speaker_ids
from mlsan.data.validation import CorpusError
from mlsan.runs import Plan, open_run, train
from mlsan.training import Settings, build, fit, inspect, loss


@pytest.fixture(scope="module")
def run(small, tmp_path_factory):
    """All stages, a few epochs, kept in a folder beside its corpus."""
    here = tmp_path_factory.mktemp("kept")
    corpus = small.save(here / "corpus")
    train(Plan(str(corpus), epochs=3), folder=here / "run", progress=False, device="cpu")
    return open_run(here / "run", "cpu"), here / "run"


def part_of(corpus, **changes):
    """Its test dialogues as somebody else's corpus."""
    table = corpus.table.assign(**changes)
    emotions = corpus.emotions if (table.emotion != "").any() else ()
    whole = Corpus("theirs", table, corpus.features, emotions)
    return whole.replaced(keep=(corpus.table.split == "test").to_numpy())


def numbers(table):
    return table[[c for c in table if c.startswith(("p_", "gate_"))]].to_numpy()


def test_without_labels_and_train_it_predicts_the_same(run, small):
    """The names it knows are used; nothing but the labels is gone."""
    run, _ = run
    own = run.predict("test")
    bare = part_of(small, emotion="")
    theirs = run.on(bare).predict()
    np.testing.assert_allclose(numbers(theirs), numbers(own), atol=1e-6)
    assert (theirs.predicted == own.predicted).all() and theirs.known.all()
    assert (theirs.emotion == "").all() and (own.emotion != "").all()
    np.testing.assert_allclose(theirs.filter(like="p_").sum(axis=1), 1, atol=1e-6)
    assert list(theirs.dialogue) == list(bare.table.dialogue)


def test_whom_it_has_not_met_is_a_stranger(run, small):
    run, _ = run
    new = small.table.speaker.where(small.table.speaker != "Ada", "Zoe")
    theirs = run.on(part_of(small, speaker=new)).predict()
    assert set(theirs.speaker[~theirs.known]) == {"Zoe"}
    own = run.predict("test")
    ada = (own.speaker == "Ada").to_numpy()
    assert np.ptp(theirs.filter(like="gate_")[ada].to_numpy(), axis=0).max() < 1e-6
    assert np.abs(numbers(theirs)[ada] - numbers(own)[ada]).max() > 1e-4
    np.testing.assert_allclose(theirs.filter(like="gate_")[~ada], own.filter(like="gate_")[~ada])


def test_a_modality_less_is_absent_and_one_more_is_left_out(run, small):
    run, _ = run
    silent = part_of(small).replaced(features={m: small.features[m][small.rows("test")]
                                               for m in ("text", "visual")})
    table = run.on(silent).predict()
    assert table.gate_audio.isna().all() and table.gate_text.notna().all()
    told = run.predict("test")
    assert (table.filter(like="p_").to_numpy() != told.filter(like="p_").to_numpy()).any()


@pytest.mark.parametrize("spoil, words", [
    (lambda c: c.replaced(features={"text": c.features["text"][:, :5]}), "text has 5.*reads 8"),
    (lambda c: Corpus("odd", c.table.assign(emotion="bliss"), c.features, ("bliss",)),
     "labelled bliss.*its emotions are neutral"),
])
def test_what_it_cannot_read_is_refused(run, small, spoil, words):
    with pytest.raises(CorpusError, match=words):
        run[0].on(spoil(small))


def test_a_gender_run_needs_genders(small, quick):
    people = small.table.assign(gender=np.where(small.table.speaker < "Ben", "female", "male"))
    corpus = Corpus("g", people, small.features, small.emotions)
    told = train(Plan("g", speakers="gender"), corpus=corpus, progress=False)
    assert np.allclose(numbers(told.on(corpus).predict("test")), numbers(told.predict("test")))
    with pytest.raises(CorpusError, match="no gender column"):
        told.on(small)
    blind = train(Plan("g", speakers="shuffled"), corpus=corpus, progress=False)
    with pytest.raises(CorpusError, match="control within one corpus"):
        blind.on(small)


def test_a_moved_run_finds_the_corpus_that_moved_with_it(run, tmp_path):
    _, folder = run
    moved = tmp_path / "moved"
    shutil.copytree(folder.parent, moved)
    shutil.copytree(folder, tmp_path / "alone" / "run")
    hidden = folder.parent / "corpus"
    hidden.rename(folder.parent / "gone")
    try:
        there = open_run(moved / "run", "cpu")
        with pytest.raises(CorpusError, match="neither at .* nor at .*--corpus"):
            open_run(tmp_path / "alone" / "run", "cpu")
        named = open_run(tmp_path / "alone" / "run", "cpu", str(moved / "corpus"))
    finally:
        (folder.parent / "gone").rename(hidden)
    assert there.scores() == named.scores()


# -- unlabelled turns ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def gaps(small):
    """Two turns in five are not labelled, in every split; some train dialogues not at all."""
    rng = np.random.default_rng(0)
    emotion = small.table.emotion.where(rng.random(len(small)) < 0.6, "")
    bare = np.isin(small.dialogue_of_row, small.dialogues("train")[:5])
    return Corpus("gaps", small.table.assign(emotion=emotion.where(~bare, "")), small.features,
                  small.emotions)


def relabelled(corpus, rows, emotion):
    labels = corpus.table.emotion.copy()
    labels.iloc[rows] = emotion
    return Corpus("gaps", corpus.table.assign(emotion=labels), corpus.features, corpus.emotions)


def test_unlabelled_turns_are_neither_learned_from_nor_scored(gaps):
    speakers = speaker_ids(gaps)
    model = build(gaps, speakers)
    batch = gaps.tensors(speakers.ids).batch(gaps.dialogues("train")[:20])
    unlabelled = batch.mask & ~batch.labelled
    assert unlabelled.any() and (batch.emotion[unlabelled] == -1).all()
    before = loss(model.eval(), batch, Settings(neutrality=0.3))
    history = fit(model, gaps, speakers, Settings(epochs=2, batch_size=16), progress=False)
    assert np.isfinite([h["loss"] for h in history]).all() and before.isfinite()
    run = train(Plan("gaps", epochs=2), corpus=gaps, progress=False)
    assert run.scores()["utterances"] == len(gaps.labelled_rows("test")) < len(gaps.rows("test"))
    assert len(run.predict("test")) == len(gaps.rows("test"))


def test_unlabelled_turns_are_context(gaps):
    """What is said in them changes what is made of their neighbours."""
    speakers = speaker_ids(gaps)
    model = build(gaps, speakers)
    fit(model, gaps, speakers, Settings(epochs=2, batch_size=16), progress=False, device="cpu")
    silent = np.setdiff1d(gaps.rows("test"), gaps.labelled_rows("test"))
    louder = {m: x.copy() for m, x in gaps.features.items()}
    louder["text"][silent] += 3
    out = [inspect(model, c.tensors(speakers.ids), c.dialogues("test"))
           for c in (gaps, gaps.replaced(features=louder))]
    labelled = np.isin(out[0]["rows"], gaps.labelled_rows("test"))
    assert np.abs(out[0]["logits"] - out[1]["logits"])[labelled].max() > 1e-3


@pytest.mark.parametrize("split", ["train", "dev"])
def test_a_split_without_any_label_is_refused(gaps, split):
    bare = relabelled(gaps, gaps.rows(split), "")
    with pytest.raises(CorpusError, match=f"no emotion in the {split} split"):
        build(bare, speaker_ids(bare))


def test_missing_labels_survive_disk_and_are_counted(gaps, tmp_path):
    table = gaps.table.assign(emotion=gaps.table.emotion.replace("", None))
    corpus = Corpus("gaps", table, gaps.features, gaps.emotions)
    again = Corpus.load(corpus.save(tmp_path / "gaps"))
    assert (again.emotion == gaps.emotion).all() and again.fingerprint == gaps.fingerprint
    said = again.summary().loc["utterances without emotion"].astype(int)
    assert said["test"] == len(gaps.rows("test")) - len(gaps.labelled_rows("test"))
    shares = again.summary().filter(like="share of", axis=0).astype(float).sum()
    assert np.allclose(shares, 1, atol=0.01)


def test_on_the_command_line(mlsan, run, small, tmp_path):
    folder, out = run[1], tmp_path / "said.csv"
    theirs = part_of(small, emotion="", speaker="Zoe").save(tmp_path / "theirs")
    code, said, err = mlsan("predict", folder, theirs, "--out", out)
    assert code == 0, err
    table = pd.read_csv(out)
    assert len(table) == len(small.rows("test")) and not table.known.any()
    assert f"{len(table)} of 1 strangers" in " ".join(said.split())
    for command in (["predict", folder, theirs, "--out", out],
                    ["predict", folder, theirs, "--out", tmp_path / "said.xlsx"]):
        code, _, err = mlsan(*command)
        assert code == 2 and "--out" in err
    code, _, err = mlsan("evaluate", folder, "--corpus", theirs)
    assert code == 2 and "no emotion in the test split" in err
    labelled = part_of(small).save(tmp_path / "labelled")
    best = tmp_path / "test.parquet"
    code, said, err = mlsan("evaluate", folder, "--corpus", labelled, "--out", best)
    assert code == 0 and "of theirs" in said, err
    assert (pd.read_parquet(best).emotion != "").all()


@pytest.mark.slow
def test_from_six_voices_and_a_table_to_predictions(mlsan, tmp_path):
    """As in the README: import, train, import what nobody labelled, predict."""
    time = np.arange(12000) / 16000
    for i in range(6):
        voice = np.sin(2 * np.pi * (120 + 40 * i) * time) * (1 + np.sin(20 * time)) / 3
        with wave.open(str(tmp_path / f"{i}.wav"), "wb") as file:
            file.setparams((1, 2, 16000, 0, "NONE", ""))
            file.writeframes((32767 * voice).astype("<i2").tobytes())
    table = pd.DataFrame({
        "dialogue": [0, 0, 1, 1, 2, 2], "speaker": ["Ann", "Bo"] * 3, "text": "…",
        "emotion": ["joy", "anger"] * 3, "split": np.repeat(["train", "dev", "test"], 2),
        "wav": [f"{i}.wav" for i in range(6)]})
    table.to_csv(tmp_path / "talk.csv", index=False)
    new = table.tail(2).drop(columns=["emotion", "split"]).replace("Bo", "Zed")
    new.to_csv(tmp_path / "new.csv", index=False)
    for command in (["import", tmp_path / "talk.csv", "--audio", "wav", "--no-text",
                     "--out", tmp_path / "talk"],
                    ["train", tmp_path / "talk", "--out", tmp_path / "run"],
                    ["import", tmp_path / "new.csv", "--audio", "wav", "--no-text",
                     "--out", tmp_path / "new"],
                    ["predict", tmp_path / "run", tmp_path / "new", "--out", tmp_path / "p.csv"]):
        code, out, err = mlsan(*command)
        assert code == 0, err
    said = pd.read_csv(tmp_path / "p.csv")
    assert list(said.known) == [True, False] and said.predicted.isin(["joy", "anger"]).all()
    assert said.filter(like="p_").to_numpy() == pytest.approx(
        1 - said.filter(like="p_").to_numpy()[:, ::-1], abs=1e-6)
