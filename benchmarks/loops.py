"""Utterances a second of the loop in ``mlsan.training``, this commit's or an earlier one's."""

from __future__ import annotations

import dataclasses
import resource
import time

import torch
from made import Shape, conversations

from mlsan import training

try:
    from mlsan.data.corpus import Corpus
    from mlsan.data.speaker_ids import speaker_ids
except ImportError:                         # where they stood in the commit we compare with
    from mlsan.corpus import Corpus
    from mlsan.speakers import speaker_ids

EPOCHS = 2


def corpus_of(shape: Shape):
    return Corpus("generated", **conversations(shape))


def peak_mb() -> float:
    """The most memory that this process has held so far, in MB of 10^6 bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def known(cls, values: dict) -> dict:
    """Those that a class of an earlier commit has fields for."""
    return {f.name: values[f.name] for f in dataclasses.fields(cls) if f.name in values}


def untrained(corpus, recipe: dict, **sizes):
    """A model, its speakers and settings, by a recipe that came as JSON."""
    speakers = speaker_ids(corpus)
    model = training.build(corpus, speakers, 0, **known(training.Config, recipe) | sizes)
    settings = training.Settings(**known(training.Settings, recipe["settings"]))
    return model, speakers, settings


def seconds(work) -> float:
    """Of the processor's time: on a machine with other work it tells more than the clock."""
    start = time.process_time()
    work()
    return time.process_time() - start


def scores(model, tensors, corpus) -> None:
    """Score a split as ``fit`` scores dev; train's, as it is long enough to be timed."""
    if hasattr(training, "_scored"):
        training._scored(model, tensors, corpus, "train")
    else:
        out = training.inspect(model, tensors, corpus.dialogues("train"))
        training.f1_scores(corpus.emotion[out["rows"]], out["logits"].argmax(1),
                           len(corpus.emotions))


def loop(shape: Shape, recipe: dict, epochs: int = EPOCHS, **sizes) -> dict:
    """``train_per_s``: utterances a second of training steps; ``fit_per_s``: of whole epochs, the
    scoring of dev included; ``eval_per_s``: of scoring; ``peak_mb``; ``speakers``, rows of the
    table."""
    corpus = corpus_of(shape)
    model, speakers, settings = untrained(corpus, recipe, **sizes)

    def fit(epochs):
        asked = dataclasses.replace(settings, epochs=epochs, patience=epochs)
        training.fit(model, corpus, speakers, asked, device="cpu", progress=False)

    fit(1)                                          # memory, and whatever is made when first used
    whole = seconds(lambda: fit(epochs)) / epochs
    tensors, rows = corpus.tensors(speakers.ids), len(corpus.rows("train"))
    scored = min(seconds(lambda: scores(model, tensors, corpus)) for _ in range(2))
    dev = scored * len(corpus.rows("dev")) / rows
    return {"train_per_s": rows / (whole - dev), "fit_per_s": rows / whole,
            "eval_per_s": rows / scored, "peak_mb": peak_mb(), "speakers": speakers.rows}


def on_gpu(shape: Shape, recipe: dict) -> dict | None:
    """``fit_per_s`` on a GPU, by the clock, and its ``name``; None without one."""
    if not torch.cuda.is_available():
        return None
    corpus = corpus_of(shape)
    model, speakers, settings = untrained(corpus, recipe)
    for epochs in (1, EPOCHS):                      # the first one warms up
        asked = dataclasses.replace(settings, epochs=epochs)
        torch.cuda.synchronize()
        start = time.perf_counter()
        training.fit(model, corpus, speakers, asked, device="cuda", progress=False)
        torch.cuda.synchronize()
        passed = time.perf_counter() - start
    return {"fit_per_s": EPOCHS * len(corpus.rows("train")) / passed,
            "peak_mb": torch.cuda.max_memory_allocated() / 1e6,
            "name": torch.cuda.get_device_name()}
