"""Small feature files in the layouts that other papers publish, with made-up conversations."""

from __future__ import annotations

import csv
import pickle

import numpy as np

from mlsan.sources.meld import EMOTIONS

KEYS = {"meld": {"train": [0, 1, 5, 8], "dev": [1039, 1042], "test": [1153, 1160]},
        "iemocap": {"train": [f"Ses0{s}{g}_impro0{n}" for s in (1, 2, 3, 4) for g in "FM" for n in (1, 2, 3)],
                    "test": ["Ses05F_impro01", "Ses05M_script01_1"]}}
SHIFT = {"train": 0, "dev": 1039, "test": 1153}
CAST = {"meld": ["Ross", "Monica", "The Waiter", "Joey"], "iemocap": ["M", "F"]}
EMOTION_COUNT = {"meld": 7, "iemocap": 6}


def conversations(dataset: str) -> dict:
    """key -> (split, [(turn, who, emotion's number, text)]), the same at every call. Turns have gaps."""
    rng, found, said = np.random.default_rng(7), {}, 0
    for split, keys in KEYS[dataset].items():
        for key in keys:
            turns = np.sort(rng.choice(9, rng.integers(3, 6), replace=False)).tolist()
            people = rng.choice(CAST[dataset], len(turns)).tolist()
            labels = [(said + i) % EMOTION_COUNT[dataset] for i in range(len(turns))]       # none is missing
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
    """File name -> its items by name, in their order; for a file that is one dict, that dict as ``_``."""
    meld, talk = dataset == "meld", conversations(dataset)
    keys = KEYS[dataset]
    people = {key: [who for _, who, _, _ in said] for key, (_, said) in talk.items()}
    ids = {key: [f"{key}_{turn}" for turn, *_ in said] for key, (_, said) in talk.items()}
    speakers = {key: one_hot(who) for key, who in people.items()} if meld else people
    labels = {key: [label for _, _, label, _ in said] for key, (_, said) in talk.items()}
    sentences = {key: [text for *_, text in said] for key, (_, said) in talk.items()}
    train, test = keys["train"] + keys.get("dev", []), keys["test"]
    kind = list if meld else set
    tail = {"sentences": sentences, "trainVid": kind(train), "testVid": kind(test)}
    last = {"last": labels} if meld else {}
    sound = vectors(dataset, 300 if meld else 1582, 1, np.float64)
    faces = vectors(dataset, 342, 2)
    roberta = {f"roberta{i}": vectors(dataset, 1024, i) for i in (1, 2, 3, 4)}
    said = {"ids": ids, "speakers": speakers, "labels": labels}
    words = vectors(dataset, 600 if meld else 100, 3)
    raw = {**said, "text": words, "audio": sound, "visual": faces, **tail, **last}
    mmgcn = {"MELD_features_raw1.pkl" if meld else "IEMOCAP_features.pkl": raw}
    dev = keys.get("dev") or keys["train"][:3]
    cosmic = {f"{dataset}_features_roberta.pkl": {
        "speakers": speakers, "labels": labels, **({"sentiments": labels} if meld else {}), **roberta,
        "sentences": sentences, "trainIds": [key for key in train if key not in dev],
        "testIds": test, "validIds": dev}}
    return {
        "mmgcn": mmgcn,
        "multiemo": {"Speakers.pkl": raw, "TextFeatures.pkl": {"_": vectors(dataset, 768, 4)},
                     "AudioFeatures.pkl": {"_": vectors(dataset, 512, 5)},
                     "VisualFeatures.pkl": {"_": vectors(dataset, 1000, 6)}},
        "sdt": {f"{dataset}_multimodal_features.pkl": {**said, **roberta, "audio": sound, "visual": faces,
                                                       **tail, **last}},
        "cosmic": cosmic,
        "m3net": mmgcn | cosmic,
    }[features]


def identity(dataset: str) -> dict:
    """Who speaks, as generated files say it: a number for a person, told apart across dialogues."""
    people = CAST[dataset] if dataset == "meld" else [f"Ses0{s}{g}" for s in range(1, 6) for g in "MF"]
    return {key: [people.index(who if dataset == "meld" else key[:5] + who) for _, who, _, _ in said]
            for key, (_, said) in conversations(dataset).items()}


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
    folder.mkdir(parents=True, exist_ok=True)
    paths = {split: folder / f"{split}_sent_emo.csv" for split in SHIFT}
    for split, path in paths.items():
        with open(path, "w", encoding="utf-8", newline="") as file:
            out = csv.writer(file)
            out.writerow(["Sr No.", "Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID"])
            for key in KEYS["meld"][split]:
                for turn, who, label, text in conversations("meld")[key][1]:
                    out.writerow([1, text, who, EMOTIONS[label], key - SHIFT[split], turn])
    return paths
