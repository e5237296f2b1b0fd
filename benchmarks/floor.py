"""The floor: how fast a step could be if this machine did nothing but multiply, or copy.

A step's multiply-adds over the rate at which one thread multiplies matrices of the same sizes; and
the bytes that have to move in any case over the rate at which it copies. No loop is faster than
either, so the floor is the slower of the two.
"""

from __future__ import annotations

import time

import torch
from loops import corpus_of, untrained
from made import Shape
from torch.utils.flop_counter import FlopCounterMode

from mlsan import training

BATCHES = 6


def best(work, repeat: int = 60) -> float:
    """Seconds of the quickest of many."""
    passed = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        passed.append(time.perf_counter() - start)
    return min(passed)


def rates(rows: int, hidden: int) -> dict:
    """``flop_per_s`` of an encoder's product (rows, 1000) @ (1000, hidden), a multiply-add being
    two, and ``bytes_per_s`` of a copy, read and written, too large for a cache."""
    x, weight = torch.randn(rows, 1000), torch.randn(1000, hidden)
    big = torch.randn(16_000_000)
    to = torch.empty_like(big)
    return {"flop_per_s": 2 * rows * 1000 * hidden / best(lambda: torch.mm(x, weight), 200),
            "bytes_per_s": 2 * 4 * len(big) / best(lambda: to.copy_(big), 10)}


def counted(model, tensors, dialogues, settings) -> dict:
    """Floating-point operations of an utterance, forward and back, and forward alone.

    The counter sees every product that is dispatched, so those within our own autograd functions
    too; ``by_formula`` is there to hold it to.
    """
    steps = torch.randperm(len(dialogues)).split(settings.batch_size)[:BATCHES]
    train = forward = utterances = 0
    for chosen in steps:
        batch = tensors.batch(dialogues[chosen.numpy()])
        utterances += int(batch.mask.sum())
        model.train()
        with FlopCounterMode(display=False) as counter:
            training.loss(model, batch, settings).backward()
        train += counter.get_total_flops()
        model.eval()
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            model(batch)
        forward += counter.get_total_flops()
    return {"train_flop": train / utterances, "eval_flop": forward / utterances,
            "utterances_a_step": utterances / len(steps)}


def by_formula(config: training.Config) -> float:
    """Floating-point operations of an utterance, forward and back, by hand.

    Of each product (a, b) @ (b, c) there are three: itself, and the gradients of its two factors,
    the features' own gradient only where a calibration stands before the encoder. Stage 3 encodes
    the calibrated modalities once more, as nobody's. FiLM's own layers, one product for a speaker
    and not for an utterance, and the gates are too small to count.
    """
    hidden, each = config.hidden, config.hidden // 2
    calibrated = sum(d for m, d in config.dims.items() if m != "text")
    encoders = hidden * (2 * config.dims["text"] + 2 * 3 * calibrated)
    recurrence = 3 * 2 * 3 * each * (hidden + each)
    heads = 3 * hidden * (config.emotions + config.speakers)
    return 2 * (encoders + recurrence + heads)


def floor(shape: Shape, recipe: dict) -> dict:
    """Both rates, what is counted, and utterances a second at the floor, train and eval.

    Bytes that have to move: the features once; in a step each parameter, its gradient and two
    moments read, all but the gradient written again.
    """
    corpus = corpus_of(shape)
    model, speakers, settings = untrained(corpus, recipe)
    found = counted(model, corpus.tensors(speakers.ids), corpus.dialogues("train"), settings)
    found |= rates(round(found["utterances_a_step"]), model.config.hidden)
    parameters = sum(p.numel() for p in model.parameters())
    features = 4 * sum(corpus.dims.values())
    train_bytes = features + 7 * 4 * parameters / found["utterances_a_step"]
    for what, moved in (("train", train_bytes), ("eval", features)):
        found[f"{what}_bytes"] = moved
        found[f"{what}_per_s"] = min(found["flop_per_s"] / found[f"{what}_flop"],
                                     found["bytes_per_s"] / moved)
    return found | {"train_flop_by_formula": by_formula(model.config), "parameters": parameters}
