"""What is timed by the clock, because a reader waits for it: an ablation, a first map."""

from __future__ import annotations

import time

import numpy as np


def first_map(rows: int) -> dict:
    """``seconds`` of UMAP's first fit in this process, on ``rows`` utterances of 64 numbers."""
    from mlsan.measures.maps import umap
    x = np.random.default_rng(0).standard_normal((rows, 64), dtype=np.float32)
    start = time.perf_counter()
    umap(x)
    return {"seconds": time.perf_counter() - start}


def ablation(seeds: int, context: bool) -> dict:
    """``seconds`` of all eight combinations on ``simulated``, a process for each core."""
    from mlsan.studies.ablation import ablate
    start = time.perf_counter()
    ablate("simulated", seeds, context=context)
    return {"seconds": time.perf_counter() - start}
