"""Reading MELD's csv and the Friends files: clean texts, wrong input named, the real facts."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from meld_files import TURNS, face, friends_rows, meld_row, meld_rows, write_csv
from real_files import fetched

from mlsan.data.corpus import Corpus
from mlsan.data.validation import CorpusError
from mlsan.sources import meld
from mlsan.sources.meld import clean_text, read_friends, read_meld


@pytest.mark.parametrize("raw, clean", [
    ("we\x92re", "we're"), ("\x93So\x85\x94", '"So..."'), ("a\x97b\x96c", "a—b–c"),
    ("x\x81y", "xy"), ("don’t ‘em", "don't 'em"), ("a\x85b", "a...b"),
    ("fiancée\xa0 Adiós. ", "fiancée Adiós."),
])
def test_clean_text(raw, clean):
    assert clean_text(raw) == clean and clean_text(clean) == clean


# -- wrong input: the message names file, row, field and remedy ----------------------------------


@pytest.mark.parametrize("row, field, value, said", [
    (1, "Emotion", "hapy", "unknown 'hapy'"), (2, "Dialogue_ID", "x", "'x' is not a number"),
    (0, "Utterance_ID", "-1", "'-1' is not a number"), (3, "Speaker", " ", "empty"),
    (0, "Utterance", "", "empty"), (0, "Utterance_ID", "1.0", "'1.0' is not a number"),
])
def test_bad_meld_cells(tmp_path, row, field, value, said):
    rows = meld_rows("train")
    rows[row][field] = value
    path = write_csv(tmp_path / "train_sent_emo.csv", rows)
    with pytest.raises(CorpusError) as error:
        read_meld({"train": path})
    for part in (str(path), f"row {row + 1}, {field}", said, "delete the file"):
        assert part in str(error.value)


def test_missing_column(tmp_path):
    row = meld_row("train", 0)
    del row["Speaker"]
    path = write_csv(tmp_path / "train.csv", [row])
    with pytest.raises(CorpusError, match="train.csv: no column 'Speaker', it has .*delete"):
        read_meld({"train": path})


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00broken", b'a,b\n"never closed'])
def test_no_csv(tmp_path, content):
    (tmp_path / "dev.csv").write_bytes(content)
    with pytest.raises(CorpusError, match=r"dev\.csv.*delete the file"):
        read_meld({"dev": tmp_path / "dev.csv"})


def numbers(n, value="1.0"):
    return "[" + ", ".join([value] * n) + "]"


@pytest.mark.parametrize("field, value, said", [
    ("mfccs", "__import__('os').abort()", "not a list of numbers"),
    ("mfccs", numbers(12), "needs 13 finite numbers"),
    ("mfccs", numbers(13, "NaN"), "needs 13 finite numbers"),
    ("mfccs", numbers(13, "null"), "needs 13 finite numbers"),
    ("mfccs", numbers(13, "[1]"), "needs 13 finite numbers"),
    ("mfccs", numbers(13, "1e999"), "needs 13 finite numbers"),
    ("mfccs", numbers(13, "1" + "0" * 400), "not a list of numbers"),
    ("spectralContrast", "[" * 100_000, "not a list of numbers"),
    ("spectralContrast", "", "empty"),
    ("melSpectrogram", numbers(128)[:-40], "not a list of numbers"),
    ("landmarks", "{'nose': {'X': 1, 'Y': 2}}", "not the 30 points"),
    ("landmarks", str(face(1) | {"tail": 1}), "not the 30 points"),
    ("landmarks", str(face(1))[:-9], "not the 30 points"),
    ("landmarks", "[]", "not the 30 points"),
    ("landmarks", json.dumps(face(1) | {"nose": {"X": float("nan"), "Y": 0}}), "finite"),
    ("Speaker", "Monica", "'Monica', but MELD has 'Ross' for turn 3 of train-0"),
    ("Emotion", "joy", "'joy', but MELD has 'anger'"),
    ("Utterance", "Other words", "'Other words', but MELD has 'You did... what?'"),
    ("Utterance_ID", "1", "MELD has no turn 1 of train-0"),
    ("Dialogue_ID", "", "empty"),
])
def test_bad_friends_cells(tmp_path, field, value, said):
    table = read_meld({s: write_csv(tmp_path / f"{s}.csv", meld_rows(s)) for s in TURNS})
    rows = friends_rows()[("Ross", "train")]
    rows[0][field] = value
    path = write_csv(tmp_path / "Ross_train.csv", rows)
    with pytest.raises(CorpusError) as error:
        read_friends({("Ross", "train"): path}, table)
    for part in (str(path), f"row 1, {field}", said, "delete the file"):
        assert part in str(error.value)


def test_an_utterance_twice(tmp_path):
    table = read_meld({"dev": write_csv(tmp_path / "dev.csv", [meld_row("dev", 0)])})
    path = write_csv(tmp_path / "Ross_dev.csv", friends_rows()[("Ross", "dev")] * 2)
    with pytest.raises(CorpusError, match=r"row 2, Utterance_ID: turn 0 of dev-0 again.*row 1"):
        read_friends({("Ross", "dev"): path}, table)


# -- the real files --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real():
    return read_meld(fetched(meld.MELD))


@pytest.fixture(scope="module")
def real_friends(real):
    return read_friends(fetched(meld.FRIENDS), real)


def test_real_meld_facts(real):
    corpus = Corpus("meld", real, {"text": np.ones((len(real), 1))}, meld.EMOTIONS)
    facts = corpus.summary()
    assert facts.loc["utterances"].tolist() == ["9989", "1109", "2610"]
    assert facts.loc["dialogues"].tolist() == ["1038", "114", "280"]
    assert facts.loc["speakers"].tolist() == ["260", "47", "100"]
    assert facts.loc["speakers not in train", "test"] == "31"
    assert round(100 * int(facts.loc["utterances of those", "test"]) / 2610, 1) == 4.2
    assert facts.loc["dialogues with one speaker"].astype(int).sum() == 123
    turns = real.groupby("dialogue").turn.agg(["max", "size"])
    assert (turns["max"] + 1 > turns["size"]).sum() == 76
    leads = real.speaker.isin(meld.GENDER)
    assert round(100 * leads.mean()) == 83
    # Nothing is left that clean_text was to clean, and no name differs by blanks or case only.
    assert not real.text.str.contains("[\x80-\x9f‘’“”…]|  |^$").any()
    assert real.speaker.str.lower().nunique() == real.speaker.nunique()


def test_real_emotions_agree_with_the_published_order(real):
    train = real[real.split == "train"].emotion.value_counts()[list(meld.EMOTIONS)]
    assert train.tolist() == [4710, 1205, 268, 683, 1743, 271, 1109]


@pytest.mark.slow
def test_real_friends_facts(real, real_friends):
    rows, audio, visual, seen = real_friends
    table = real.iloc[rows]
    assert len(rows) == 4804 and (np.diff(rows) > 0).all()
    assert table.split.value_counts()[["train", "dev", "test"]].tolist() == [3452, 428, 924]
    emotions = table.emotion.value_counts()[list(meld.FRIENDS_EMOTIONS)]
    assert emotions.tolist() == [310, 855, 1920, 322, 1397]
    assert audio.shape == (4804, 148) and visual.shape == (4804, 60)
    assert (~seen).sum() == 410 and not visual[~seen].any() and visual[seen].any(1).all()
    assert np.isfinite(audio).all() and np.isfinite(visual).all()
    assert (audio[:, 13:141] >= 0).all()          # the mel spectrogram is of power


@pytest.mark.slow
def test_real_friends_agree_with_an_independent_conversion(real, real_friends):
    mirror = Path(os.environ.get("MLSAN_MIRROR") or "no mirror")
    other = mirror.parent / "data" / "meld6_av.npz"
    if not other.is_file():
        pytest.skip("no independent conversion beside the mirror that MLSAN_MIRROR names")
    rows, audio, visual, seen = real_friends
    with np.load(other) as theirs:
        key = pd.Series(theirs["split"]) + "-" + pd.Series(theirs["dialogue"]).astype(str)
        place = {k: i for i, k in enumerate(zip(key, theirs["utt"].tolist(), strict=True))}
        ours = real.iloc[rows]
        order = [place[k] for k in zip(ours.dialogue, ours.turn, strict=True)]
        np.testing.assert_array_equal(np.float32(audio), theirs["audio"][order])
        np.testing.assert_array_equal(np.where(seen[:, None], np.float32(visual), np.nan),
                                      theirs["visual"][order])
        assert ours.speaker.tolist() == theirs["speaker"][order].tolist()
        assert ours.emotion.tolist() == theirs["emotion"][order].tolist()
