"""RAVDESS and CREMA-D: protocols that never mix, voices joined to faces, downloads, real files."""

import hashlib
import json
import os
import shutil
import zipfile
from pathlib import Path

import acted_files
import numpy as np
import pandas as pd
import pytest
from real_files import fetched, or_skip

from mlsan import catalogue
from mlsan.data.validation import CorpusError
from mlsan.sources import cremad, ravdess
from mlsan.sources.acted import names
from mlsan.sources.download import Deposit, DownloadError, Unavailable, data_dir, stored

pytestmark = pytest.mark.filterwarnings("ignore:MLSAN_MIRROR lacks")
CORPORA = {"ravdess": ravdess.FOLDS, "ravdess-egemaps": ravdess.FOLDS, "cremad": cremad.FOLDS}


def parts(corpus):
    return {split: corpus.table.iloc[corpus.rows(split)] for split in ("train", "dev", "test")}


# -- protocols -------------------------------------------------------------------------------------


def check_protocols(name, folds):
    """For every split of a corpus; over the folds of a protocol, each clip is tested once."""
    tested = {protocol: [] for protocol in folds}
    for split in names(folds):
        corpus = catalogue.load(f"{name}@{split}")
        assert corpus.name == f"{name}@{split}" and corpus.recipe == name.split("-")[0]
        train, dev, test = parts(corpus).values()
        protocol = split.split("-")[0]
        tested[protocol] += list(test.dialogue)
        if protocol == "strangers":
            people = [set(part.speaker) for part in (train, dev, test)]
            assert not (people[0] & people[1] or people[0] & people[2] or people[1] & people[2])
            continue
        everybody = set(corpus.table.speaker)
        assert set(train.speaker) == set(dev.speaker) == set(test.speaker) == everybody
        assert set(dev.emotion) - {""} == set(corpus.emotions)
        assert 5 < len(train) / len(dev) + 1 < 7
        if protocol == "known":
            assert not set(test.text) & {*train.text, *dev.text}
            assert set(dev.text) == set(train.text)
        else:
            cells = [set(part.dialogue.str.split("-").str[4:6].map(tuple))
                     for part in (train, dev, test)]
            assert cells[0] == cells[1] and not cells[0] & cells[2] and len(cells[2]) == 1
    for clips in tested.values():
        assert sorted(clips) == sorted(corpus.table.dialogue)


@pytest.mark.usefixtures("acted")
@pytest.mark.parametrize("name", CORPORA)
def test_protocols_never_mix(name):
    check_protocols(name, CORPORA[name])
    assert catalogue.load(name).fingerprint == catalogue.load(f"{name}@known-0").fingerprint


@pytest.mark.usefixtures("acted")
def test_dev_is_even_over_people_and_emotions():
    dev = parts(catalogue.load("ravdess@known-1"))["dev"]
    assert set(dev.groupby("speaker").size()) == {5}
    counts = dev.emotion.value_counts()
    assert counts.pop("neutral") == 8 and set(counts) == {16}


@pytest.mark.usefixtures("acted")
@pytest.mark.parametrize(("name", "words"), [
    ("ravdess@known-2", "ravdess@known-2: no such split.*ravdess@.*known-0, known-1, cells-0"),
    ("cremad@cells-0", "no such split.*known-0, .*strangers-6"),
    ("meld@known-0", "meld has one split.*write meld"), ("ravdes@known-0", "no corpus 'ravdes'")])
@pytest.mark.parametrize("act", [catalogue.load, catalogue.fetch])
def test_unknown_splits_are_refused_with_those_that_there_are(act, name, words):
    with pytest.raises(CorpusError, match=words):
        act(name)
    assert not data_dir().exists()


def test_a_split_of_ours_is_not_hidden_by_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("ravdess@known-0", "mine@home"):
        Path(name).mkdir()
    assert not catalogue.is_folder("ravdess@known-0") and catalogue.is_folder("./ravdess@known-0")
    assert catalogue.is_folder("mine@home")


# -- what the corpora hold -------------------------------------------------------------------------


@pytest.mark.usefixtures("acted")
def test_faces_and_voices_are_joined_by_clip_not_by_row():
    mfcc, egemaps = catalogue.load("ravdess"), catalogue.load("ravdess-egemaps")
    assert mfcc.dims == {"audio": 259, "visual": 35} and egemaps.dims["audio"] == 88
    for row in range(0, 1440, 97):
        clip = mfcc.table.dialogue[row]
        assert egemaps.table.dialogue[row] == clip
        whole = np.float32(acted_files.vector(clip, 294))
        for corpus in (mfcc, egemaps):
            np.testing.assert_array_equal(corpus.features["visual"][row], whole[:35])
        np.testing.assert_array_equal(mfcc.features["audio"][row], whole[35:])
        voice = acted_files.vector("03" + clip[2:], 88)
        np.testing.assert_allclose(egemaps.features["audio"][row], voice, rtol=1e-6)
    first = mfcc.table.iloc[0]
    assert (first.speaker, first.gender, first.text) == ("Actor 01", "male", ravdess.STATEMENTS[0])
    assert mfcc.table.groupby("speaker").gender.nunique().eq(1).all()
    assert set(mfcc.table.gender[mfcc.table.speaker.isin(["Actor 02", "Actor 24"])]) == {"female"}


@pytest.mark.usefixtures("acted")
def test_what_cannot_be_learned_from_has_no_label_and_a_wrong_voice_is_not_heard():
    ravdess_, egemaps, crema = map(catalogue.load, CORPORA)
    assert list(ravdess_.table.dialogue[ravdess_.emotion < 0]) == [ravdess.COPY]
    assert list(egemaps.table.dialogue[~egemaps.present["audio"]]) == ["01" + ravdess.MISTAKEN[2:]]
    assert set(crema.table.dialogue[crema.emotion < 0]) == {
        "1003_IEO_HAP_XX", "1003_IEO_SAD_XX", "1005_MTI_SAD_XX"}
    assert list(crema.table.dialogue[~crema.present["audio"]]) == ["1005_MTI_SAD_XX"]
    assert crema.dims == {"audio": 35} and "gender" not in crema.table


def test_a_table_that_lacks_a_clip_is_refused(acted, monkeypatch):
    path = acted / ravdess.VOICES.place
    acted_files.voices().drop("03-01-02-01-01-01-04.wav").to_csv(path)
    acted_files.pin_voices(monkeypatch, path, acted)
    with pytest.raises(CorpusError, match="1439 of 1440 clips, no 03-01-02-01-01-01-04.*delete"):
        catalogue.load("ravdess-egemaps")


@pytest.mark.usefixtures("acted")
@pytest.mark.parametrize(("name", "terms"), [
    ("ravdess", "CC BY-NC-SA 4.0 (RAVDESS, Livingstone & Russo 2018, Zenodo 1188976)"),
    ("ravdess-egemaps@cells-3", "CC BY-NC-SA 4.0 (RAVDESS"),
    ("cremad@known-1", "ODbL 1.0 (CREMA-D, Cao et al.")])
def test_the_command_fetches_tells_the_terms_and_trains(mlsan, tmp_path, name, terms):
    code, out, err = mlsan("fetch", name)
    assert code == 0 and terms in " ".join(out.split()), err
    assert f"Next: `mlsan train {name if '@' in name else name + '@known-0'}`" in out
    code, _, err = mlsan("train", name, "--out", tmp_path / "run")
    assert code == 0, err
    assert mlsan("evaluate", tmp_path / "run", "--json")[0] == 0
    listed = {c["name"]: c for c in json.loads(mlsan("corpora", "--json")[1])}
    told = listed[name.split("@")[0]]
    assert told["downloaded"] == "yes" and "@strangers-0 to" in told["what"]


# -- downloads -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ravdess", "cremad"])
def test_from_their_public_address_cut_and_altered(acted, file_server, monkeypatch, name):
    pin = catalogue.SOURCES[name].pins()[0]
    content = (acted / pin.place).read_bytes()
    monkeypatch.delenv("MLSAN_MIRROR")
    file_server.content = content[:-1] + b"?"
    with pytest.raises(DownloadError, match="not the pinned content"):
        catalogue.load(name)
    assert not stored(pin).exists()
    file_server.content, file_server.cuts = content, [1000, 50_000, -20]
    assert len(catalogue.load(name)) > 1000 and len(file_server.requests) > 4
    file_server.status = 404                                     # what is here is not asked for
    assert catalogue.load(f"{name}@strangers-1")


@pytest.mark.parametrize("name", CORPORA)
def test_an_altered_mirror_is_refused_and_leaves_no_corpus(acted, name):
    source = catalogue.SOURCES[name]
    path = acted / [*source.pins(), *source.either()[:1]][-1].place
    path.write_bytes(path.read_bytes().replace(b"1", b"2", 1))
    with pytest.raises(DownloadError, match="not the pinned content") as error:
        catalogue.load(name)
    assert not isinstance(error.value, Unavailable)
    assert not list((data_dir() / "corpora").glob("*"))


def archive(path: Path, recordings: list[Path]) -> bytes:
    """Laid out like RAVDESS's, with some files that are none of its recordings."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for wav in recordings:
            file.write(wav, f"Actor_{wav.stem[-2:]}/{wav.name}")
        file.writestr("../03-01-01-01-01-01-03.wav", b"outside")
        file.writestr("Actor_04/03-01-01-01-01-01-05.wav", b"another actor's")
        file.writestr("Actor_06/03-01-01-01-01-01-06.wav", bytes(5_000_000))
    return path.read_bytes()


def test_without_a_finished_table_the_owners_archive_is_asked_for(
        acted, file_server, monkeypatch, tmp_path):
    pytest.importorskip("opensmile")
    (acted / ravdess.VOICES.place).unlink()
    content = archive(tmp_path / "a.zip", [])
    checksum = hashlib.md5(content, usedforsecurity=False).hexdigest()
    monkeypatch.setattr(ravdess, "ARCHIVE", Deposit("zenodo.org/1/a.zip", "md5", checksum,
                                                    f"{file_server.address}/files/a.zip"))
    file_server.content = content + b"more"
    with pytest.raises(DownloadError, match=f"expected md5 {checksum}"):
        catalogue.load("ravdess-egemaps")
    file_server.content, file_server.cuts = content, [100, 300]
    with pytest.raises(CorpusError, match="a.zip: 0 of 1440 clips"):
        catalogue.load("ravdess-egemaps")
    assert file_server.requests[-1][0] == "/files/a.zip"
    shutil.rmtree(data_dir())
    file_server.status = 404
    with pytest.raises(Unavailable, match="(?s)404.*set MLSAN_MIRROR.*zenodo.org/1/a.zip"):
        catalogue.load("ravdess-egemaps")


# -- the real files --------------------------------------------------------------------------------


@pytest.fixture
def real(monkeypatch, tmp_path_factory):
    """A data folder of the real files' own, kept from one test to the next."""
    monkeypatch.setenv("MLSAN_DATA", str(tmp_path_factory.getbasetemp() / "real-people"))


@pytest.mark.usefixtures("real")
@pytest.mark.parametrize("name", CORPORA)
def test_the_published_files(name):
    if name == "ravdess-egemaps":
        fetched({"voices": ravdess.VOICES})                     # not 208 MB for a test
    with or_skip():
        corpus = catalogue.load(name)
    check_protocols(name, CORPORA[name])
    actors = corpus.table.speaker.nunique()
    assert (len(corpus), actors) == ((7442, 91) if name == "cremad" else (1440, 24))
    assert (corpus.emotion < 0).sum() == (7 if name == "cremad" else 1)
    group = 13 if name == "cremad" else 3
    for fold in range(CORPORA[name]["strangers"]):
        tested = parts(catalogue.load(f"{name}@strangers-{fold}"))["test"]
        assert tested.speaker.nunique() == group
    # No clip is there twice but where neither, or one alone, has a label.
    x = np.concatenate([*corpus.features.values()], axis=1)[corpus.emotion >= 0]
    assert len(np.unique(x, axis=0)) == len(x) and (np.ptp(x, axis=0) > 0).all()


# Pitch (semitones above 27.5 Hz), loudness and level (dB) of six recordings.
REFERENCE = {
    "03-01-03-01-01-01-01": (28.361, 0.172, -42.873),
    "03-01-03-01-01-01-02": (37.441, 0.287, -38.008),
    "03-01-04-01-01-01-01": (25.805, 0.106, -48.526),
    "03-01-04-01-01-01-02": (36.704, 0.140, -46.507),
    "03-01-05-01-01-01-01": (30.282, 0.310, -36.429),
    "03-01-05-01-01-01-02": (37.154, 0.261, -38.324),
}


@pytest.mark.usefixtures("real")
def test_six_recordings_are_measured_as_they_were(tmp_path):
    """As in the finished table, but for the one clip of which it has another's numbers."""
    pytest.importorskip("opensmile")
    folder = Path(os.environ.get("MLSAN_MIRROR", "nowhere")).parent / "data/ravdess_clips"
    if not folder.is_dir():
        pytest.skip(f"no recordings in {folder}")
    archive(tmp_path / "six.zip", recordings := sorted(folder.glob("*.wav")))
    x = ravdess.measured(tmp_path / "six.zip", progress=False)
    assert list(x.index) == [wav.stem for wav in recordings] and x.shape == (6, 88)
    named = x[["F0semitoneFrom27.5Hz_sma3nz_amean", "loudness_sma3_amean",
               "equivalentSoundLevel_dBp"]]
    for clip, numbers in REFERENCE.items():
        np.testing.assert_allclose(named.loc[clip], numbers, atol=2e-3)
    table = pd.read_csv(fetched({"": ravdess.VOICES})[""], index_col=0)
    told = table.set_axis(table.index.str.removesuffix(".wav")).loc[x.index]
    assert list(told.columns) == list(x.columns)
    same = np.isclose(x, told, rtol=1e-5).all(axis=1)
    assert list(x.index[~same]) == [ravdess.MISTAKEN]
