"""Leaving speakers out: nobody is scored whom training may have met, and everybody is, once."""

import numpy as np
import pandas as pd
import pytest

from mlsan.data.corpus import Corpus
from mlsan.data.splits import leave_speakers_out
from mlsan.data.validation import CorpusError


def labelled(corpus, split):
    return corpus.table.iloc[corpus.labelled_rows(split)]


def clips(speakers, genders=None):
    """Two one-turn dialogues of each speaker, out of order."""
    order = [*speakers, *reversed(speakers)]
    table = pd.DataFrame({
        "dialogue": [f"d{i}" for i in range(len(order))], "turn": 0, "speaker": order,
        "emotion": "joy", "split": "train", "text": "So."})
    if genders:
        table["gender"] = [genders[s] for s in order]
    return Corpus("clips", table, {"audio": np.ones((len(order), 2))}, ("joy", "fear"))


def test_nobody_of_test_or_dev_speaks_in_train_and_everybody_is_tested_once(small):
    tested = []
    for fold in range(3):
        left = leave_speakers_out(small, 3, fold)
        people = {s: set(labelled(left, s).speaker) for s in ("train", "dev", "test")}
        assert sum(map(len, people.values())) == len(set.union(*people.values())) == 6
        assert left.met == people["train"]                      # in no turn without a label either
        assert not people["test"] & set(left.table.speaker[left.rows("dev")])
        assert len(left) == len(small) and left.truth is small.truth
        pd.testing.assert_frame_equal(left.table.drop(columns=["split", "emotion"]),
                                      small.table.drop(columns=["split", "emotion"]))
        kept = left.table.emotion[left.table.emotion != ""]
        assert kept.equals(small.table.emotion[kept.index])
        tested.append(left.labelled_rows("test"))
    assert sorted(np.concatenate(tested)) == list(range(len(small)))


def test_the_next_group_is_dev_and_the_deal_is_the_order_of_names():
    parts = [leave_speakers_out(clips(list("dbfaec")), 3, fold) for fold in range(3)]
    assert [set(labelled(p, "test").speaker) for p in parts] == [set("ad"), set("be"), set("cf")]
    assert [set(labelled(p, "dev").speaker) for p in parts] == [set("be"), set("cf"), set("ad")]


def test_genders_are_dealt_evenly_where_they_are_known():
    names = [f"p{i:02}" for i in range(16)]
    genders = {name: "f" if i % 4 == 0 else "m" for i, name in enumerate(names)}    # as dealt: one
    for fold in range(4):
        test = labelled(leave_speakers_out(clips(names, genders), 4, fold), "test")
        assert sorted(test.drop_duplicates("speaker").gender) == ["f", "m", "m", "m"]


@pytest.mark.parametrize(("folds", "fold", "words"), [
    (2, 0, "2 folds of 6 speakers.*use 3 to 6"), (7, 0, "7 folds of 6 speakers.*use 3 to 6"),
    (3, 3, "no fold 3; 3 folds are 0 to 2"), (3, -1, "no fold -1")])
def test_folds_that_cannot_be_are_refused(small, folds, fold, words):
    with pytest.raises(CorpusError, match=words):
        leave_speakers_out(small, folds, fold)


def test_a_split_without_a_turn_is_refused():
    """All three speak in every dialogue, so none is left for dev or train."""
    table = pd.DataFrame({"dialogue": ["a"] * 3 + ["b"] * 3, "turn": [0, 1, 2] * 2,
                          "speaker": ["A", "B", "C"] * 2, "emotion": "joy", "split": "train",
                          "text": "So."})
    together = Corpus("talk", table, {"audio": np.ones((6, 2))}, ("joy", "fear"))
    with pytest.raises(CorpusError, match="talk: fold 0 of 3.*no labelled turn for train.*another"):
        leave_speakers_out(together, 3, 0)
