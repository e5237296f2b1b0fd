"""Published feature files: every layout converted, everything else refused, and the facts of a real one."""

import copy
import pickle
import shutil
from pathlib import Path

import feature_files
import numpy as np
import pandas as pd
import pytest
from feature_files import KEYS, contents, conversations, identity, write, write_meld_csv

from mlsan import catalogue
from mlsan.data.corpus import Corpus
from mlsan.data.speaker_ids import speaker_ids
from mlsan.data.validation import CorpusError
from mlsan.runs import Plan, train
from mlsan.sources import meld
from mlsan.sources.download import DownloadError, Pin, Unavailable, data_dir, fetch, git_blob_id
from mlsan.sources.feature_files import corpora, layouts, reading
from mlsan.sources.feature_files.corpora import (
    EMOTIONS,
    FEATURES,
    find,
    is_generated,
    load_features,
)

COMMIT = "0" * 40
DIMS = {("meld", "mmgcn"): (600, 300, 342), ("iemocap", "mmgcn"): (100, 1582, 342),
        ("meld", "multiemo"): (768, 512, 1000), ("iemocap", "multiemo"): (768, 512, 1000),
        ("meld", "sdt"): (1024, 300, 342), ("iemocap", "sdt"): (1024, 1582, 342),
        ("meld", "m3net"): (1024, 300, 342), ("iemocap", "m3net"): (1024, 1582, 342),
        ("meld", "cosmic"): (1024,), ("iemocap", "cosmic"): (1024,)}
EVERY = pytest.mark.parametrize("dataset, features", sorted(DIMS))


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """An empty data folder, and a mirror with MELD's csv of the small conversations."""
    monkeypatch.setenv("MLSAN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MLSAN_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.setattr("mlsan.sources.download.PUBLIC", "http://127.0.0.1:9")
    paths = write_meld_csv(tmp_path / "mirror/o/meld" / COMMIT)
    monkeypatch.setattr(meld, "MELD", {split: Pin("o/meld", COMMIT, path.name, git_blob_id(path))
                                       for split, path in paths.items()})
    return tmp_path


@pytest.fixture
def pinned(place, monkeypatch):
    """Lay a data set's files into the mirror and pin them in place of the published ones."""
    def lay(dataset, features):
        folder = write(place / "mirror/o/features" / COMMIT / dataset, contents(dataset, features))
        files = tuple(layouts.File(f.name, f.items, f.takes,
                                   Pin("o/features", COMMIT, f"{dataset}/{f.name}", git_blob_id(folder / f.name)))
                      for f in layouts.LAYOUTS[dataset, features])
        monkeypatch.setitem(layouts.LAYOUTS, (dataset, features), files)
        return folder
    return lay


def corpora_kept():
    return sorted(p.name for p in (data_dir() / "corpora").glob("*") if p.is_dir())


def rows(dataset):
    """The conversations in the order of a corpus but for IEMOCAP's dev: (key, turn, who, label, text)."""
    return [(key, *said) for key, (_, turns) in conversations(dataset).items() for said in turns]


# -- what comes out --------------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize("generated", [True, False])
def test_every_layout_is_converted_trained_on_and_read_again(place, monkeypatch, dataset, features, generated):
    more = {"identity": identity(dataset)} if generated else {}
    folder = write(place / "files", contents(dataset, features), **more)
    corpus = load_features(dataset, features, folder, accept_licence=not generated)
    assert corpus.name == f"{dataset}-{features}" + "-GENERATED" * generated
    assert is_generated(corpus) == generated == ("GENERATED" in corpus.provenance)
    assert tuple(corpus.dims.values()) == DIMS[dataset, features] and corpus.emotions == EMOTIONS[dataset]
    assert len(corpus) == len(rows(dataset))
    train(Plan("small", epochs=1, stages=("gating",)), corpus=corpus, progress=False)

    def refuse(path):
        raise AssertionError(f"{path} was unpickled a second time")

    monkeypatch.setattr(reading, "read_pickle", refuse)
    monkeypatch.setattr(corpora, "read_pickle", refuse)
    again = load_features(dataset, features, folder)
    assert again.fingerprint == corpus.fingerprint
    kept = Corpus.load(find(dataset, features, folder).kept)
    assert kept.fingerprint == corpus.fingerprint and kept.provenance == corpus.provenance


@pytest.mark.parametrize("dataset", ["meld", "iemocap"])
def test_vectors_stand_beside_their_utterances(place, dataset):
    made = contents(dataset, "sdt")
    items, = made.values()
    corpus = load_features(dataset, "sdt", write(place / "files", made), accept_licence=True)
    names = {key: reading.name_of(dataset, key) for key in conversations(dataset)}
    table = corpus.table.reset_index().set_index("dialogue")
    for key, name in names.items():
        at = table.loc[[name], "index"].to_numpy()
        for modality in ("audio", "visual"):
            np.testing.assert_array_equal(corpus.features[modality][at], np.float32(items[modality][key]))
        mean = np.mean([items[f"roberta{i}"][key] for i in (1, 2, 3, 4)], axis=0)
        np.testing.assert_allclose(corpus.features["text"][at], mean, atol=1e-6)
        assert [corpus.emotions[label] for label in items["labels"][key]] == corpus.table.emotion[at].tolist()


def test_m3net_is_cosmics_text_beside_mmgcns_sound_and_faces(place):
    folder = write(place / "files", contents("meld", "m3net"))
    m3net, cosmic, mmgcn = (load_features("meld", f, folder).features for f in ("m3net", "cosmic", "mmgcn"))
    np.testing.assert_array_equal(m3net["text"], cosmic["text"])
    np.testing.assert_array_equal(m3net["audio"], mmgcn["audio"])
    np.testing.assert_array_equal(m3net["visual"], mmgcn["visual"])


def test_meld_has_the_csvs_people_texts_and_turns(place):
    corpus = load_features("meld", "mmgcn", write(place / "files", contents("meld", "mmgcn")))
    csv = meld.read_meld({split: fetch(pin, False) for split, pin in meld.MELD.items()})
    pd.testing.assert_frame_equal(corpus.table, csv)
    assert corpus.table.dialogue.unique().tolist() == ["train-0", "train-1", "train-5", "train-8",
                                                       "dev-0", "dev-3", "test-0", "test-7"]
    assert corpus.table.turn.tolist() == [turn for _, turn, *_ in rows("meld")]          # with its gaps
    assert "first appearance in 8 of 8 dialogues" in corpus.provenance
    slots, people = (speaker_ids(corpus, mode) for mode in ("slot", "identity"))
    assert slots.names[0] == "slot 0" and set(people.names) <= set(feature_files.CAST["meld"])
    with pytest.raises(CorpusError, match="no gender"):
        speaker_ids(corpus, "gender")


def test_the_order_of_first_appearance_is_looked_at_not_assumed(place):
    made = contents("meld", "mmgcn")
    speakers = made["MELD_features_raw1.pkl"]["speakers"]
    speakers[5] = [row[::-1] for row in speakers[5]]
    assert "in 7 of 8 dialogues" in load_features("meld", "mmgcn", write(place / "files", made)).provenance


def test_iemocap_has_ten_people_and_their_gender(place):
    corpus = load_features("iemocap", "mmgcn", write(place / "files", contents("iemocap", "mmgcn")),
                            accept_licence=True)
    table = corpus.table
    assert set(table.speaker) <= {f"Ses0{s}{g}" for s in range(1, 6) for g in "MF"}
    assert (table.speaker.str[:5] == table.dialogue.str[:5]).all()
    assert (table.gender == table.speaker.str[5].map({"M": "male", "F": "female"})).all()
    said = {(key, text): who for key, _, who, _, text in rows("iemocap")}
    assert all(said[r.dialogue, r.text] == r.speaker[5] for r in table.itertuples())
    assert set(table.dialogue[table.split == "test"]) == set(KEYS["iemocap"]["test"])


def test_iemocaps_dev_is_the_same_for_all_features(place):
    devs = set()
    for features in FEATURES:
        folder = write(place / features, contents("iemocap", features))
        table = load_features("iemocap", features, folder, accept_licence=True).table
        devs.add(tuple(table.dialogue[table.split == "dev"].unique()))
    dev, = devs
    assert len(dev) == 12 and not any(name.startswith("Ses05") for name in dev)


@pytest.mark.parametrize("dataset", ["meld", "iemocap"])
def test_generated_files_bring_their_own_people(place, dataset):
    folder = write(place / "files", contents(dataset, "cosmic"), identity=identity(dataset))
    corpus = load_features(dataset, "cosmic", folder)               # and ask for no licence
    wanted = {reading.name_of(dataset, key): [f"speaker {n}" for n in who]
              for key, who in identity(dataset).items()}
    assert corpus.table.groupby("dialogue").speaker.agg(list).to_dict() == wanted
    assert corpus.licence == "generated, none" and ("gender" in corpus.table) == (dataset == "iemocap")
    assert corpus.table.text.tolist()[0].startswith("Sentence")


def test_another_file_is_another_corpus(place):
    made = contents("meld", "mmgcn")
    first = load_features("meld", "mmgcn", write(place / "files", made))
    made["MELD_features_raw1.pkl"]["audio"][0][0][0] += 1
    second = load_features("meld", "mmgcn", write(place / "files", made))
    assert first.fingerprint != second.fingerprint and len(corpora_kept()) == 2


# -- what is refused -------------------------------------------------------------------------------


def ruined(path, change):
    """A change of the items of the file whose ``labels`` there are: path of keys, and what to put there."""
    def apply(items):
        inner = items
        for step in path[:-1]:
            inner = inner[step]
        if change is None:
            del inner[path[-1]]
        else:
            inner[path[-1]] = change(inner[path[-1]])
    return apply


def put(value):
    return lambda _: value


MELD_FAULTS = {
    "arity": (ruined(["last"], None), ["a tuple of 9", "IEMOCAP_features.pkl", "a tuple of 10"]),
    "no dict": (ruined(["labels"], put([1, 2])), ["labels is a list"]),
    "dims": (ruined(["text", 5], lambda v: [x[:100] for x in v]),
             ["text of dialogue 5, utterance 0", "100 numbers", "600"]),
    "ragged": (ruined(["audio", 1, 1], lambda v: v[:-1]), ["audio of dialogue 1, utterance 1", "299", "300"]),
    "no number": (ruined(["visual", 1, 0], put(["a"] * 342)),
                  ["visual of dialogue 1, utterance 0", "not a vector of 342 numbers"]),
    "NaN": (ruined(["visual", 1, 0], lambda v: v * np.nan), ["visual of dialogue 1, utterance 0", "not finite"]),
    "too large": (ruined(["audio", 1, 0], put(np.full(300, 1e300))), ["audio of dialogue 1", "not finite"]),
    "missing": (ruined(["visual", 8], None), ["visual lacks dialogue 8"]),
    "a missing label": (ruined(["labels", 8], None), ["labels lacks dialogue 8"]),
    "one too few": (ruined(["visual", 8], lambda v: v[:-1]), ["visual of dialogue 8", "utterances"]),
    "no utterances": (ruined(["labels", 8], put([])), ["labels of dialogue 8", "not a list"]),
    "no list": (ruined(["labels", 8], put("joy")), ["labels of dialogue 8", "'joy'"]),
    "label range": (ruined(["labels", 0, 1], put(7)), ["labels of dialogue 0, utterance 1", "0 to 6, has 7"]),
    "label type": (ruined(["labels", 0, 1], put("3")), ["labels of dialogue 0, utterance 1", "'3'"]),
    "label bool": (ruined(["labels", 0, 1], put(True)), ["labels of dialogue 0, utterance 1", "True"]),
    "label moved": (ruined(["labels", 0, 1], lambda v: (v + 1) % 7), ["labels of train-0", "MELD's csv has"]),
    "two speakers": (ruined(["speakers", 0, 1], put([1, 1] + [0] * 7)), ["speakers of dialogue 0, utterance 1"]),
    "nobody": (ruined(["speakers", 0, 1], put([0] * 9)), ["speakers of dialogue 0, utterance 1"]),
    "a letter": (ruined(["speakers", 0, 1], put("M")), ["speakers of dialogue 0, utterance 1", "'M'"]),
    "sentences": (ruined(["sentences", 0, 1], put(3)), ["sentences of dialogue 0, utterance 1", "text"]),
    "swapped lists": (lambda items: items.update(trainVid=items["testVid"], testVid=items["trainVid"]),
                      ["trainVid has dialogue 1153", "one of test"]),
    "listed twice": (ruined(["trainVid"], lambda v: v + v[:1]), ["trainVid has dialogue 0", "already"]),
    "not listed": (ruined(["trainVid"], lambda v: v[1:]), ["dialogue 0", "no list"]),
    "another set's key": (ruined(["trainVid", 0], put("Ses01F_impro01")), ["'Ses01F_impro01'", "0 to 1432"]),
    "number range": (ruined(["testVid", 0], put(1433)), ["1433", "no dialogue of MELD's"]),
    "no such list": (ruined(["testVid"], put(3)), ["testVid is a int"]),
}


@pytest.mark.parametrize("fault", MELD_FAULTS)
def test_a_file_unlike_the_published_ones_is_refused(place, fault):
    change, words = MELD_FAULTS[fault]
    made = copy.deepcopy(contents("meld", "mmgcn"))
    change(made["MELD_features_raw1.pkl"])
    folder = write(place / "files", made)
    with pytest.raises(CorpusError) as error:
        load_features("meld", "mmgcn", folder)
    for word in (str(folder / "MELD_features_raw1.pkl"), *words, "take the file anew"):
        assert word in str(error.value)
    assert corpora_kept() == []


@pytest.mark.parametrize("change, words", [
    (ruined(["speakers", "Ses01F_impro01", 0], put("X")), ["'Ses01F_impro01', utterance 0", "'M' or 'F'"]),
    (ruined(["labels", "Ses01F_impro01", 0], put(6)), ["utterance 0", "0 to 5, has 6"]),
    (ruined(["testVid"], lambda v: v | {"Ses04F_impro01"}), ["testVid has dialogue 'Ses04F_impro01'"]),
    (ruined(["testVid"], put({0})), ["testVid has 0", "no dialogue of IEMOCAP's"]),
    (ruined(["trainVid"], lambda v: set(sorted(v)[:12])), ["12 dialogues of Sessions 1 to 4"]),
])
def test_iemocap_faults(place, change, words):
    made = copy.deepcopy(contents("iemocap", "mmgcn"))
    change(made["IEMOCAP_features.pkl"])
    with pytest.raises(CorpusError) as error:
        load_features("iemocap", "mmgcn", write(place / "files", made), accept_licence=True)
    assert all(word in str(error.value) for word in ("IEMOCAP_features.pkl", *words)) and corpora_kept() == []


def test_dialogues_must_be_melds(place):
    made = copy.deepcopy(contents("meld", "mmgcn"))
    items = made["MELD_features_raw1.pkl"]
    items["testVid"] = items["testVid"][:1]
    for value in items.values():
        if isinstance(value, dict):
            value.pop(1160, None)
    folder = write(place / "files", made)
    with pytest.raises(CorpusError, match="no dialogue for test-7 of MELD's csv"):
        load_features("meld", "mmgcn", folder)
    for value in items.values():
        if isinstance(value, dict):
            value[1153] = value[1153][:1]
    with pytest.raises(CorpusError, match="dialogue 1153 has 1 utterances, test-0 in MELD's csv has"):
        load_features("meld", "mmgcn", write(place / "files", made))


@pytest.mark.parametrize("name, swapped, words", [
    ("TextFeatures.pkl", ("iemocap", "TextFeatures.pkl"), ["text lacks dialogue 0"]),
    ("TextFeatures.pkl", ("meld", "AudioFeatures.pkl"), ["text of dialogue 0, utterance 0", "512", "768"]),
    ("Speakers.pkl", ("meld", "TextFeatures.pkl"), ["a dict", "a tuple of 10"]),
    ("TextFeatures.pkl", ("meld", "Speakers.pkl"), ["a tuple of 10", "is one dict"]),
    ("Speakers.pkl", ("iemocap", "Speakers.pkl"), ["a tuple of 9", "a tuple of 10"]),
])
def test_files_of_several_sets_do_not_mix(place, name, swapped, words):
    made, (dataset, other) = contents("meld", "multiemo"), swapped
    made[name] = contents(dataset, "multiemo")[other]
    with pytest.raises(CorpusError) as error:
        load_features("meld", "multiemo", write(place / "files", made))
    assert all(word in str(error.value) for word in (name, *words)) and corpora_kept() == []


def test_files_that_disagree_are_not_joined(place):
    made = contents("iemocap", "m3net")
    labels = copy.deepcopy(made["IEMOCAP_features.pkl"]["labels"])
    labels["Ses05F_impro01"][0] += 1
    made["iemocap_features_roberta.pkl"]["labels"] = labels
    with pytest.raises(CorpusError, match="roberta.pkl: the labels of dialogue 'Ses05F_impro01'.*IEMOCAP_feat"):
        load_features("iemocap", "m3net", write(place / "files", made), accept_licence=True)


@pytest.mark.parametrize("people, words", [
    ([1, 2], ["identity.pkl", "not a dict"]), ({0: [0]}, ["identity of dialogue 0"]),
    ({}, ["identity lacks dialogue 0"])])
def test_generated_files_must_say_who_speaks(place, people, words):
    folder = write(place / "files", contents("meld", "mmgcn"), identity=people)
    with pytest.raises(CorpusError) as error:
        load_features("meld", "mmgcn", folder)
    assert all(word in str(error.value) for word in words) and corpora_kept() == []


@pytest.mark.parametrize("content", [b"", b"not a pickle", b"version https://git-lfs.github.com/spec/v1\n",
                                     pickle.dumps(Path("a"))])
def test_what_is_no_pickle_of_data(place, content):
    folder = write(place / "files", contents("meld", "sdt"))
    (folder / "meld_multimodal_features.pkl").write_bytes(content)
    with pytest.raises(CorpusError, match="meld_multimodal_features.pkl"):
        load_features("meld", "sdt", folder)
    assert corpora_kept() == []


def test_a_missing_file_is_named(place):
    folder = write(place / "files", contents("meld", "multiemo"))
    (folder / "AudioFeatures.pkl").unlink()
    with pytest.raises(CorpusError, match=r"files/AudioFeatures.pkl: not found.*TextFeatures.pkl and Audio"):
        load_features("meld", "multiemo", folder)
    with pytest.raises(CorpusError, match="'vgg' of 'meld'.*mmgcn, multiemo, sdt"):
        load_features("meld", "vgg", folder)


# -- downloads -------------------------------------------------------------------------------------


@pytest.mark.parametrize("features", ["multiemo", "mmgcn"])
def test_downloads_are_verified_converted_and_known_by_name(place, pinned, monkeypatch, features):
    folder = pinned("meld", features)
    name = f"meld-{features}"
    state = catalogue.describe().set_index("name").downloaded
    assert state[name] == "no" and len(catalogue.fetch(name)) == len(list(folder.iterdir())) + 3
    assert catalogue.describe().set_index("name").downloaded[name] == "yes"
    corpus = catalogue.load(name)
    assert corpus.name == name and "o/features@0000000" in corpus.provenance
    assert "not verified" not in corpus.provenance
    shutil.rmtree(place / "mirror")
    shutil.rmtree(data_dir() / "downloads")
    assert catalogue.load(name).fingerprint == corpus.fingerprint
    local = load_features("meld", features, write(place / "mine", contents("meld", features)))
    assert local.fingerprint == corpus.fingerprint and "not verified" not in local.provenance


def test_another_content_than_the_pinned_one_leaves_nothing(place, pinned):
    path = pinned("meld", "mmgcn") / "MELD_features_raw1.pkl"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(DownloadError, match="not the pinned content"):
        load_features("meld", "mmgcn", progress=False)
    left = [p.name for p in data_dir().rglob("*") if p.is_file() and p.suffix != ".lock"]
    assert left == []


@pytest.mark.parametrize("features", ["sdt", "cosmic", "m3net"])
def test_what_nobody_publishes_is_taken_from_a_folder(features):
    with pytest.raises(Unavailable, match="from its authors.*--from DIR"):
        load_features("meld", features)


def test_local_files_are_recorded(place):
    folder = write(place / "files", contents("meld", "sdt"))
    blob = git_blob_id(folder / "meld_multimodal_features.pkl")
    assert f"local file, not verified, git blob {blob}" in load_features("meld", "sdt", folder).provenance


def test_iemocap_asks_for_its_licence_first(place, pinned):
    folder = pinned("iemocap", "mmgcn")
    for attempt in (lambda: load_features("iemocap", "mmgcn"), lambda: catalogue.load("iemocap-mmgcn"),
                    lambda: catalogue.fetch("iemocap-mmgcn"),
                    lambda: load_features("iemocap", "mmgcn", folder)):
        with pytest.raises(CorpusError, match="(?s)SAIL.*research.*pass on.*--accept-licence"):
            attempt()
    assert not (data_dir() / "downloads").exists() and corpora_kept() == []
    catalogue.fetch("iemocap-mmgcn", accept_licence=True)
    assert catalogue.load("iemocap-mmgcn").name == "iemocap-mmgcn"        # accepted when it was downloaded


# -- a real file -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """COSMIC's small pickle and MELD's csv, as their owners published them."""
    pin = Pin("declare-lab/conv-emotion", "6128ca20e9c736605cce7e99d5d95db0356c35f5",
              "COSMIC/feature-extraction/meld/meld.pkl", "6575f1a0eb83be0b7dda00b323a391def63e7cc9")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLSAN_DATA", str(tmp_path_factory.mktemp("real")))
        try:
            csv = meld.read_meld({split: fetch(p, progress=False) for split, p in meld.MELD.items()})
            content = reading.read_pickle(fetch(pin, progress=False))
        except Unavailable as error:
            pytest.skip(" ".join(str(error).split()))
    names = ("speakers", "labels", "labels again", "sentences", "trainIds", "testIds", "validIds")
    return dict(zip(names, content, strict=True)), csv


def test_the_published_speaker_of_meld_is_the_order_of_first_appearance(real):
    items, csv = real
    talk = reading.read_talk("meld", items, Path("meld.pkl"), len(meld.EMOTIONS))
    assert len(talk.split) == 1432
    by_dialogue = dict(list(csv.groupby("dialogue", sort=False)))
    texts = 0
    for key, one_hot in talk.speakers.items():
        own = by_dialogue.pop(reading.name_of("meld", key))
        assert set(own.split) == {talk.split[key]}
        assert np.argmax(one_hot, axis=1).tolist() == own.speaker.factorize()[0].tolist()
        assert [meld.EMOTIONS[label] for label in talk.labels[key]] == own.emotion.tolist()
        texts += sum(meld.clean_text(text) == row for text, row in zip(talk.texts[key], own.text, strict=True))
    assert not by_dialogue and texts == 13708
    joey = csv[csv.speaker == "Joey"]
    slots = csv.groupby("dialogue").speaker.transform(lambda s: s.factorize()[0])[joey.index]
    assert set(slots) == set(range(7))          # one person, seven "speakers"
