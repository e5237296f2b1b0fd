import json
import os
import stat

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.numpy import load_file, save_file

from mlsan.data.corpus import Corpus, Dialogue, Utterance
from mlsan.data.validation import CorpusError

EMOTIONS = ("neutral", "joy")


def table(**changes):
    columns = {"dialogue": ["a", "a", "a", "b", "b"], "turn": [0, 1, 4, 0, 1],
               "speaker": ["Ada", "Ben", "Ada", "Cleo", "Cleo"],
               "emotion": ["joy", "neutral", "joy", "neutral", "joy"],
               "split": ["train"] * 3 + ["test"] * 2,
               "text": ["Hi.", "Yes?", "Bye.", "So.", "Well."]}
    return pd.DataFrame(columns | changes)


def features(**changes):
    x = np.arange(15, dtype=np.float32).reshape(5, 3)
    return {"text": x, "audio": x[:, :2]} | changes


def make(utterances=None, given=None, **more):
    utterances = table() if utterances is None else utterances
    return Corpus("toy", utterances, given or features(), EMOTIONS, **more)


def test_saved_and_loaded_is_the_same(tmp_path):
    made = make(present={"audio": np.array([True, True, False, True, True])}, licence="CC0")
    made.save(tmp_path / "toy")
    back = Corpus.load(tmp_path / "toy")
    pd.testing.assert_frame_equal(back.table, made.table)
    for m in made.modalities:
        np.testing.assert_array_equal(back.features[m], made.features[m])
        np.testing.assert_array_equal(back.present[m], made.present[m])
    assert (back.licence, back.fingerprint) == ("CC0", made.fingerprint)
    assert [p.name for p in tmp_path.iterdir()] == ["toy"]


def test_fingerprint_sees_a_label_and_a_feature():
    x = features()["text"].copy()
    x[4, 2] += 1e-3
    label = make(table(emotion=["joy", "neutral", "joy", "neutral", "neutral"]))
    feature = make(given=features(text=x))
    assert len({corpus.fingerprint for corpus in (make(), label, feature)}) == 3


def test_summary_counts_gaps_monologues_and_new_speakers():
    s = make().summary()
    assert s.loc["dialogues with gaps in the turns"].tolist() == ["1", "0"]
    assert s.loc["dialogues with one speaker"].tolist() == ["0", "1"]
    assert s.loc["utterances of those", "test"] == "2"
    assert s.loc["share of joy", "train"] == "0.667"


def test_batch_pads_with_nothing():
    corpus = make(present={"audio": np.array([True, False, True, True, True])})
    batch = corpus.tensors([1, 2, 1, 3, 3]).batch([0, 1])
    assert batch.mask.tolist() == [[True] * 3, [True, True, False]]
    assert batch.features["text"][1].tolist() == [[9, 10, 11], [12, 13, 14], [0, 0, 0]]
    assert batch.present["audio"].tolist() == [[True, False, True], [True, True, False]]
    assert batch.features["audio"][0, 1].tolist() == [0, 0]          # an absent vector is not read
    assert batch.speaker.tolist() == [[1, 2, 1], [3, 3, 0]]
    assert torch.equal(batch.row[batch.mask], torch.arange(5))


def test_dialogues_and_back_again_is_the_same():
    made = make(table(gender=list("fmfmm")), present={"audio": [True, True, False, True, True]})
    dialogues = [made.dialogue(0), made.dialogue(1)]
    assert [u.gender for u in dialogues[0].utterances] == list("fmf")
    back = Corpus.from_dialogues("toy", dialogues, EMOTIONS)
    assert back.fingerprint == made.fingerprint and list(back.table.gender) == list("fmfmm")
    assert make().dialogue(0).utterances[0].gender is None
    some = Dialogue("a", (dialogues[0].utterances[0], make().dialogue(0).utterances[1]))
    assert_refused(["gender", "row 1", "missing"], Corpus.from_dialogues, "x", [some], EMOTIONS)


def test_dialogues_of_ones_own():
    def say(name, turn, emotion, **given):
        vectors = {m: np.array(v) for m, v in given.items()}
        return Utterance(name, turn, "Ada", emotion, "train", "…", vectors)

    turns = (say("a", 0, "joy", text=[1., 2.]), say("a", 3, "neutral", text=[3., 4.], audio=[5.]))
    corpus = Corpus.from_dialogues("mine", [Dialogue("a", turns)], EMOTIONS)
    assert corpus.present["audio"].tolist() == [False, True]
    assert [u.turn for u in corpus.dialogue(0).utterances] == [0, 3]
    assert "audio" not in corpus.dialogue(0).utterances[0].features


def assert_refused(words, act, *args, **options):
    """``act`` refuses what it is given, with a message that has all these words."""
    with pytest.raises(CorpusError) as error:
        act(*args, **options)
    for word in words:
        assert word in str(error.value)


@pytest.mark.parametrize("column, values, words", [
    ("emotion", ["joy", "bliss", "joy", "joy", "joy"],
     ["row 1", "'a'", "turn 1", "'bliss'", "neutral, joy"]),
    ("split", ["train"] * 4 + ["exam"], ["row 4", "'exam'"]),
    ("speaker", ["Ada", None, "Ada", "C", "C"], ["speaker", "row 1"]),
    ("turn", [0, 1, 1, 0, 1], ["row 2", "repeated"]),
    ("turn", [0, 4, 1, 0, 1], ["row 2", "out of order"]),
    ("turn", list("abcde"), ["turn", "whole numbers"]),
    ("split", ["train", "dev", "dev", "test", "test"], ["'a'", "in train and in dev"]),
    ("speaker", ["Ada", "Ben", ["Ada", "Ben"], "C", "C"], ["speaker", "row 2", "list", "text"]),
    ("text", ["", "", "", b"Hi", ""], ["text of row 3", "bytes"])],
    ids=["unknown emotion", "unknown split", "missing speaker", "repeated turn", "unordered turns",
         "turns that are words", "a dialogue in two splits",
         "a list of speakers", "a text in bytes"])
def test_a_bad_column_is_named(column, values, words):
    assert_refused(words, make, table(**{column: values}))


def test_a_dialogue_in_two_places_is_named():
    scattered = table(dialogue=list("aabba"), split=["train"] * 5)
    assert_refused(["row 4", "together"], make, scattered)


def test_ids_that_begin_anew_in_each_split_are_not_merged():
    """MELD's own three tables, one under the other."""
    three = pd.concat([table().assign(split=split) for split in ("train", "dev", "test")])
    assert_refused(["dialogue 'a'", "in train and in dev and in test", "1 more", "'train-a'"],
                   make, three, {m: np.tile(x, (3, 1)) for m, x in features().items()})


def test_numbers_are_names_too_and_turns_may_count_from_one():
    numbered = table(speaker=[1, 2, 1, 3, 3], dialogue=[7, 7, 7, 8, 8], turn=[1, 2, 3, 1, 2])
    corpus = make(numbered)
    assert set(corpus.table.speaker) == {"1", "2", "3"}
    assert (corpus.summary().loc["dialogues with gaps in the turns"].astype(int) == 0).all()


def test_a_bad_table_is_named():
    assert_refused(["'speaker'"], make, table().drop(columns="speaker"))
    assert_refused(["empty"], make, table().iloc[:0])


@pytest.mark.parametrize("modality, x, words", [
    ("audio", [[0, 0]] * 3 + [[0, np.nan], [0, 0]], ["audio", "row 3", "'b'", "column 1", "nan"]),
    ("text", np.full((5, 3), np.inf), ["text", "row 0", "inf"]),
    ("text", np.zeros((4, 3)), ["text", "(4, 3)", "(5, D)"]),
    ("text", np.zeros(5), ["text", "(5,)"]),
    ("text", np.full((5, 3), "x"), ["text", "numbers"]),
    ("smell", np.zeros((5, 3)), ["'smell'", "text, audio, visual"])],
    ids=["nan", "infinite", "one row too few", "one-dimensional", "words for features",
         "unknown modality"])
def test_bad_features_are_named(modality, x, words):
    assert_refused(words, make, given=features(**{modality: np.array(x)}))


def test_texts_are_a_corpus_before_they_have_features(tmp_path):
    made = Corpus("toy", table(), {}, EMOTIONS)
    back = Corpus.load(made.save(tmp_path / "toy"))
    assert back.fingerprint == made.fingerprint and back.modalities == ()
    assert "no features" in repr(back) and back.summary().loc["utterances", "train"] == "3"
    assert Corpus.from_dialogues("toy", [made.dialogue(i) for i in (0, 1)], EMOTIONS,
                                 ).fingerprint == made.fingerprint
    assert_refused(["no modality", "no text"], Corpus, "toy", table(text=[" "] * 5), {}, EMOTIONS)


def test_bad_dialogues_are_named():
    def say(turn):
        return Utterance("a", turn, "s", "joy", "train", "", {"text": np.zeros(3 + turn)})

    video = Utterance("a", 0, "s", "joy", "train", "", {"text": np.zeros(3), "video": np.zeros(2)})
    assert_refused(["'video'", "dialogue 'a', turn 0", "visual"], Corpus.from_dialogues, "x",
                   [Dialogue("a", (video,))], EMOTIONS)
    empty, of_two_lengths = Dialogue("a", ()), Dialogue("a", (say(0), say(1)))
    assert_refused(["dialogue 0", "'a'"], Corpus.from_dialogues, "x", [empty], EMOTIONS)
    assert_refused(["text", "row 1", "(4,)", "(3,)"],
                   Corpus.from_dialogues, "x", [of_two_lengths], EMOTIONS)


def _drop(name):
    return lambda folder: (folder / name).unlink()


def _cut(name):
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:40])


def _edit_json(**changes):
    def act(folder):
        path = folder / "corpus.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return act


def _other_features(folder):
    path = folder / "features.safetensors"
    tensors = load_file(path)
    save_file(tensors | {"text": tensors["text"] + 1}, path)


@pytest.mark.parametrize("damage, word", [
    (_drop("utterances.parquet"), "utterances.parquet"),
    (_drop("corpus.json"), "corpus.json"),
    (_cut("utterances.parquet"), "utterances.parquet"),
    (_cut("features.safetensors"), "features.safetensors"),
    (_cut("corpus.json"), "corpus.json"),
    (_edit_json(dims={"text": 99}), "dims"),
    (_edit_json(emotions=["joy"]), "unknown 'neutral'"),
    (_other_features, "fingerprint")])
def test_damaged_folder_is_named(tmp_path, damage, word):
    folder = make().save(tmp_path / "toy")
    damage(folder)
    with pytest.raises(CorpusError, match=word):
        Corpus.load(folder)


def test_a_folder_from_another_platform_or_time_is_the_same_corpus(tmp_path):
    """Line ends and byte order mark of Windows, read-only as a disc or an archive leaves it."""
    made = make()
    folder = made.save(tmp_path / "toy")
    path = folder / "corpus.json"
    said = json.loads(path.read_text("utf-8"))
    assert said.pop("format") == 1
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(said, indent=1).replace("\n", "\r\n").encode())
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o777 & ~umask
    for file in folder.iterdir():                           # others may read what we kept
        assert stat.S_IMODE(file.stat().st_mode) == 0o666 & ~umask
        file.chmod(0o444)
    folder.chmod(0o555)
    try:
        assert Corpus.load(folder).fingerprint == made.fingerprint
    finally:
        folder.chmod(0o755)


@pytest.mark.parametrize("found, words", [
    (2, ["corpus.json", "newer mlsan (format 2, this one reads up to 1)", "update"]),
    ("one", ["corpus.json", "'one'", "whole number"]),
    (0, ["format 0"])])
def test_a_format_of_another_time_is_refused_by_name(tmp_path, found, words):
    folder = make().save(tmp_path / "toy")
    _edit_json(format=found)(folder)
    assert_refused(words, Corpus.load, folder)


def test_a_json_that_is_no_object_is_named(tmp_path):
    folder = make().save(tmp_path / "toy")
    (folder / "corpus.json").write_text('["name", "emotions"]')
    assert_refused(["corpus.json", "list"], Corpus.load, folder)


def test_nothing_is_overwritten_or_left_half_written(tmp_path, monkeypatch):
    folder = make().save(tmp_path / "toy")
    with pytest.raises(CorpusError, match="exists already"):
        make().save(folder)

    def full(*args):
        raise OSError("disk full")

    monkeypatch.setattr("mlsan.data.folders.save", full)
    with pytest.raises(OSError, match="disk full"):
        make().save(tmp_path / "other")
    assert [p.name for p in tmp_path.iterdir()] == ["toy"]
