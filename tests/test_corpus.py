import json

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
               "speaker": ["Ada", "Ben", "Ada", "Cleo", "Cleo"], "emotion": ["joy", "neutral"] * 2 + ["joy"],
               "split": ["train"] * 3 + ["test"] * 2, "text": ["Hi.", "Yes?", "Bye.", "So.", "Well."]}
    return pd.DataFrame(columns | changes)


def features(**changes):
    x = np.arange(15, dtype=np.float32).reshape(5, 3)
    return {"text": x, "audio": x[:, :2]} | changes


def make(utterances=None, given=None, **more):
    return Corpus("toy", table() if utterances is None else utterances, given or features(), EMOTIONS, **more)


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
    changed = table(emotion=["joy", "neutral", "joy", "neutral", "neutral"])
    assert len({make().fingerprint, make(changed).fingerprint, make(given=features(text=x)).fingerprint}) == 3


def test_summary_counts_gaps_monologues_and_new_speakers():
    s = make().summary()
    assert s.loc["dialogues with gaps in the turns"].tolist() == ["1", "0"]
    assert s.loc["dialogues with one speaker"].tolist() == ["0", "1"]
    assert s.loc["utterances of those", "test"] == "2"
    assert s.loc["share of joy", "train"] == "0.667"


def test_batch_pads_with_nothing():
    batch = make(present={"audio": np.array([True, False, True, True, True])}).tensors([1, 2, 1, 3, 3]).batch([0, 1])
    assert batch.mask.tolist() == [[True] * 3, [True, True, False]]
    assert batch.features["text"][1].tolist() == [[9, 10, 11], [12, 13, 14], [0, 0, 0]]
    assert batch.present["audio"].tolist() == [[True, False, True], [True, True, False]]
    assert batch.features["audio"][0, 1].tolist() == [0, 0]          # an absent vector is not read
    assert batch.speaker.tolist() == [[1, 2, 1], [3, 3, 0]]
    assert torch.equal(batch.row[batch.mask], torch.arange(5))


def test_dialogues_of_ones_own():
    def say(name, turn, emotion, **given):
        return Utterance(name, turn, "Ada", emotion, "train", "…", {m: np.array(v) for m, v in given.items()})

    dialogues = [Dialogue("a", (say("a", 0, "joy", text=[1., 2.]), say("a", 3, "neutral", text=[3., 4.], audio=[5.])))]
    corpus = Corpus.from_dialogues("mine", dialogues, EMOTIONS)
    assert corpus.present["audio"].tolist() == [False, True]
    assert [u.turn for u in corpus.dialogue(0).utterances] == [0, 3]
    assert "audio" not in corpus.dialogue(0).utterances[0].features


BAD = {
    "no column": (lambda: make(table().drop(columns="speaker")), ["'speaker'"]),
    "unknown emotion": (lambda: make(table(emotion=["joy", "bliss", "joy", "joy", "joy"])),
                        ["row 1", "'a'", "turn 1", "'bliss'", "neutral, joy"]),
    "unknown split": (lambda: make(table(split=["train"] * 4 + ["exam"])), ["row 4", "'exam'"]),
    "missing speaker": (lambda: make(table(speaker=["Ada", None, "Ada", "C", "C"])), ["speaker", "row 1"]),
    "nan": (lambda: make(given=features(audio=np.array([[0, 0]] * 3 + [[0, np.nan], [0, 0]]))),
            ["audio", "row 3", "'b'", "column 1", "nan"]),
    "infinite": (lambda: make(given=features(text=np.full((5, 3), np.inf))), ["text", "row 0", "inf"]),
    "one row too few": (lambda: make(given=features(text=np.zeros((4, 3)))), ["text", "(4, 3)", "(5, D)"]),
    "one-dimensional": (lambda: make(given=features(text=np.zeros(5))), ["text", "(5,)"]),
    "words for features": (lambda: make(given=features(text=np.full((5, 3), "x"))), ["text", "numbers"]),
    "unknown modality": (lambda: make(given=features(smell=np.zeros((5, 3)))), ["'smell'", "text, audio, visual"]),
    "no modality": (lambda: Corpus("toy", table(), {}, EMOTIONS), ["no modality"]),
    "repeated turn": (lambda: make(table(turn=[0, 1, 1, 0, 1])), ["row 2", "repeated"]),
    "unordered turns": (lambda: make(table(turn=[0, 4, 1, 0, 1])), ["row 2", "out of order"]),
    "turns that are words": (lambda: make(table(turn=list("abcde"))), ["turn", "whole numbers"]),
    "a dialogue in two places": (lambda: make(table(dialogue=list("aabba"))), ["row 4", "together"]),
    "a dialogue in two splits": (lambda: make(table(split=["train", "dev", "dev", "test", "test"])), ["row 1", "split"]),
    "empty table": (lambda: make(table().iloc[:0]), ["empty"]),
    "empty dialogue": (lambda: Corpus.from_dialogues("x", [Dialogue("a", ())], EMOTIONS), ["dialogue 0", "'a'"]),
    "vectors of two lengths": (lambda: Corpus.from_dialogues("x", [Dialogue("a", tuple(
        Utterance("a", i, "s", "joy", "train", "", {"text": np.zeros(3 + i)}) for i in range(2)))], EMOTIONS),
        ["text", "row 1", "(4,)", "(3,)"]),
    "presence of the wrong length": (lambda: make(present={"text": np.ones(4, bool)}), ["present.text", "(5,)"]),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(case):
    act, words = BAD[case]
    with pytest.raises(CorpusError) as error:
        act()
    for word in words:
        assert word in str(error.value)


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
    (_drop("utterances.parquet"), "utterances.parquet"), (_drop("corpus.json"), "corpus.json"),
    (_cut("utterances.parquet"), "utterances.parquet"), (_cut("features.safetensors"), "features.safetensors"),
    (_cut("corpus.json"), "corpus.json"), (_edit_json(dims={"text": 99}), "dims"),
    (_edit_json(emotions=["joy"]), "unknown 'neutral'"), (_other_features, "fingerprint")])
def test_damaged_folder_is_named(tmp_path, damage, word):
    folder = make().save(tmp_path / "toy")
    damage(folder)
    with pytest.raises(CorpusError, match=word):
        Corpus.load(folder)


def test_nothing_is_overwritten_or_left_half_written(tmp_path, monkeypatch):
    folder = make().save(tmp_path / "toy")
    with pytest.raises(CorpusError, match="exists already"):
        make().save(folder)
    monkeypatch.setattr("mlsan.data.corpus.save_file", lambda *a: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        make().save(tmp_path / "other")
    assert [p.name for p in tmp_path.iterdir()] == ["toy"]
