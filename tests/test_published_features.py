"""Feature files as they are published: downloads, local files, licences, and one real file."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from feature_files import contents, corpora_kept, write
from real_files import fetched

from mlsan import catalogue
from mlsan.data.validation import CorpusError
from mlsan.sources import meld
from mlsan.sources.download import DownloadError, Pin, Unavailable, data_dir, git_blob_id
from mlsan.sources.feature_files import reading
from mlsan.sources.feature_files.corpora import load_features
from mlsan.sources.safe_pickle import read_pickle


@pytest.mark.parametrize("features", ["multiemo", "mmgcn"])
def test_downloads_are_verified_converted_and_known_by_name(
        tmp_path, meld_mirror, pinned, features):
    def is_downloaded():
        return catalogue.describe().set_index("name").downloaded[name]

    name, folder = f"meld-{features}", pinned("meld", features)
    assert is_downloaded() == "no"
    assert len(catalogue.fetch(name)) == len(list(folder.iterdir())) + 3        # and MELD's csv
    assert is_downloaded() == "yes"
    corpus = catalogue.load(name)
    assert corpus.name == name and "o/features@0000000" in corpus.provenance
    assert "not verified" not in corpus.provenance
    shutil.rmtree(meld_mirror)
    shutil.rmtree(data_dir() / "downloads")
    assert catalogue.load(name).fingerprint == corpus.fingerprint
    local = load_features("meld", features, write(tmp_path / "mine", contents("meld", features)))
    assert local.fingerprint == corpus.fingerprint and "not verified" not in local.provenance


def test_another_content_than_the_pinned_one_leaves_nothing(pinned):
    path = pinned("meld", "mmgcn") / "MELD_features_raw1.pkl"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(DownloadError, match="not the pinned content"):
        load_features("meld", "mmgcn", progress=False)
    left = [p.name for p in data_dir().rglob("*") if p.is_file() and p.suffix != ".lock"]
    assert left == []


@pytest.mark.usefixtures("meld_mirror")
@pytest.mark.parametrize("features", ["sdt", "cosmic", "m3net"])
def test_what_nobody_publishes_is_taken_from_a_folder(features):
    with pytest.raises(Unavailable, match="from its authors.*--from DIR"):
        load_features("meld", features)


@pytest.mark.usefixtures("meld_mirror")
def test_local_files_are_recorded(tmp_path):
    folder = write(tmp_path / "files", contents("meld", "sdt"))
    blob = git_blob_id(folder / "meld_multimodal_features.pkl")
    corpus = load_features("meld", "sdt", folder)
    assert f"local file, not verified, git blob {blob}" in corpus.provenance


def test_iemocap_asks_for_its_licence_first(pinned):
    folder = pinned("iemocap", "mmgcn")
    for attempt in (lambda: load_features("iemocap", "mmgcn"),
                    lambda: load_features("iemocap", "mmgcn", folder),
                    lambda: catalogue.load("iemocap-mmgcn"),
                    lambda: catalogue.fetch("iemocap-mmgcn")):
        with pytest.raises(CorpusError, match="(?s)SAIL.*research.*pass on.*--accept-licence"):
            attempt()
    assert not (data_dir() / "downloads").exists() and corpora_kept() == []
    catalogue.fetch("iemocap-mmgcn", accept_licence=True)
    assert catalogue.load("iemocap-mmgcn").name == "iemocap-mmgcn"      # accepted with the download


# -- a real file -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """COSMIC's small pickle and MELD's csv, as their owners published them."""
    pin = Pin("declare-lab/conv-emotion", "6128ca20e9c736605cce7e99d5d95db0356c35f5",
              "COSMIC/feature-extraction/meld/meld.pkl", "6575f1a0eb83be0b7dda00b323a391def63e7cc9")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLSAN_DATA", str(tmp_path_factory.mktemp("real")))
        csv = meld.read_meld(fetched(meld.MELD))
        content = read_pickle(fetched({"cosmic": pin})["cosmic"])
    names = ("speakers", "labels", "labels again", "sentences", "trainIds", "testIds", "validIds")
    return dict(zip(names, content, strict=True)), csv


def test_the_published_speaker_of_meld_is_the_order_of_first_appearance(real):
    items, csv = real
    talk = reading.read_talk("meld", items, Path("meld.pkl"), len(meld.EMOTIONS))
    assert len(talk.split) == 1432
    by_dialogue = dict(list(csv.groupby("dialogue", sort=False)))
    same_texts = 0
    for key, one_hot in talk.speakers.items():
        own = by_dialogue.pop(reading.name_of("meld", key))
        assert set(own.split) == {talk.split[key]}
        assert np.argmax(one_hot, axis=1).tolist() == own.speaker.factorize()[0].tolist()
        assert [meld.EMOTIONS[label] for label in talk.labels[key]] == own.emotion.tolist()
        texts = list(map(meld.clean_text, talk.texts[key]))
        same_texts += (own.text == texts).sum()
    assert not by_dialogue and same_texts == 13708
    joey = csv[csv.speaker == "Joey"]
    slots = csv.groupby("dialogue").speaker.transform(lambda s: s.factorize()[0])[joey.index]
    assert set(slots) == set(range(7))          # one person, seven "speakers"
