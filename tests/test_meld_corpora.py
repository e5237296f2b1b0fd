"""The corpora made of MELD: joined, kept, made again where they must be, and had by name."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from meld_files import TURNS, face, friends_rows, meld_rows, sound, write_csv
from real_files import or_skip

from mlsan import catalogue
from mlsan.data.corpus import Corpus
from mlsan.data.validation import CorpusError
from mlsan.sources import meld
from mlsan.sources.download import Pin, data_dir, git_blob_id
from mlsan.sources.meld import LANDMARKS


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Seven utterances in MELD's layout, as a mirror with pins of their own; texts encode fast."""
    def pin(repo, path, rows):
        written = write_csv(tmp_path / "mirror" / repo / ("0" * 40) / path, rows)
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


# -- by name, from the catalogue -------------------------------------------------------------------


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
        described = catalogue.describe().set_index("name").downloaded
        return described[["simulated", "meld", "meld-friends"]].to_dict()

    assert downloaded() == {"simulated": "not needed", "meld": "no", "meld-friends": "no"}
    paths = catalogue.fetch("meld")
    assert [p.name for p in paths] == ["train.csv", "dev.csv", "test.csv"]
    assert downloaded() == {"simulated": "not needed", "meld": "yes", "meld-friends": "no"}
    assert len(catalogue.fetch("meld-friends")) == 8
    assert catalogue.fetch("simulated") == []
    assert downloaded()["meld-friends"] == "yes"


# -- the real files --------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_real_friends_are_all_there():
    with or_skip():
        friends = meld.load_meld_friends(progress=False)
    assert meld.load_meld_friends(progress=False).fingerprint == friends.fingerprint
    assert len(friends) == 4804 and friends.dims == {"text": 384, "audio": 148, "visual": 60}
