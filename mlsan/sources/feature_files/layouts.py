"""The feature files that others published for MELD and IEMOCAP: names, items, sizes, addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mlsan.sources.download import Pin


@dataclass(frozen=True)
class File:
    """What is in a file, and where it is published.

    Attributes:
        items: names what is in its tuple; empty where the file is one dict.
        takes: the items that are converted -> the lengths of their vectors.
        pin: None where nobody publishes the file under an address that stays.
    """

    name: str
    items: tuple[str, ...]
    takes: Mapping[str, int]
    pin: Pin | None = None


def _multiemo(path: str, blob: str) -> Pin:
    return Pin("TaoShi1998/MultiEMO-ACL2023", "e96458b870a338890aba4c0549381dec610a7f10",
               path, blob)


def _mmgcn(path: str, blob: str) -> Pin:
    return Pin("hujingwen6666/MMGCN", "85732d984f70c1c84dd47c81aa97f1271397b899",
               path, blob)


_ROBERTA = ("roberta1", "roberta2", "roberta3", "roberta4")
_LISTS = ("sentences", "trainVid", "testVid")
_MMGCN = ("ids", "speakers", "labels", "text", "audio", "visual", *_LISTS)
_SDT = ("ids", "speakers", "labels", *_ROBERTA, "audio", "visual", *_LISTS)
_COSMIC = (*_ROBERTA, "sentences", "trainIds", "testIds", "validIds")
# MultiEMO's Speakers.pkl of MELD is MMGCN's file under another name.
_SPEAKERS = "55873a76e17fa3e054bcc5afc534cd1dde2eb2d8"
_MELD_RAW = _mmgcn("MELD_features/MELD_features_raw1.pkl", _SPEAKERS)
_IEMOCAP_RAW = _mmgcn("IEMOCAP_features/IEMOCAP_features.pkl",
                      "889532cad757903e78b3f87445306592eb8e2070")

MELD = {
    "mmgcn": (File("MELD_features_raw1.pkl", (*_MMGCN, "last"),
                   {"text": 600, "audio": 300, "visual": 342}, _MELD_RAW),),
    "multiemo": (
        File("Speakers.pkl", (*_MMGCN, "last"), {}, _multiemo("Data/MELD/Speakers.pkl", _SPEAKERS)),
        File("TextFeatures.pkl", (), {"text": 768},
             _multiemo("Data/MELD/TextFeatures.pkl",
                       "a0763059fcc8be7ba8236ef38236b099e5d072a1")),
        File("AudioFeatures.pkl", (), {"audio": 512},
             _multiemo("Data/MELD/AudioFeatures.pkl",
                       "d00862d3f7cf2168898c61f8df29ce352ad97256")),
        File("VisualFeatures.pkl", (), {"visual": 1000},
             _multiemo("Data/MELD/VisualFeatures.pkl",
                       "278dab61854faf0376ea1c45b95c0193c70163c6"))),
    "sdt": (File("meld_multimodal_features.pkl", (*_SDT, "last"),
                 dict.fromkeys(_ROBERTA, 1024) | {"audio": 300, "visual": 342}),),
    "cosmic": (File("meld_features_roberta.pkl", ("speakers", "labels", "sentiments", *_COSMIC),
                    dict.fromkeys(_ROBERTA, 1024)),),
}
# M3NET's own loader takes speakers, labels, audio and visual from MMGCN's file, text from COSMIC's.
MELD["m3net"] = (File("MELD_features_raw1.pkl", (*_MMGCN, "last"),
                      {"audio": 300, "visual": 342}, _MELD_RAW),
                 *MELD["cosmic"])

IEMOCAP = {
    "mmgcn": (File("IEMOCAP_features.pkl", _MMGCN,
                   {"text": 100, "audio": 1582, "visual": 342}, _IEMOCAP_RAW),),
    "multiemo": (
        File("Speakers.pkl", _MMGCN, {},
             _multiemo("Data/IEMOCAP/Speakers.pkl",
                       "a21501009647eb0774a638ccd123aba6668768cc")),
        File("TextFeatures.pkl", (), {"text": 768},
             _multiemo("Data/IEMOCAP/TextFeatures.pkl",
                       "dae1ed5cc0241c3f01308107a7ac94d749077f9b")),
        File("AudioFeatures.pkl", (), {"audio": 512},
             _multiemo("Data/IEMOCAP/AudioFeatures.pkl",
                       "3940cd53ec7478925284fe7644234b33bab41ea9")),
        File("VisualFeatures.pkl", (), {"visual": 1000},
             _multiemo("Data/IEMOCAP/VisualFeatures.pkl",
                       "129a9c9428088d62fc625e8538a96ce43e2acd3c"))),
    "sdt": (File("iemocap_multimodal_features.pkl", _SDT,
                 dict.fromkeys(_ROBERTA, 1024) | {"audio": 1582, "visual": 342}),),
    "cosmic": (File("iemocap_features_roberta.pkl", ("speakers", "labels", *_COSMIC),
                    dict.fromkeys(_ROBERTA, 1024)),),
}
IEMOCAP["m3net"] = (File("IEMOCAP_features.pkl", _MMGCN,
                         {"audio": 1582, "visual": 342}, _IEMOCAP_RAW),
                    *IEMOCAP["cosmic"])

LAYOUTS: dict[tuple[str, str], tuple[File, ...]] = {
    (dataset, features): files for dataset, layouts in (("meld", MELD), ("iemocap", IEMOCAP))
    for features, files in layouts.items()}
