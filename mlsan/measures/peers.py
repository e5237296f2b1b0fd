"""What other papers report on MELD's and IEMOCAP's test splits, each figure with its source.

Weighted and per-class F1 in points, as the papers print them. ``chosen`` tells on which split the
reported epoch was chosen, "test" where the authors' published code does so; "?" where nothing says it.
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
    Peer("DialogueRNN", 2019, None, 62.75, "majumder2019dialoguernn", "arXiv:1811.00405", "T", "test"),
    Peer("MMGCN", 2021, 58.65, 66.22, "hu2021mmgcn", "doi:10.18653/v1/2021.acl-long.440", chosen="test"),
    Peer("EmoBERTa-large", 2021, 65.61, 67.42, "kim2021emoberta", "arXiv:2108.12009", "T",
         note="mean of 5 seeds"),
    Peer("M2FNet", 2022, 66.71, 69.89, "chudasama2022m2fnet", "arXiv:2206.02187"),
    Peer("SDT", 2023, 66.60, 74.08, "ma2024sdt", "arXiv:2310.20494", chosen="test"),
    Peer("FacialMMT", 2023, 66.58, None, "zheng2023facialmmt", "doi:10.18653/v1/2023.acl-long.861"),
    Peer("MultiEMO", 2023, 66.74, 72.84, "shi2023multiemo", "doi:10.18653/v1/2023.acl-long.824", chosen="test",
         per_class={"meld": _classes(_MELD, 79.95, 60.98, 29.67, 41.51, 62.82, 36.75, 54.41),
                    "iemocap": _classes(_IEMOCAP, 65.77, 85.49, 67.08, 69.88, 77.31, 70.98)}),
    Peer("MultiEMO, re-run", 2026, 66.34, 72.02, "wang2026mlsan", "arXiv:2604.25383",
         note="by ML-SAN's authors"),
    Peer("TelME", 2024, 67.37, 70.48, "yun2024telme", "arXiv:2401.12987"),
    Peer("DialogueMMT", 2025, 70.66, 72.71, "he2025dialoguemmt", "aclanthology:2025.coling-main.170", "T V"),
    Peer("BIG-FUSION", 2025, 67.17, 72.91, "wang2025bigfusion", "doi:10.1609/aaai.v39i2.32149"),
    Peer("Xiao et al.", 2026, 67.75, 72.44, "xiao2026multispeaker", "aclanthology:2026.findings-eacl.212"),
    Peer("MiSTER-E", 2026, 69.5, 70.9, "dutta2026mistere", "arXiv:2602.23300", "T A",
         note="told no speaker"),
    Peer("RGL", 2026, 67.43, 73.68, "oh2026rationale", "arXiv:2608.10448"),
    Peer(PAPER, 2026, 67.73, 73.28, "wang2026mlsan", "arXiv:2604.25383", note="the paper of this book"),
)


def published(dataset: str) -> pd.DataFrame:
    """The rows of one data set ("meld", "iemocap"), by year, the paper's own last.

    Columns: ``model``, ``year``, ``modalities``, ``weighted_f1``, one per emotion where any paper has
    them, ``chosen``, ``note``, ``key``, ``source``.
    """
    return pd.DataFrame([
        {"model": p.model, "year": p.year, "modalities": p.modalities, "weighted_f1": getattr(p, dataset),
         **p.per_class.get(dataset, {}), "chosen": p.chosen, "note": p.note, "key": p.key, "source": p.source}
        for p in sorted(PEERS, key=lambda p: (p.model == PAPER, p.year)) if getattr(p, dataset) is not None])
