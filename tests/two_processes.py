"""What ``torchrun`` starts in ``test_ranks.py``: ``two_processes.py gradients|train ARGUMENTS``."""

from __future__ import annotations

import json
import os
import signal
import sys
from copy import deepcopy
from pathlib import Path

import torch
from test_finetune import toy, tuning
from transformers import AutoTokenizer

from mlsan import finetune as module
from mlsan.finetune import Reader, backward, finetune, written
from mlsan.ranks import Ranks, together
from mlsan.sources.pretrained import load_encoder
from mlsan.training import save_checkpoint


def gradients(encoder: str, sizes: list[int], out: str) -> None:
    """Of batches of these sizes: the largest difference of any gradient from those of one process,
    the largest gradient, and the two losses."""
    corpus, cpu = toy(late=0, dialogues=40), torch.device("cpu")
    wanted = tuning(encoder)
    tokenizer, read, _ = load_encoder(encoder)
    torch.manual_seed(0)
    model, found = Reader(read, len(corpus.emotions), dropout=0.0), []
    alone = deepcopy(model)
    inputs = written(corpus, AutoTokenizer.from_pretrained(encoder), wanted)
    with together(cpu) as (ranks, _):
        shared = ranks.wrapped(model)
        for size in sizes:
            rows = corpus.labelled_rows("train")[:size]
            losses = [backward(m, corpus, inputs, tokenizer, rows, cpu, who).item()
                      for m, who in ((shared, ranks), (alone, Ranks()))]
            pairs = [(mine.grad, its.grad) for mine, its in
                     zip(model.parameters(), alone.parameters(), strict=True)]
            assert all((mine is None) == (its is None) for mine, its in pairs)
            pairs = [pair for pair in pairs if pair[0] is not None]
            found.append({"apart": max((mine - its).abs().max().item() for mine, its in pairs),
                          "largest": max(its.abs().max().item() for _, its in pairs),
                          "losses": losses})
            model.zero_grad()
            alone.zero_grad()
        if ranks.first:
            Path(out).write_text(json.dumps(found))


def train(*runs: dict) -> None:
    for run in runs:
        fine_tuned(**run)


def fine_tuned(folder: str, resume=False, dies_after: int | None = None, **changes) -> None:
    """``dies_after`` so many checkpoints the first process is killed."""
    module.CHECKPOINT_SECONDS, saved = 0, []

    def saves(*args):
        save_checkpoint(*args)
        saved.append(1)
        if len(saved) == dies_after:
            os.kill(os.getpid(), signal.SIGKILL)

    module.save_checkpoint = saves
    finetune(toy(late=0, dialogues=42), tuning(**changes), Path(folder), device="cpu",
             resume=resume, progress=False)


if __name__ == "__main__":
    {"gradients": gradients, "train": train}[sys.argv[1]](*json.loads(sys.argv[2]))
