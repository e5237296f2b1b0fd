"""MELD: the converter on a small made-up copy of its layout, and the facts of the real files."""

import csv
import json
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlsan import catalogue
from mlsan.data.corpus import Corpus
from mlsan.data.validation import CorpusError
from mlsan.sources import meld
from mlsan.sources.download import Pin, Unavailable, data_dir, fetch, git_blob_id
from mlsan.sources.meld import AUDIO, LANDMARKS, clean_text, read_friends, read_meld

HEADER = ["Sr No.", "Utterance", "Speaker", "Emotion", "Sentiment", "Dialogue_ID", "Utterance_ID",
          "Season", "Episode", "StartTime", "EndTime"]
# split -> (dialogue, turn, speaker, emotion, text); turn 1 of train's dialogue 0 is missing
TURNS = {
    "train": [(0, 0, "Monica", "joy", "It’s done!"), (0, 2, "Ross", "neutral", "None"),
              (0, 3, " Ross ", "anger", "You did… what?"),
              (1, 0, "The Waiter", "surprise", "“Sir”")],
    "dev": [(0, 0, "Ross", "sadness", "I  know.")],
    "test": [(0, 0, "Monica", "fear", "Who’s there?"), (0, 1, "Joey", "disgust", "Ew.")],
}
FRIENDS_TURNS = [("Monica", "train", 0, 0), ("Ross", "train", 0, 3), ("Ross", "dev", 0, 0),
                 ("Monica", "test", 0, 0), ("Joey", "test", 0, 1)]


def face(seed):
    xy = np.random.default_rng(seed).random((30, 2))
    return {p: {"X": float(x), "Y": float(y)} for p, (x, y) in zip(LANDMARKS, xy, strict=True)}


def sound(seed):
    rng = np.random.default_rng(seed)
    return {column: rng.normal(size=size).tolist() for column, size in AUDIO.items()}


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, list(rows[0]), lineterminator="\r\n")
        out.writeheader()
        out.writerows(rows)
    return path


def meld_row(split, i):
    d, u, speaker, emotion, text = TURNS[split][i]
    cells = [i + 1, text, speaker, emotion, "-", d, u, 1, 1, "0", "1"]
    return dict(zip(HEADER, cells, strict=True))


def meld_rows(split):
    return [meld_row(split, i) for i in range(len(TURNS[split]))]


def friends_rows():
    files = {}
    for seed, (speaker, split, d, u) in enumerate(FRIENDS_TURNS):
        i = [t[:2] for t in TURNS[split]].index((d, u))
        row = meld_row(split, i) | {"Speaker": speaker}
        # As published: quotes as stray control characters, some pictures without a face.
        row["Utterance"] = row["Utterance"].replace("’", "\x92").replace("…", "\x85")
        row["landmarks"] = {0: "{}", 1: ""}.get(seed, str(face(seed)))
        row |= {column: str(values) for column, values in sound(seed).items()}
        files.setdefault((speaker, split), []).append(row)
    return dict(reversed(files.items()))       # not in the order of MELD's rows


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Seven utterances in MELD's layout, as a mirror with pins of their own; texts encode fast."""
    def pin(repo, path, rows):
        written = write(tmp_path / "mirror" / repo / ("0" * 40) / path, rows)
        return Pin(repo, "0" * 40, path, git_blob_id(written))

    def encode(texts, progress, layers=()):
        encode.calls += 1
        return np.array([[len(t), hash(t) % 97] for t in texts], np.float32)

    encode.calls = 0
    monkeypatch.setenv("MLSAN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MLSAN_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.setattr(meld, "MELD", {s: pin("o/meld", f"{s}.csv", meld_rows(s)) for s in TURNS})
    monkeypatch.setattr(meld, "FRIENDS", {k: pin("o/friends", f"{'_'.join(k)}.csv", rows)
                                          for k, rows in friends_rows().items()})
    monkeypatch.setattr(meld, "encode", encode)
    return encode


# -- the converter ---------------------------------------------------------------------------------


def test_meld_table(small):
    t = meld.load_meld(progress=False).table
    assert t.dialogue.tolist() == ["train-0"] * 3 + ["train-1", "dev-0", "test-0", "test-0"]
    assert t.turn.tolist() == [0, 2, 3, 0, 0, 0, 1]
    assert t.speaker.tolist() == ["Monica", "Ross", "Ross", "The Waiter", "Ross", "Monica", "Joey"]
    assert t.split.tolist() == ["train"] * 4 + ["dev"] + ["test"] * 2
    assert t.text.tolist() == ["It's done!", "None", "You did... what?", '"Sir"', "I know.",
                               "Who's there?", "Ew."]


def test_friends_are_joined_to_their_rows_and_nothing_else_is_kept(small):
    whole, c = meld.load_meld(progress=False), meld.load_meld_friends(progress=False)
    assert c.emotions == ("fear", "sadness", "joy", "disgust", "anger")
    assert c.dims == {"text": 2, "audio": 148, "visual": 60}
    assert list(zip(c.table.dialogue, c.table.turn, strict=True)) == [
        ("train-0", 0), ("train-0", 3), ("dev-0", 0), ("test-0", 0), ("test-0", 1)]
    assert c.table.gender.tolist() == ["female", "male", "male", "female", "male"]
    assert c.present["visual"].tolist() == [False, False, True, True, True]
    assert c.present["audio"].all() and c.present["text"].all()
    for row in range(5):
        s = sound(row)
        np.testing.assert_array_equal(
            c.features["audio"][row],
            np.float32(s["mfccs"] + s["melSpectrogram"] + s["spectralContrast"]))
        xy = [face(row)[p][axis] for p in LANDMARKS for axis in "XY"]
        np.testing.assert_array_equal(c.features["visual"][row],
                                      np.float32(xy) if row > 1 else 0)
    np.testing.assert_array_equal(c.features["text"], whole.features["text"][[0, 2, 4, 5, 6]])


def test_second_load_reads_the_converted_folder(small, monkeypatch):
    first = meld.load_meld_friends(progress=False)
    shutil.rmtree(data_dir() / "downloads")
    monkeypatch.delenv("MLSAN_MIRROR")
    again = meld.load_meld_friends(progress=False)
    assert small.calls == 1 and again.fingerprint == first.fingerprint
    assert (again.licence, again.provenance) == (first.licence, first.provenance)


@pytest.mark.parametrize("name", ["utterances.parquet", "features.safetensors", "corpus.json"])
@pytest.mark.parametrize("damage", ["cut", "gone", "altered"])
def test_a_damaged_folder_is_converted_again(small, name, damage):
    first = meld.load_meld(progress=False)
    (folder,) = (data_dir() / "corpora").glob("meld-*[0-9a-f]")
    content = (folder / name).read_bytes()
    if damage == "gone":
        (folder / name).unlink()
    else:
        middle = len(content) // 2
        (folder / name).write_bytes(content[:middle] if damage == "cut" else
                                    content[:middle] + b"\xff\xff\xff\xff" + content[middle + 4:])
    assert meld.load_meld(progress=False).fingerprint == first.fingerprint
    assert Corpus.load(folder).fingerprint == first.fingerprint


def test_loads_at_once_convert_once(small):
    with ThreadPoolExecutor(4) as pool:
        loads = [pool.submit(meld.load_meld_friends, progress=False) for _ in range(4)]
    assert len({load.result().fingerprint for load in loads}) == 1
    assert small.calls == 1


def test_a_new_version_of_the_converter_converts_again(small, monkeypatch):
    meld.load_meld(progress=False)
    monkeypatch.setattr(meld, "VERSION", meld.VERSION + 1)
    meld.load_meld(progress=False)
    assert small.calls == 2


@pytest.mark.parametrize("raw, clean", [
    ("we\x92re", "we're"), ("\x93So\x85\x94", '"So..."'), ("a\x97b\x96c", "a—b–c"),
    ("x\x81y", "xy"), ("don’t ‘em", "don't 'em"), ("fiancée\xa0 Adiós. ", "fiancée Adiós."), ("a\x85b", "a...b"),
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
    path = write(tmp_path / "train_sent_emo.csv", rows)
    with pytest.raises(CorpusError) as error:
        read_meld({"train": path})
    for part in (str(path), f"row {row + 1}, {field}", said, "delete the file"):
        assert part in str(error.value)


def test_missing_column(tmp_path):
    row = meld_row("train", 0)
    del row["Speaker"]
    path = write(tmp_path / "train.csv", [row])
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
    table = read_meld({s: write(tmp_path / f"{s}.csv", meld_rows(s)) for s in TURNS})
    rows = friends_rows()[("Ross", "train")]
    rows[0][field] = value
    path = write(tmp_path / "Ross_train.csv", rows)
    with pytest.raises(CorpusError) as error:
        read_friends({("Ross", "train"): path}, table)
    for part in (str(path), f"row 1, {field}", said, "delete the file"):
        assert part in str(error.value)


def test_an_utterance_twice(tmp_path):
    table = read_meld({"dev": write(tmp_path / "dev.csv", [meld_row("dev", 0)])})
    path = write(tmp_path / "Ross_dev.csv", friends_rows()[("Ross", "dev")] * 2)
    with pytest.raises(CorpusError, match=r"row 2, Utterance_ID: turn 0 of dev-0 again.*row 1"):
        read_friends({("Ross", "dev"): path}, table)


# -- the registry -------------------------------------------------------------------------------


def test_load_by_name_and_by_folder(small, tmp_path):
    corpus = catalogue.load("meld")
    corpus.save(tmp_path / "mine")
    assert catalogue.load(str(tmp_path / "mine")).fingerprint == corpus.fingerprint
    assert catalogue.load("simulated").name


@pytest.mark.parametrize("act", [catalogue.load, catalogue.fetch])
def test_unknown_name_lists_the_known_ones(act):
    with pytest.raises(CorpusError, match="'mled'.*simulated, meld, meld-friends"):
        act("mled")


def test_describe_and_fetch(small):
    def downloaded():
        return catalogue.describe().set_index("name").downloaded[["simulated", "meld", "meld-friends"]].to_dict()

    assert downloaded() == {"simulated": "not needed", "meld": "no", "meld-friends": "no"}
    paths = catalogue.fetch("meld")
    assert [p.name for p in paths] == ["train.csv", "dev.csv", "test.csv"]
    assert downloaded() == {"simulated": "not needed", "meld": "yes", "meld-friends": "no"}
    assert len(catalogue.fetch("meld-friends")) == 8
    assert catalogue.fetch("simulated") == []
    assert downloaded()["meld-friends"] == "yes"


# -- the real files --------------------------------------------------------------------------------


def fetched(pins):
    try:
        return {key: fetch(pin, progress=False) for key, pin in pins.items()}
    except Unavailable as error:
        pytest.skip(" ".join(str(error).split()))


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


@pytest.mark.slow
def test_real_corpora_load_fast_the_second_time():
    for load in (meld.load_meld, meld.load_meld_friends):
        try:
            first = load(progress=False)
        except Unavailable as error:
            pytest.skip(" ".join(str(error).split()))
        started = time.perf_counter()
        assert load(progress=False).fingerprint == first.fingerprint
        assert time.perf_counter() - started < 2
        assert first.features["text"].shape == (len(first), 384 * (3 if first.name == "meld" else 1))
    assert len(first) == 4804 and first.dims == {"text": 384, "audio": 148, "visual": 60}
