import numpy as np
import pandas as pd
import pytest

from mlsan.data.corpus import Corpus
from mlsan.data.speaker_ids import UNKNOWN, speaker_ids
from mlsan.data.validation import CorpusError


@pytest.fixture
def corpus():
    table = pd.DataFrame({
        "dialogue": list("aaabbbcc"), "turn": [0, 1, 2, 0, 1, 2, 0, 1],
        "speaker": ["Ada", "Ben", "Ada", "Cleo", "Ben", "Cleo", "Ben", "Zoe"],
        "emotion": ["joy", "calm"] * 4, "split": ["train"] * 6 + ["test"] * 2, "text": ["."] * 8,
        "gender": ["f", "m", "f", "f", "m", "f", "m", "f"]})
    return Corpus("toy", table, {"text": np.zeros((8, 2))}, ("joy", "calm"))


def test_identity_knows_train_and_calls_the_rest_unknown(corpus):
    s = speaker_ids(corpus, "identity")
    assert s.names == ("Ada", "Ben", "Cleo") and s.rows == 4
    assert s.ids.tolist() == [1, 2, 1, 3, 2, 3, 2, UNKNOWN]


def test_slot_is_order_of_first_appearance(corpus):
    s = speaker_ids(corpus, "slot")
    slots = ["slot 0", "slot 1", "slot 0", "slot 0", "slot 1", "slot 0", "slot 0", "slot 1"]
    assert [s.names[i - 1] for i in s.ids] == slots


def test_gender_and_none(corpus):
    assert speaker_ids(corpus, "gender").ids.tolist() == [1, 2, 1, 1, 2, 1, 2, 1]
    none = speaker_ids(corpus, "none")
    assert none.rows == 1 and not none.ids.any()


def test_gender_where_there_is_none(small):
    with pytest.raises(CorpusError, match="no gender column"):
        speaker_ids(small, "gender")


def test_unknown_mode_is_named(small):
    with pytest.raises(CorpusError, match="'name'.*identity, slot"):
        speaker_ids(small, "name")


def test_shuffled_keeps_the_frequencies_and_nothing_else(small):
    true, drawn = speaker_ids(small, "identity"), speaker_ids(small, "shuffled", seed=0)
    assert drawn.names == true.names and drawn.ids.min() >= 1
    expected, got = (np.bincount(s.ids, minlength=7) / len(s.ids) for s in (true, drawn))
    np.testing.assert_allclose(got, expected, atol=0.05)
    assert (drawn.ids == true.ids).mean() < 0.25                 # six speakers: a sixth by chance
    test, other = small.rows("test"), speaker_ids(small, "shuffled", seed=1)
    assert (drawn.ids[test] != other.ids[test]).any()
    assert (drawn.ids == speaker_ids(small, "shuffled", seed=0).ids).all()
