"""What is kept of one run: its scores and predictions, its gates, what probes find inside it."""

from __future__ import annotations

import time

import numpy as np
import torch

from mlsan.data.corpus import Corpus
from mlsan.measures.probes import probe
from mlsan.model.calibration import CALIBRATED
from mlsan.runs import Plan, Run, train


def record(plan: Plan, corpus: Corpus, look=None, peek: bool = False, device: str = "auto") -> dict:
    """Carry out a plan; plain data, JSON as it stands.

    ``stages``, ``speakers``, ``seed``, ``concat_speaker``; the scores of ``Run.scores``;
    ``dev_weighted_f1`` of the chosen ``epoch``, ``epochs`` trained, the ``history``; ``rows`` and
    ``predicted`` of test's labelled utterances; ``gates`` (``mean_gates``) and ``speaker_head``
    where these stages are on; ``probes``, what ``look(run)`` gives; ``peak_predicted`` with
    ``peek``, of the epoch that does best on test; ``seconds``.
    """
    started = time.perf_counter()
    run = train(plan, corpus=corpus, device=device, progress=False, peek=peek)
    out = run.inspect("test")
    rows = np.sort(run.corpus.labelled_rows("test"))
    predicted = dict(zip(out["rows"], out["logits"].argmax(1), strict=True))
    chosen_by = f"dev_{plan.recipe_for(corpus).settings.chosen_by}"
    best = max(run.history, key=lambda h: h[chosen_by])                      # the first of the best
    peak = [h.pop("test_predicted") for h in run.history if "test_predicted" in h]
    found = {"stages": list(plan.stages), "speakers": plan.speakers, "seed": plan.seed,
             "concat_speaker": plan.concat_speaker, **run.scores("test", out),
             "dev_weighted_f1": best["dev_weighted_f1"], "epoch": best["epoch"],
             "epochs": len(run.history), "history": run.history,
             "rows": rows.tolist(), "predicted": [int(predicted[row]) for row in rows]}
    if peek:
        (found["peak_predicted"],) = peak
    if run.model.gating:
        found["gates"] = mean_gates(run, out)
    if run.model.regularization:
        found["speaker_head"] = speaker_head(run)
    if look:
        found["probes"] = look(run)
    return found | {"seconds": round(time.perf_counter() - started, 1)}


def mean_gates(run: Run, out: dict) -> dict[str, list[float]]:
    """speaker -> the mean gate of each modality over that speaker's test utterances."""
    speaker = run.corpus.table.speaker.to_numpy()[out["rows"]]
    return {str(s): out["gates"][speaker == s].mean(0).tolist() for s in np.unique(speaker)
            if s in run.corpus.met}


@torch.no_grad()
def speaker_head(run: Run) -> dict[str, float | None]:
    """Accuracy of stage 3's speaker head on test; None where nobody is known.

    ``closed``: from the features alone; ``open``: when calibration and gates have written the
    speaker into what it reads.
    """
    device = next(run.model.parameters()).device
    run.model.eval()
    batch = run.corpus.tensors(run.speakers.ids, device).batch(run.corpus.dialogues("test"))
    known = batch.mask & (batch.speaker > 0)
    accuracy = {}
    for way in ("closed", "open"):
        named = run.model.speaker_logits(batch, closed=way == "closed").argmax(-1)
        right = (named == batch.speaker)[known]
        accuracy[way] = right.float().mean().item() if known.any() else None
    return accuracy


def calibrated_features(run: Run, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Labelled rows with audio and visual, and (n, D) those features as they leave stage 1."""
    out = run.inspect(split)
    which = [m for m in CALIBRATED if m in run.corpus.features]
    there = np.all([run.corpus.present[m][out["rows"]] for m in which], axis=0)
    there &= run.corpus.emotion[out["rows"]] >= 0
    return out["rows"][there], np.hstack([out[m][there] for m in which])


def probe_run(run: Run) -> dict[str, float | None] | None:
    """How well speaker and emotion can be read from the features that leave stage 1.

    With stage 1 off these are the raw ones. None for a corpus without audio and visual features;
    of the speaker, None where nobody of test is in train.
    """
    if not set(CALIBRATED) & set(run.corpus.features):
        return None
    train_rows, train_x = calibrated_features(run, "train")
    test_rows, test_x = calibrated_features(run, "test")
    labels = {"speaker": run.corpus.table.speaker.to_numpy(), "emotion": run.corpus.emotion}
    return {f"{what}_{kind}": probe(train_x, y[train_rows], test_x, y[test_rows], kind)
            for what, y in labels.items() for kind in ("linear", "mlp")}


def probe_places(run: Run) -> dict[str, dict[str, float | None]]:
    """How well a linear probe names speaker and emotion at each place on the way through the model.

    All modalities together: as they come in (``raw``), after stage 1 (``calibrated``), as the
    classifier and the context get them (``fused``), and from its answer (``logits``).
    """
    labels = {"speaker": run.corpus.table.speaker.to_numpy(), "emotion": run.corpus.emotion}
    train_rows, train_x = _places(run, "train")
    test_rows, test_x = _places(run, "test")
    return {place: {what: probe(x, y[train_rows], test_x[place], y[test_rows])
                    for what, y in labels.items()}
            for place, x in train_x.items()}


def _places(run: Run, split: str) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    out = run.inspect(split)
    labelled = run.corpus.emotion[out["rows"]] >= 0
    out = {name: value[labelled] for name, value in out.items()}
    return out["rows"], {
        "raw": np.hstack([x[out["rows"]] for x in run.corpus.features.values()]),
        "calibrated": np.hstack([out[m] for m in run.corpus.modalities]),
        "fused": out["fused"], "logits": out["logits"]}
