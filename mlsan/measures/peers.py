"""What other papers report on MELD's and IEMOCAP's test splits, each figure with its source.

Weighted and per-class F1 in points, as the papers print them. ``chosen`` tells on which split the
reported epoch was chosen: "test" where the authors' published code does so, "?" where nothing says.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

# The official test splits: a score on other utterances is no score to stand beside these.
TEST_UTTERANCES = {"meld": 2610, "iemocap": 1623}
PAPER = "ML-SAN"


@dataclass(frozen=True)
class Peer:
    """``key`` is the entry of the bibliography, ``source`` its arXiv number or DOI."""

    model: str
    year: int
    meld: float | None
    iemocap: float | None
    key: str
    source: str
    modalities: str = "T A V"
    chosen: str = "?"
    note: str = ""
    per_class: dict[str, dict[str, float]] = field(default_factory=dict)


def _classes(emotions: str, *f1: float) -> dict[str, float]:
    return dict(zip(emotions.split(), f1, strict=True))


_MELD = "neutral surprise fear sadness joy disgust anger"
_IEMOCAP = "happy sad neutral angry excited frustrated"

PEERS = (
    Peer("DialogueRNN", 2019, None, 62.75, modalities="T", chosen="test",
         key="majumder2019dialoguernn", source="arXiv:1811.00405"),
    Peer("MMGCN", 2021, 58.65, 66.22, chosen="test",
         key="hu2021mmgcn", source="doi:10.18653/v1/2021.acl-long.440"),
    Peer("EmoBERTa-large", 2021, 65.61, 67.42, modalities="T", note="mean of 5 seeds",
         key="kim2021emoberta", source="arXiv:2108.12009"),
    Peer("M2FNet", 2022, 66.71, 69.89,
         key="chudasama2022m2fnet", source="arXiv:2206.02187"),
    Peer("SDT", 2023, 66.60, 74.08, chosen="test",
         key="ma2024sdt", source="arXiv:2310.20494"),
    Peer("FacialMMT", 2023, 66.58, None,
         key="zheng2023facialmmt", source="doi:10.18653/v1/2023.acl-long.861"),
    Peer("MultiEMO", 2023, 66.74, 72.84, chosen="test",
         key="shi2023multiemo", source="doi:10.18653/v1/2023.acl-long.824",
         per_class={"meld": _classes(_MELD, 79.95, 60.98, 29.67, 41.51, 62.82, 36.75, 54.41),
                    "iemocap": _classes(_IEMOCAP, 65.77, 85.49, 67.08, 69.88, 77.31, 70.98)}),
    Peer("MultiEMO, re-run", 2026, 66.34, 72.02, note="by ML-SAN's authors",
         key="wang2026mlsan", source="arXiv:2604.25383"),
    Peer("TelME", 2024, 67.37, 70.48,
         key="yun2024telme", source="arXiv:2401.12987"),
    Peer("DialogueMMT", 2025, 70.66, 72.71, modalities="T V",
         key="he2025dialoguemmt", source="aclanthology:2025.coling-main.170"),
    Peer("BIG-FUSION", 2025, 67.17, 72.91,
         key="wang2025bigfusion", source="doi:10.1609/aaai.v39i2.32149"),
    Peer("Xiao et al.", 2026, 67.75, 72.44,
         key="xiao2026multispeaker", source="aclanthology:2026.findings-eacl.212"),
    Peer("MiSTER-E", 2026, 69.5, 70.9, modalities="T A", note="told no speaker",
         key="dutta2026mistere", source="arXiv:2602.23300"),
    Peer("RGL", 2026, 67.43, 73.68,
         key="oh2026rationale", source="arXiv:2608.10448"),
    Peer(PAPER, 2026, 67.73, 73.28, note="the paper of this book",
         key="wang2026mlsan", source="arXiv:2604.25383"),
)


def published(dataset: str) -> pd.DataFrame:
    """The rows of one data set ("meld", "iemocap"), by year, the paper's own last.

    Columns: ``model``, ``year``, ``modalities``, ``weighted_f1``, one per emotion where any paper
    has them, ``chosen``, ``note``, ``key``, ``source``.
    """
    peers = [p for p in PEERS if getattr(p, dataset) is not None]
    return pd.DataFrame([
        {"model": p.model, "year": p.year, "modalities": p.modalities,
         "weighted_f1": getattr(p, dataset), **p.per_class.get(dataset, {}),
         "chosen": p.chosen, "note": p.note, "key": p.key, "source": p.source}
        for p in sorted(peers, key=lambda p: (p.model == PAPER, p.year))])
