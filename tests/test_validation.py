"""Whatever holds the numbers and names, they arrive as they were given, or are refused by name."""

from enum import Enum

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import torch
from test_corpus import EMOTIONS, assert_refused, features, make, table

from mlsan.data.corpus import Corpus, Dialogue, Utterance

X = np.arange(15, dtype=np.float32).reshape(5, 3)
HERE = [True, True, False, True, True]


def put(value, dtype=object):
    """``X`` with another value in row 2, column 1."""
    x = X.astype(dtype)
    x[2, 1] = value
    return x


@pytest.mark.parametrize("x", [
    X.astype(np.float16), X.astype(np.int8), X.astype(">f8"), X.astype(object), X.tolist(),
    np.asfortranarray(X), np.repeat(X, 2, 1)[:, ::2], np.ma.array(X, mask=False), pd.DataFrame(X),
    pd.DataFrame(X).astype("Float64"), pd.Series(list(X)), torch.tensor(X, requires_grad=True),
    torch.tensor(X).bfloat16()],
    ids=["float16", "int8", "big-endian", "objects", "lists", "Fortran's order", "strided",
         "masked nowhere", "DataFrame", "nullable", "column of vectors", "tensor", "bfloat16"])
def test_the_same_numbers_arrive_from_whatever_holds_them(x, tmp_path):
    made = make(given={"audio": x})
    assert made.features["audio"].dtype == np.float32
    np.testing.assert_array_equal(made.features["audio"], X)
    back = Corpus.load(made.save(tmp_path / "toy"))
    np.testing.assert_array_equal(back.features["audio"], X)
    assert back.fingerprint == make(given={"audio": X}).fingerprint


@pytest.mark.parametrize("x, words", [
    (put(1j, complex), ["complex", "real numbers"]),
    (put(1e300, float), ["row 2", "column 1", "1e+300", "too large for float32"]),
    (np.ma.array(X, mask=np.arange(15).reshape(5, 3) == 7), ["row 2", "column 1", "nan"]),
    (put(None), ["row 2", "column 1", "nan"]),
    (pd.DataFrame(put(pd.NA)), ["row 2", "column 1", "nan"]),
    (put("7"), ["row 2", "column 1", "'7'", "str"]),
    (put("7").tolist(), ["row 2", "column 1", "'7'", "str"]),
    (put(1j), ["row 2", "column 1", "1j", "complex"]),
    ([[0, 1], [2], [3, 4], [5, 6], [7, 8]], ["row 1", "(1,)", "(2,)"]),
    (X.astype("timedelta64[s]"), ["timedelta64", "real numbers"]),
    (scipy.sparse.csr_matrix(X), ["csr_matrix", "toarray()"]),
    (torch.tensor(X).to_sparse(), ["sparse_coo", "dense"]),
    (torch.empty(5, 3, device="meta"), ["meta"])],
    ids=["complex", "too large", "masked", "None", "NA", "a word", "a word in a list",
         "complex object", "ragged", "durations", "sparse matrix", "sparse tensor", "no data"])
def test_numbers_that_would_become_others_are_refused(x, words):
    assert_refused(["audio", *words], make, given={"audio": x})


@pytest.mark.parametrize("vector, words", [
    ([1 + 1j, 2], ["complex"]), (["1", "2"], ["row 0", "'1'"]), ([1e300, 0], ["row 0", "1e+300"]),
    (np.ma.array([1., 2.], mask=[False, True]), ["row 0", "column 1"])])
def test_so_are_those_of_dialogues(vector, words):
    turns = [Utterance("a", i, "Ada", "joy", "train", "Hi", {"audio": v})
             for i, v in enumerate((vector, torch.ones(2, requires_grad=True)))]
    assert_refused(["audio", *words], Corpus.from_dialogues, "x", [Dialogue("a", turns)], EMOTIONS)
    alone = Corpus.from_dialogues("x", [Dialogue("a", turns[1:])], EMOTIONS)
    assert alone.features["audio"].tolist() == [[1, 1]]


@pytest.mark.parametrize("present", [
    HERE, [1, 1, 0, 1, 1], np.array(HERE, float), pd.array(HERE, dtype="boolean"),
    np.array(HERE, object), torch.tensor(HERE)])
def test_presence_is_true_or_false_or_one_or_zero(present):
    assert make(present={"audio": present}).present["audio"].tolist() == HERE


@pytest.mark.parametrize("second", [None, np.nan, pd.NA, "True", 2, 1j])
def test_any_other_presence_is_refused(second):
    present = pd.Series([True, second, False, True, True], dtype=object)
    assert_refused(["present.audio", "row 1", "True or False"], make, present={"audio": present})


def test_no_presence_is_changed_or_ignored():
    masked = np.ma.array(HERE, mask=[False, True, False, False, False])
    assert_refused(["present.audio", "row 1"], make, present={"audio": masked})
    assert_refused(["present.text", "(4,)", "(5,)"], make, present={"text": np.ones(4, bool)})
    assert_refused(["present.visual", "no visual features"], make, present={"visual": HERE})
    given = np.array(HERE)
    corpus = make(present={"audio": given})
    given[:] = False
    assert corpus.present["audio"].tolist() == HERE
    ragged = pd.Series([[1, 2], [3, 4], None, [5, 6], [7, 8]])         # None where it is absent
    corpus = make(given=features(audio=ragged), present={"audio": HERE})
    assert corpus.features["audio"].tolist() == [[1, 2], [3, 4], [0, 0], [5, 6], [7, 8]]


class Who(str, Enum):       # noqa: UP042 (whose str() is another)
    ADA = "Ada"
    BEN = "Ben"


@pytest.mark.parametrize("changes", [
    {"turn": [0., 1., 4., 0., 1.]}, {"turn": pd.array([0, 1, 4, 0, 1], dtype="Int64")},
    {"turn": np.array([0, 1, 4, 0, 1], object)}, {"turn": np.array([0, 1, 4, 0, 1], np.uint8)},
    {"speaker": pd.Categorical(["Ada", "Ben", "Ada", "Cleo", "Cleo"])},
    {"emotion": pd.Categorical(["joy", "neutral", "joy", "neutral", "joy"])},
    {"split": pd.Categorical(["train"] * 3 + ["test"] * 2)},
    {"text": pd.array(["Hi.", "Yes?", "Bye.", "So.", "Well."], dtype="string")},
    {"speaker": np.array([Who.ADA, Who.BEN, Who.ADA, "Cleo", "Cleo"], object)}])
def test_a_table_of_other_types_is_the_same_table(changes):
    pd.testing.assert_frame_equal(make(table(**changes)).table, make().table)


@pytest.mark.parametrize("column, values, words", [
    ("turn", [0, 1.5, 4, 0, 1], ["row 1", "1.5", "whole numbers"]),
    ("turn", [0, 1, np.inf, 0, 1], ["row 2", "inf", "whole numbers"]),
    ("turn", [False, True, True, False, True], ["row 0", "bool"]),
    ("turn", np.array([0, 4, 1, 0, 1], np.uint8), ["row 2", "out of order"]),
    ("dialogue", [1., 1, 1, 2, 2], ["row 0", "float"]),
    ("speaker", ["Ada", "", "Ada", "C", "C"], ["row 1", "empty"]),
    ("speaker", ["Ada", "Ada ", "Ada", "C", "C"], ["row 1", "'Ada '", "row 0", "blanks"]),
    ("speaker", ["Zoë", "Zoe\u0308", "A", "C", "C"], ["row 1", r"'Zoe\u0308'", r"'Zo\xeb'"]),
    ("dialogue", ["a", "a", "a", " a", " a"], ["row 3", "' a'", "blanks"]),
    ("gender", ["f", "m", "f ", "m", "m"], ["gender", "row 2", "'f '"]),
    ("emotion", ["joy", "joy ", "joy", "joy", "joy"], ["row 1", "'joy '", "write 'joy'"]),
    ("text", pd.Series(["", "x\ud800", "", "", ""], dtype=object), ["row 1", r"'\ud800'", "mend"])])
def test_a_table_that_would_become_another_is_refused(column, values, words):
    assert_refused([column.replace("turn", "row"), *words], make, table(**{column: values}))


def test_names_that_look_odd_are_names(tmp_path):
    names = ["=1+1", "ada", "Ada", "a\0b", "Zoë"]
    made = make(table(speaker=names, text=["\0", "\r\n", ' "', "'", "\t"]))
    back = Corpus.load(made.save(tmp_path / "toy"))
    assert list(back.table.speaker) == names
    pd.testing.assert_frame_equal(back.table, made.table)


@pytest.mark.parametrize("emotions, words", [
    ("joy", ["'joy'", "list"]), ({"neutral", "joy"}, ["set", "list"]),
    (("neutral", "joy", "joy"), ["'joy'", "more than once"]),
    (("neutral", "joy", "joy "), ["emotions[2]", "'joy '", "emotions[1]"]),
    (("neutral", "joy", ""), ["emotions[2]", "empty"]),
    (("neutral", "joy", None), ["emotions", "NoneType"])])
def test_emotions_are_a_list_of_names(emotions, words):
    assert_refused(words, Corpus, "toy", table(), features(), emotions)


def test_what_is_no_table_is_named():
    assert_refused(["utterances", "list", "DataFrame"], make, table().to_dict("records"))
    twice = pd.concat([table(), table()[["text"]]], axis=1)
    assert_refused(["'text'", "more than one"], make, twice)
