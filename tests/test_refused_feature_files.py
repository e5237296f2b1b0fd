"""Feature files unlike the published ones: file, place and fault are named, and nothing is kept."""

import copy
import pickle
from pathlib import Path

import numpy as np
import pytest
from feature_files import contents, corpora_kept, write

from mlsan.data.validation import CorpusError
from mlsan.sources.feature_files.corpora import load_features

pytestmark = pytest.mark.usefixtures("meld_mirror")


def assert_refused(words, dataset, features, folder):
    """The message has all these words, and no corpus is left."""
    with pytest.raises(CorpusError) as error:
        load_features(dataset, features, folder, accept_licence=True)
    for word in words:
        assert word in str(error.value)
    assert corpora_kept() == []


def changed(by, *path):
    """A fault: in a file's items, what stands at this path of keys becomes ``by`` of it."""
    def apply(items):
        *way, last = path
        for key in way:
            items = items[key]
        items[last] = by(items[last])

    return apply


def put(value, *path):
    return changed(lambda _: value, *path)


def gone(item, dialogue):
    def without(values):
        return {key: value for key, value in values.items() if key != dialogue}

    return changed(without, item)


def without_last(items):
    del items["last"]


def lists_swapped(items):
    items["trainVid"], items["testVid"] = items["testVid"], items["trainVid"]


MELD_FAULTS = {
    "arity": (without_last, ["a tuple of 9", "IEMOCAP_features.pkl", "a tuple of 10"]),
    "no dict": (put([1, 2], "labels"), ["labels is a list"]),
    "dims": (changed(lambda said: [x[:100] for x in said], "text", 5),
             ["text of dialogue 5, utterance 0", "100 numbers", "600"]),
    "ragged": (changed(lambda x: x[:-1], "audio", 1, 1),
               ["audio of dialogue 1, utterance 1", "299", "300"]),
    "no number": (put(["a"] * 342, "visual", 1, 0),
                  ["visual of dialogue 1, utterance 0", "not a vector of 342 numbers"]),
    "NaN": (changed(lambda x: x * np.nan, "visual", 1, 0),
            ["visual of dialogue 1, utterance 0", "not finite"]),
    "too large": (put(np.full(300, 1e300), "audio", 1, 0), ["audio of dialogue 1", "not finite"]),
    "missing": (gone("visual", 8), ["visual lacks dialogue 8"]),
    "a missing label": (gone("labels", 8), ["labels lacks dialogue 8"]),
    "one too few": (changed(lambda said: said[:-1], "visual", 8),
                    ["visual of dialogue 8", "utterances"]),
    "no utterances": (put([], "labels", 8), ["labels of dialogue 8", "not a list"]),
    "no list": (put("joy", "labels", 8), ["labels of dialogue 8", "'joy'"]),
    "label range": (put(7, "labels", 0, 1),
                    ["labels of dialogue 0, utterance 1", "0 to 6, has 7"]),
    "label type": (put("3", "labels", 0, 1), ["labels of dialogue 0, utterance 1", "'3'"]),
    "label bool": (put(True, "labels", 0, 1), ["labels of dialogue 0, utterance 1", "True"]),
    "label moved": (changed(lambda label: (label + 1) % 7, "labels", 0, 1),
                    ["labels of train-0", "MELD's csv has"]),
    "two speakers": (put([1, 1] + [0] * 7, "speakers", 0, 1),
                     ["speakers of dialogue 0, utterance 1"]),
    "nobody": (put([0] * 9, "speakers", 0, 1), ["speakers of dialogue 0, utterance 1"]),
    "a letter": (put("M", "speakers", 0, 1), ["speakers of dialogue 0, utterance 1", "'M'"]),
    "sentences": (put(3, "sentences", 0, 1), ["sentences of dialogue 0, utterance 1", "text"]),
    "swapped lists": (lists_swapped, ["trainVid has dialogue 1153", "one of test"]),
    "listed twice": (changed(lambda keys: keys + keys[:1], "trainVid"),
                     ["trainVid has dialogue 0", "already"]),
    "not listed": (changed(lambda keys: keys[1:], "trainVid"), ["dialogue 0", "no list"]),
    "another set's key": (put("Ses01F_impro01", "trainVid", 0),
                          ["'Ses01F_impro01'", "0 to 1432"]),
    "number range": (put(1433, "testVid", 0), ["1433", "no dialogue of MELD's"]),
    "no such list": (put(3, "testVid"), ["testVid is a int"]),
}


@pytest.mark.parametrize("fault", MELD_FAULTS)
def test_a_file_of_meld_with_a_fault(tmp_path, fault):
    spoil, words = MELD_FAULTS[fault]
    made = copy.deepcopy(contents("meld", "mmgcn"))
    spoil(made["MELD_features_raw1.pkl"])
    folder = write(tmp_path / "files", made)
    path = str(folder / "MELD_features_raw1.pkl")
    assert_refused([path, *words, "take the file anew"], "meld", "mmgcn", folder)


@pytest.mark.parametrize("spoil, words", [
    (put("X", "speakers", "Ses01F_impro01", 0),
     ["'Ses01F_impro01', utterance 0", "'M' or 'F'"]),
    (put(6, "labels", "Ses01F_impro01", 0), ["utterance 0", "0 to 5, has 6"]),
    (changed(lambda keys: keys | {"Ses04F_impro01"}, "testVid"),
     ["testVid has dialogue 'Ses04F_impro01'"]),
    (put({0}, "testVid"), ["testVid has 0", "no dialogue of IEMOCAP's"]),
    (changed(lambda keys: set(sorted(keys)[:12]), "trainVid"),
     ["12 dialogues of Sessions 1 to 4"]),
])
def test_a_file_of_iemocap_with_a_fault(tmp_path, spoil, words):
    made = copy.deepcopy(contents("iemocap", "mmgcn"))
    spoil(made["IEMOCAP_features.pkl"])
    folder = write(tmp_path / "files", made)
    assert_refused(["IEMOCAP_features.pkl", *words], "iemocap", "mmgcn", folder)


def test_dialogues_must_be_melds(tmp_path):
    made = copy.deepcopy(contents("meld", "mmgcn"))
    items = made["MELD_features_raw1.pkl"]
    by_dialogue = [value for value in items.values() if isinstance(value, dict)]
    items["testVid"] = items["testVid"][:1]
    for value in by_dialogue:
        value.pop(1160, None)
    folder = write(tmp_path / "files", made)
    assert_refused(["no dialogue for test-7 of MELD's csv"], "meld", "mmgcn", folder)
    for value in by_dialogue:
        value[1153] = value[1153][:1]
    write(folder, made)
    assert_refused(["dialogue 1153 has 1 utterances, test-0 in MELD's csv has"],
                   "meld", "mmgcn", folder)


@pytest.mark.parametrize("name, swapped, words", [
    ("TextFeatures.pkl", ("iemocap", "TextFeatures.pkl"), ["text lacks dialogue 0"]),
    ("TextFeatures.pkl", ("meld", "AudioFeatures.pkl"),
     ["text of dialogue 0, utterance 0", "512", "768"]),
    ("Speakers.pkl", ("meld", "TextFeatures.pkl"), ["a dict", "a tuple of 10"]),
    ("TextFeatures.pkl", ("meld", "Speakers.pkl"), ["a tuple of 10", "is one dict"]),
    ("Speakers.pkl", ("iemocap", "Speakers.pkl"), ["a tuple of 9", "a tuple of 10"]),
])
def test_files_of_several_sets_do_not_mix(tmp_path, name, swapped, words):
    made, (dataset, other) = contents("meld", "multiemo"), swapped
    made[name] = contents(dataset, "multiemo")[other]
    assert_refused([name, *words], "meld", "multiemo", write(tmp_path / "files", made))


def test_files_that_disagree_are_not_joined(tmp_path):
    made = contents("iemocap", "m3net")
    labels = copy.deepcopy(made["IEMOCAP_features.pkl"]["labels"])
    labels["Ses05F_impro01"][0] += 1
    made["iemocap_features_roberta.pkl"]["labels"] = labels
    words = ["roberta.pkl: the labels of dialogue 'Ses05F_impro01'", "IEMOCAP_feat"]
    assert_refused(words, "iemocap", "m3net", write(tmp_path / "files", made))


@pytest.mark.parametrize("people, words", [
    ([1, 2], ["identity.pkl", "not a dict"]),
    ({0: [0]}, ["identity of dialogue 0"]),
    ({}, ["identity lacks dialogue 0"])])
def test_generated_files_must_say_who_speaks(tmp_path, people, words):
    folder = write(tmp_path / "files", contents("meld", "mmgcn"), identity=people)
    assert_refused(words, "meld", "mmgcn", folder)


@pytest.mark.parametrize("content", [
    b"", b"not a pickle", b"version https://git-lfs.github.com/spec/v1\n",
    pickle.dumps(Path("a"))])
def test_what_is_no_pickle_of_data(tmp_path, content):
    folder = write(tmp_path / "files", contents("meld", "sdt"))
    (folder / "meld_multimodal_features.pkl").write_bytes(content)
    assert_refused(["meld_multimodal_features.pkl"], "meld", "sdt", folder)


def test_a_missing_file_is_named(tmp_path):
    folder = write(tmp_path / "files", contents("meld", "multiemo"))
    (folder / "AudioFeatures.pkl").unlink()
    assert_refused(["files/AudioFeatures.pkl: not found", "TextFeatures.pkl and Audio"],
                   "meld", "multiemo", folder)


def test_features_that_nobody_published_are_named(tmp_path):
    assert_refused(["'vgg' of 'meld'", "mmgcn, multiemo, sdt"], "meld", "vgg", tmp_path)
