"""Small feature files in the layouts that other papers publish, with made-up conversations."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from meld_files import write_csv

from mlsan.sources import meld
from mlsan.sources.download import Pin, data_dir, git_blob_id
from mlsan.sources.feature_files import layouts

COMMIT = "0" * 40
KEYS = {"meld": {"train": [0, 1, 5, 8], "dev": [1039, 1042], "test": [1153, 1160]},
        "iemocap": {"train": [f"Ses0{session}{gender}_impro0{n}"
                              for session in (1, 2, 3, 4) for gender in "FM" for n in (1, 2, 3)],
                    "test": ["Ses05F_impro01", "Ses05M_script01_1"]}}
SHIFT = {"train": 0, "dev": 1039, "test": 1153}         # from the csv's numbers to the files' own
CAST = {"meld": ["Ross", "Monica", "The Waiter", "Joey"], "iemocap": ["M", "F"]}
EMOTION_COUNT = {"meld": 7, "iemocap": 6}


def conversations(dataset: str) -> dict:
    """key -> (split, [(turn, who, emotion's number, text)]), the same at every call.

    Turns have gaps; no emotion is missing.
    """
    rng, found, said = np.random.default_rng(7), {}, 0
    for split, keys in KEYS[dataset].items():
        for key in keys:
            turns = np.sort(rng.choice(9, rng.integers(3, 6), replace=False)).tolist()
            people = rng.choice(CAST[dataset], len(turns)).tolist()
            labels = [(said + i) % EMOTION_COUNT[dataset] for i in range(len(turns))]
            found[key] = split, [(turn, who, label, f"Sentence {turn} of {key}.")
                                 for turn, who, label in zip(turns, people, labels, strict=True)]
            said += len(turns)
    return found


def one_hot(people: list[str]) -> list[list[int]]:
    order = list(dict.fromkeys(people))
    return [[int(order.index(who) == slot) for slot in range(9)] for who in people]


def vectors(dataset: str, dim: int, seed: int, kind=np.float32) -> dict:
    rng = np.random.default_rng([dim, seed])
    return {key: [rng.normal(size=dim).astype(kind) for _ in said]
            for key, (_, said) in conversations(dataset).items()}


def contents(dataset: str, features: str) -> dict[str, dict]:
    """File name -> its items by name, in their order; a file that is one dict has it as ``_``."""
    of_meld, talk, keys = dataset == "meld", conversations(dataset), KEYS[dataset]
    people = {key: [who for _, who, _, _ in said] for key, (_, said) in talk.items()}
    ids = {key: [f"{key}_{turn}" for turn, *_ in said] for key, (_, said) in talk.items()}
    speakers = {key: one_hot(who) for key, who in people.items()} if of_meld else people
    labels = {key: [label for _, _, label, _ in said] for key, (_, said) in talk.items()}
    sentences = {key: [text for *_, text in said] for key, (_, said) in talk.items()}
    train, test = keys["train"] + keys.get("dev", []), keys["test"]
    dev = keys.get("dev") or keys["train"][:3]

    said = {"ids": ids, "speakers": speakers, "labels": labels}
    heard_and_seen = {"audio": vectors(dataset, 300 if of_meld else 1582, 1, np.float64),
                      "visual": vectors(dataset, 342, 2)}
    roberta = {f"roberta{i}": vectors(dataset, 1024, i) for i in (1, 2, 3, 4)}
    kind = list if of_meld else set
    tail = {"sentences": sentences, "trainVid": kind(train), "testVid": kind(test)}
    tail |= {"last": labels} if of_meld else {}

    words = vectors(dataset, 600 if of_meld else 100, 3)
    mmgcn = {**said, "text": words, **heard_and_seen, **tail}
    sdt = {**said, **roberta, **heard_and_seen, **tail}
    sentiments = {"sentiments": labels} if of_meld else {}
    cosmic = {"speakers": speakers, "labels": labels, **sentiments, **roberta,
              "sentences": sentences, "trainIds": [key for key in train if key not in dev],
              "testIds": test, "validIds": dev}
    of_mmgcn = {"MELD_features_raw1.pkl" if of_meld else "IEMOCAP_features.pkl": mmgcn}
    of_cosmic = {f"{dataset}_features_roberta.pkl": cosmic}
    return {
        "mmgcn": of_mmgcn,
        "multiemo": {"Speakers.pkl": mmgcn,
                     "TextFeatures.pkl": {"_": vectors(dataset, 768, 4)},
                     "AudioFeatures.pkl": {"_": vectors(dataset, 512, 5)},
                     "VisualFeatures.pkl": {"_": vectors(dataset, 1000, 6)}},
        "sdt": {f"{dataset}_multimodal_features.pkl": sdt},
        "cosmic": of_cosmic,
        "m3net": of_mmgcn | of_cosmic,
    }[features]


def identity(dataset: str) -> dict:
    """Who speaks, as generated files say it: a number for a person, told apart across dialogues."""
    talk = conversations(dataset).items()
    if dataset == "meld":
        return {key: [CAST["meld"].index(who) for _, who, *_ in said] for key, (_, said) in talk}
    people = [f"Ses0{session}{gender}" for session in range(1, 6) for gender in "MF"]
    return {key: [people.index(key[:5] + who) for _, who, *_ in said] for key, (_, said) in talk}


def write(folder, files: dict[str, dict], protocol: int = 2, **more):
    """``more``: names without .pkl, and what to pickle as they are, such as ``identity``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, items in files.items():
        content = items["_"] if "_" in items else tuple(items.values())
        (folder / name).write_bytes(pickle.dumps(content, protocol))
    for name, content in more.items():
        (folder / f"{name}.pkl").write_bytes(pickle.dumps(content, protocol))
    return folder


def write_meld_csv(folder) -> dict:
    """MELD's csv files of the same conversations, split -> path."""
    talk = conversations("meld")
    paths = {}
    for split, shift in SHIFT.items():
        rows = [{"Sr No.": 1, "Utterance": text, "Speaker": who, "Emotion": meld.EMOTIONS[label],
                 "Dialogue_ID": key - shift, "Utterance_ID": turn}
                for key in KEYS["meld"][split] for turn, who, label, text in talk[key][1]]
        paths[split] = write_csv(folder / f"{split}_sent_emo.csv", rows)
    return paths


@pytest.fixture
def meld_mirror(tmp_path, monkeypatch):
    """An empty data folder, and a mirror with MELD's csv of the small conversations."""
    monkeypatch.setenv("MLSAN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MLSAN_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.setattr("mlsan.sources.download.PUBLIC", "http://127.0.0.1:9")
    paths = write_meld_csv(tmp_path / "mirror/o/meld" / COMMIT)
    pins = {split: Pin("o/meld", COMMIT, path.name, git_blob_id(path))
            for split, path in paths.items()}
    monkeypatch.setattr(meld, "MELD", pins)
    return tmp_path / "mirror"


@pytest.fixture
def pinned(meld_mirror, monkeypatch):
    """Lay a data set's files into the mirror and pin them in place of the published ones."""
    def lay(dataset, features):
        folder = write(meld_mirror / "o/features" / COMMIT / dataset, contents(dataset, features))
        files = []
        for file in layouts.LAYOUTS[dataset, features]:
            blob = git_blob_id(folder / file.name)
            pin = Pin("o/features", COMMIT, f"{dataset}/{file.name}", blob)
            files.append(replace(file, pin=pin))
        monkeypatch.setitem(layouts.LAYOUTS, (dataset, features), tuple(files))
        return folder

    return lay


def corpora_kept():
    return sorted(p.name for p in (data_dir() / "corpora").glob("*") if p.is_dir())
