"""What published feature files become: a corpus, the same whenever it is read again."""

import feature_files
import numpy as np
import pandas as pd
import pytest
from feature_files import KEYS, contents, conversations, corpora_kept, identity, write

from mlsan.data.corpus import Corpus
from mlsan.data.speaker_ids import speaker_ids
from mlsan.data.validation import CorpusError
from mlsan.runs import Plan, train
from mlsan.sources import meld
from mlsan.sources.download import fetch
from mlsan.sources.feature_files import corpora, reading
from mlsan.sources.feature_files.corpora import (
    EMOTIONS,
    FEATURES,
    find,
    is_generated,
    load_features,
)

pytestmark = pytest.mark.usefixtures("meld_mirror")

DIMS = {("meld", "mmgcn"): (600, 300, 342), ("iemocap", "mmgcn"): (100, 1582, 342),
        ("meld", "multiemo"): (768, 512, 1000), ("iemocap", "multiemo"): (768, 512, 1000),
        ("meld", "sdt"): (1024, 300, 342), ("iemocap", "sdt"): (1024, 1582, 342),
        ("meld", "m3net"): (1024, 300, 342), ("iemocap", "m3net"): (1024, 1582, 342),
        ("meld", "cosmic"): (1024,), ("iemocap", "cosmic"): (1024,)}
EVERY = pytest.mark.parametrize("dataset, features", sorted(DIMS))


def rows(dataset):
    """(key, turn, who, label, text), in the order of a corpus but for IEMOCAP's dev."""
    return [(key, *said) for key, (_, turns) in conversations(dataset).items() for said in turns]


@EVERY
@pytest.mark.parametrize("generated", [True, False])
def test_every_layout_is_converted_trained_on_and_read_again(
        tmp_path, monkeypatch, dataset, features, generated):
    more = {"identity": identity(dataset)} if generated else {}
    folder = write(tmp_path / "files", contents(dataset, features), **more)
    corpus = load_features(dataset, features, folder, accept_licence=not generated)
    assert corpus.name == f"{dataset}-{features}" + "-GENERATED" * generated
    assert is_generated(corpus) == generated == ("GENERATED" in corpus.provenance)
    assert tuple(corpus.dims.values()) == DIMS[dataset, features]
    assert corpus.emotions == EMOTIONS[dataset]
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
def test_vectors_stand_beside_their_utterances(tmp_path, dataset):
    made = contents(dataset, "sdt")
    items, = made.values()
    corpus = load_features(dataset, "sdt", write(tmp_path / "files", made), accept_licence=True)
    names = {key: reading.name_of(dataset, key) for key in conversations(dataset)}
    table = corpus.table.reset_index().set_index("dialogue")
    for key, name in names.items():
        at = table.loc[[name], "index"].to_numpy()
        for modality in ("audio", "visual"):
            given = np.float32(items[modality][key])
            np.testing.assert_array_equal(corpus.features[modality][at], given)
        mean = np.mean([items[f"roberta{i}"][key] for i in (1, 2, 3, 4)], axis=0)
        np.testing.assert_allclose(corpus.features["text"][at], mean, atol=1e-6)
        given = [corpus.emotions[label] for label in items["labels"][key]]
        assert corpus.table.emotion[at].tolist() == given


def test_m3net_is_cosmics_text_beside_mmgcns_sound_and_faces(tmp_path):
    folder = write(tmp_path / "files", contents("meld", "m3net"))
    m3net, cosmic, mmgcn = (load_features("meld", features, folder).features
                            for features in ("m3net", "cosmic", "mmgcn"))
    np.testing.assert_array_equal(m3net["text"], cosmic["text"])
    np.testing.assert_array_equal(m3net["audio"], mmgcn["audio"])
    np.testing.assert_array_equal(m3net["visual"], mmgcn["visual"])


def test_meld_has_the_csvs_people_texts_and_turns(tmp_path):
    corpus = load_features("meld", "mmgcn", write(tmp_path / "files", contents("meld", "mmgcn")))
    csv = meld.read_meld({split: fetch(pin, False) for split, pin in meld.MELD.items()})
    pd.testing.assert_frame_equal(corpus.table, csv)
    assert corpus.table.dialogue.unique().tolist() == [
        "train-0", "train-1", "train-5", "train-8", "dev-0", "dev-3", "test-0", "test-7"]
    turns = [turn for _, turn, *_ in rows("meld")]              # with their gaps
    assert corpus.table.turn.tolist() == turns
    assert "first appearance in 8 of 8 dialogues" in corpus.provenance
    slots, people = (speaker_ids(corpus, mode) for mode in ("slot", "identity"))
    assert slots.names[0] == "slot 0" and set(people.names) <= set(feature_files.CAST["meld"])
    with pytest.raises(CorpusError, match="no gender"):
        speaker_ids(corpus, "gender")


def test_the_order_of_first_appearance_is_looked_at_not_assumed(tmp_path):
    made = contents("meld", "mmgcn")
    speakers = made["MELD_features_raw1.pkl"]["speakers"]
    speakers[5] = [row[::-1] for row in speakers[5]]
    corpus = load_features("meld", "mmgcn", write(tmp_path / "files", made))
    assert "in 7 of 8 dialogues" in corpus.provenance


def test_iemocap_has_ten_people_and_their_gender(tmp_path):
    folder = write(tmp_path / "files", contents("iemocap", "mmgcn"))
    table = load_features("iemocap", "mmgcn", folder, accept_licence=True).table
    assert set(table.speaker) <= {f"Ses0{s}{g}" for s in range(1, 6) for g in "MF"}
    assert (table.speaker.str[:5] == table.dialogue.str[:5]).all()
    assert (table.gender == table.speaker.str[5].map({"M": "male", "F": "female"})).all()
    said = {(key, text): who for key, _, who, _, text in rows("iemocap")}
    assert all(said[r.dialogue, r.text] == r.speaker[5] for r in table.itertuples())
    assert set(table.dialogue[table.split == "test"]) == set(KEYS["iemocap"]["test"])


def test_iemocaps_dev_is_the_same_for_all_features(tmp_path):
    devs = set()
    for features in FEATURES:
        folder = write(tmp_path / features, contents("iemocap", features))
        table = load_features("iemocap", features, folder, accept_licence=True).table
        devs.add(tuple(table.dialogue[table.split == "dev"].unique()))
    dev, = devs
    assert len(dev) == 12 and not any(name.startswith("Ses05") for name in dev)


@pytest.mark.parametrize("dataset", ["meld", "iemocap"])
def test_generated_files_bring_their_own_people(tmp_path, dataset):
    folder = write(tmp_path / "files", contents(dataset, "cosmic"), identity=identity(dataset))
    corpus = load_features(dataset, "cosmic", folder)               # and ask for no licence
    wanted = {reading.name_of(dataset, key): [f"speaker {n}" for n in who]
              for key, who in identity(dataset).items()}
    assert corpus.table.groupby("dialogue").speaker.agg(list).to_dict() == wanted
    assert corpus.licence == "generated, none"
    assert ("gender" in corpus.table) == (dataset == "iemocap")
    assert corpus.table.text.tolist()[0].startswith("Sentence")


def test_another_file_is_another_corpus(tmp_path):
    made = contents("meld", "mmgcn")
    first = load_features("meld", "mmgcn", write(tmp_path / "files", made))
    made["MELD_features_raw1.pkl"]["audio"][0][0][0] += 1
    second = load_features("meld", "mmgcn", write(tmp_path / "files", made))
    assert first.fingerprint != second.fingerprint and len(corpora_kept()) == 2
