"""One training loop, for every corpus, stage and device. Killed at any moment, it can go on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from sklearn.utils.class_weight import compute_class_weight
from torch import nn
from tqdm.auto import tqdm

from mlsan.data.batches import Batch, Tensors
from mlsan.data.corpus import Corpus
from mlsan.data.speaker_ids import HEARD, SpeakerIds
from mlsan.data.validation import CorpusError, check_labelled
from mlsan.files import differing, plain, replacing
from mlsan.measures.scores import f1_scores
from mlsan.model.calibration import neutrality
from mlsan.model.episodes import Episodes
from mlsan.model.mlsan import MLSAN, Config, Output


@dataclass(frozen=True)
class Settings:
    """How a model is trained.

    Attributes:
        epochs: at most.
        patience: epochs without a better dev score before it stops.
        batch_size: in dialogues.
        learning_rate: the peak of a one-cycle schedule.
        weight_decay: AdamW's.
        neutrality: weight of Eq. neutrality (0: off), where stage 1 is on.
        regularization: lambda of Eq. regularization, where stage 3 is on.
        class_weights: weight each utterance's loss against how common its emotion is in train, and
            choose the epoch by unweighted recall: for those who want every emotion found as often.
    """

    epochs: int = 20
    patience: int = 8
    batch_size: int = 64
    learning_rate: float = 6e-3
    weight_decay: float = 0.1
    neutrality: float = 0.0
    regularization: float = 0.1
    class_weights: bool = False

    @property
    def chosen_by(self) -> str:
        """The score on dev that the epoch is chosen by."""
        return "unweighted_recall" if self.class_weights else "weighted_f1"


# What a checkpoint means where an older mlsan had no field for it.
USUAL = plain({"settings": asdict(Settings()), "model": asdict(Config({}, 0, 0))})


def pick_device(device: str = "auto") -> torch.device:
    """``auto``: the GPU where there is one.

    Raises:
        CorpusError: no such device, or not on this machine.
    """
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
        return torch.device(device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        why = str(error).split("\n")[0].split(". ")[0]
        raise CorpusError(f"device {device!r}: can't be used here ({why}); use cpu, or auto"
                          ) from error


def at_length() -> bool:
    """Whether notebooks run their long version: on a GPU, or where ``MLSAN_FULL=1`` asks."""
    return torch.cuda.is_available() or os.environ.get("MLSAN_FULL") == "1"


@contextmanager
def one_thread():
    """Layers so small lose more to waiting for a second thread than it brings, and far more where
    other processes are busy. And a sum's last bits then don't depend on the number of cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def build(corpus: Corpus, speakers: SpeakerIds, seed: int = 0, **config) -> MLSAN:
    """An untrained model for a corpus, its inputs standardised by the train split.

    Raises:
        CorpusError: the corpus can't be trained on.
    """
    config = Config(dims=corpus.dims, emotions=len(corpus.emotions), speakers=speakers.rows,
                    heard=speakers.mode == HEARD, **config)
    check_trainable(corpus, speakers, config)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = MLSAN(config)
    rows = corpus.rows("train")
    for m, x in corpus.features.items():                    # one at a time: they are wide
        here = rows[corpus.present[m][rows]]
        shown = {m: torch.from_numpy(x[here])}
        model.standardise(shown)
        if model.moments and m in model.moments.modalities:
            ids = torch.from_numpy(speakers.ids[here])
            model.moments.take(m, model.standardised(shown)[m], ids)
    if config.reader == "messages":
        model.context.expect(torch.from_numpy(corpus.emotion[corpus.labelled_rows("train")]))
    return model


def check_trainable(corpus: Corpus, speakers: SpeakerIds, config: Config) -> None:
    """Refuse a corpus that can't be trained on, naming what is missing."""
    if not corpus.modalities:
        raise CorpusError(f"{corpus.name}: has texts and no features to read; make them of the "
                          "texts with `mlsan finetune`, or take in your own with `mlsan import`")
    for split in ("train", "dev"):
        check_labelled(corpus, split, "training needs train and dev dialogues with emotions")
    train = corpus.rows("train")
    for m in corpus.modalities:                     # of all rows: moments need no label
        here = int(corpus.present[m][train].sum())
        if here < 2:                        # no spread to standardise by, and nothing to learn from
            raise CorpusError(f"{corpus.name}: {m} is there in {here} of {len(train)} train rows; "
                              f"a model can't learn to read it. Leave {m} out of the corpus, or "
                              "give train rows that have it")
    if len(corpus.emotions) < 2:
        raise CorpusError(f"{corpus.name}: has one emotion, {corpus.emotions[0]}; there is nothing "
                          "to tell apart. Add utterances of another")
    absent = set(range(len(corpus.emotions))) - set(corpus.emotion[train].tolist())
    if absent:
        names = ", ".join(corpus.emotions[i] for i in sorted(absent))
        elsewhere = int(np.isin(corpus.emotion, list(absent)).sum())
        drop = f"drop the {elsewhere} utterances of dev and test, and take" if elsewhere else "take"
        raise CorpusError(f"{corpus.name}: no train utterance of {names}; add examples, or {drop} "
                          "the class out of `emotions`")
    adaptive = (config.stages or config.concat_speaker) and speakers.mode != "none"
    if adaptive and len(speakers.names) < 2:
        raise CorpusError(f"{corpus.name}: the train split has one speaker in mode "
                          f"{speakers.mode!r}; a speaker-adaptive stage needs two; use --stages "
                          "none or --speakers none")


def class_weights(corpus: Corpus) -> torch.Tensor:
    """(C,) weights against how common each emotion is among train's labelled utterances.

    Their mean over these utterances is 1.
    """
    emotion = corpus.emotion[corpus.labelled_rows("train")]
    classes = np.arange(len(corpus.emotions))
    weights = compute_class_weight("balanced", classes=classes, y=emotion)
    return torch.as_tensor(weights, dtype=torch.float32)


def loss(model: MLSAN, batch: Batch, settings: Settings,
         weights: torch.Tensor | None = None) -> torch.Tensor:
    """Eq. regularization, with Eq. neutrality added; only labelled utterances count.

    ``weights``: (C,) of the classes in the emotion loss; all 1 without.
    """
    mask = batch.labelled
    speaker = model.speakers.hide(batch.speaker)
    out = model(batch, speaker)
    total = nn.functional.cross_entropy(out.logits[mask], batch.emotion[mask], weights)
    if out.alone is not None:           # each turn's own evidence is learned directly as well
        total = total + nn.functional.cross_entropy(out.alone[mask], batch.emotion[mask], weights)
    labelled, told = mask[batch.mask], speaker[batch.mask]                      # (n,)
    if model.calibration and settings.neutrality:
        for m, present in batch.flat[1].items():
            if m in model.calibration.film:
                here = present & labelled
                apart = neutrality(out.calibrated.flat[m][here], told[here])
                total = total + settings.neutrality * apart
    if model.regularization and settings.regularization:
        closed = model.closed(batch, out)
        asked = model.regularization.loss(closed[labelled], batch.speaker[mask])
        total = total + settings.regularization * asked                 # Eq. regularization
    return total


def fit(model: MLSAN, corpus: Corpus, speakers: SpeakerIds, settings: Settings = Settings(), *,
        seed: int = 0, device: str = "auto", folder: Path | None = None, progress: bool = True,
        peek: bool = False) -> list[dict]:
    """Train on train, choose the epoch on dev, leave ``model`` at its best weights.

    It is chosen by weighted F1, with ``class_weights`` by unweighted recall.

    With a ``folder``, everything the next epoch depends on is written there after each epoch, in
    one step; called again with the same folder, it goes on from there and ends at the same weights,
    bit for bit on CPU.

    Raises:
        CorpusError: the folder's checkpoint is of another training, or damaged; or the loss is not
            finite any more.

    Returns one dict per epoch: ``epoch``, ``loss``, ``dev_weighted_f1``, and, where it chooses,
    ``dev_unweighted_recall``; with ``peek`` also ``test_weighted_f1``, by which others choose their
    epoch and on which nothing here depends, and for the best of them ``test_predicted`` (n,), in
    the order of the labelled test rows.
    """
    device = pick_device(device)
    model.to(device)
    tensors = corpus.tensors(speakers.ids, device)
    train = np.unique(corpus.dialogue_of_row[corpus.labelled_rows("train")])
    steps = -(-len(train) // settings.batch_size)
    optimiser = torch.optim.AdamW(model.parameters(), settings.learning_rate,
                                  weight_decay=settings.weight_decay, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.learning_rate,
                                                   total_steps=steps * settings.epochs)
    whose = {"seed": seed, "peek": peek, "settings": asdict(settings), "corpus": corpus.fingerprint,
             "model": asdict(model.config)} if folder else None
    weights = class_weights(corpus).to(device) if settings.class_weights else None
    state = {"epoch": 0, "best": -1.0, "best_epoch": 0, "history": [], "weights": None}

    episodes = Episodes(model, corpus, tensors) if model.config.heard else None
    with torch.random.fork_rng(), one_thread():
        torch.manual_seed(seed)
        checkpoint = folder and Path(folder) / "checkpoint.pt"
        if checkpoint and checkpoint.exists():
            state = restore_checkpoint(checkpoint, whose, model, optimiser, schedule, device)
        bar = tqdm(range(state["epoch"], settings.epochs), disable=not progress,
                   initial=state["epoch"], total=settings.epochs, unit="epoch", leave=False)
        for epoch in bar:
            if epoch - state["best_epoch"] > settings.patience:
                break
            model.train()
            total = torch.zeros((), device=device)
            for chosen in torch.randperm(len(train)).split(settings.batch_size):
                batch = tensors.batch(train[chosen.numpy()])
                optimiser.zero_grad()
                if episodes:
                    episodes.draw(batch.row[batch.mask])
                step_loss = loss(model, batch, settings, weights)
                step_loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimiser.step()
                schedule.step()
                total += step_loss.detach()
            if not torch.isfinite(total):
                raise CorpusError(f"{corpus.name}, epoch {epoch}: the loss is {float(total)}, so "
                                  "nothing is scored. Look for features of very different "
                                  "sizes, or lower the learning rate")
            on_dev = _on_dev(model, tensors, corpus, episodes)
            score = on_dev[settings.chosen_by]
            entry = {"epoch": epoch, "loss": float(total) / steps,
                     "dev_weighted_f1": on_dev["weighted_f1"], f"dev_{settings.chosen_by}": score}
            if peek:
                on_test, predicted = _scored(model, tensors, corpus, "test")
                entry["test_weighted_f1"] = on_test["weighted_f1"]
                if all(h["test_weighted_f1"] < entry["test_weighted_f1"] for h in state["history"]):
                    for h in state["history"]:
                        h.pop("test_predicted", None)       # the best so far no longer
                    entry["test_predicted"] = predicted.tolist()
            state["history"].append(entry)
            if score > state["best"]:
                state |= {"best": score, "best_epoch": epoch, "weights": {
                    k: v.detach().cpu().clone() for k, v in model.state_dict().items()}}
            state["epoch"] = epoch + 1
            bar.set_postfix(dev=f"{score:.3f}", best=f"{state['best']:.3f}")
            if checkpoint:
                save_checkpoint(checkpoint, whose, state, model, optimiser, schedule, device)
    model.load_state_dict(state["weights"])
    return state["history"]


def _on_dev(model: MLSAN, tensors: Tensors, corpus: Corpus, episodes: Episodes | None) -> dict:
    """Scores on dev. People who are known by ear: train's by all they said there; strangers as such
    and by what else they say in dev, half and half, so that a model is good at either."""
    if episodes is None:
        return _scored(model, tensors, corpus, "dev")[0]
    episodes.settle()
    scores, _ = _scored(model, tensors, corpus, "dev")
    of_train = model.speakers.vectors
    if heard := episodes.strangers(corpus.rows("dev")):
        by_ear, _ = _scored(model, heard, corpus, "dev")
        scores |= {k: (scores[k] + by_ear[k]) / 2 for k in ("weighted_f1", "unweighted_recall")}
        model.speakers.vectors = of_train
    return scores


def _scored(model: MLSAN, tensors: Tensors, corpus: Corpus, split: str) -> tuple[dict, np.ndarray]:
    """The scores on a split, and the emotions (n,) that were named."""
    named = [(batch.emotion[batch.labelled], out.logits[batch.labelled].argmax(1))
             for batch, out in _read(model, tensors, corpus.dialogues(split))]
    true, predicted = (torch.cat(part).cpu().numpy() for part in zip(*named, strict=True))
    return f1_scores(true, predicted, len(corpus.emotions)), predicted


@torch.no_grad()
def _read(model: MLSAN, tensors: Tensors, dialogues: np.ndarray) -> Iterator[tuple[Batch, Output]]:
    """Batches of some dialogues, and what the model makes of them."""
    model.eval()
    # About 800 utterances: more are no faster, and 3,100 wide ones hold 130 MB more.
    turns = tensors.length[dialogues].float().mean()
    for chosen in torch.as_tensor(dialogues).split(max(1, min(64, int(800 / turns)))):
        batch = tensors.batch(chosen)
        yield batch, model(batch)


def inspect(model: MLSAN, tensors: Tensors, dialogues: np.ndarray) -> dict[str, np.ndarray]:
    """All that a figure or probe asks for, row by row.

    ``rows``, ``logits`` (n, C), ``gates`` (n, M), ``fused`` (n, H), and the calibrated features
    under the modalities' names, (n, D_m).
    """
    parts = [{"rows": batch.row[batch.mask], "logits": out.logits[batch.mask],
              "gates": out.gates[batch.mask], "fused": out.fused[batch.mask],
              **out.calibrated.flat} for batch, out in _read(model, tensors, dialogues)]
    return {k: torch.cat([p[k] for p in parts]).cpu().numpy() for k in parts[0]}


def save_checkpoint(path: Path, whose: dict, state, model, optimiser, schedule, device) -> None:
    """All that the next step depends on, in one step; ``state``: the caller's own, plain data.

    ``whose`` tells what training it is of: another one must not go on from it.
    """
    cuda_rng = torch.cuda.get_rng_state() if device.type == "cuda" else None
    with replacing(path) as scratch:
        torch.save({"whose": plain(whose), "state": state, "model": model.state_dict(),
                    "optimiser": optimiser.state_dict(), "schedule": schedule.state_dict(),
                    "rng": torch.get_rng_state(), "cuda_rng": cuda_rng}, scratch)


def restore_checkpoint(path: Path, whose: dict, model, optimiser, schedule, device) -> dict:
    """Put everything back as ``save_checkpoint`` found it; returns its ``state``."""
    try:
        saved = torch.load(path, map_location=device, weights_only=True)
        found = saved["whose"]
    except Exception as error:          # whatever torch and pickle make of a file that was cut
        raise CorpusError(f"{path}: cannot be read as a checkpoint ({type(error).__name__}); "
                          "delete it to begin anew, or choose another --out") from error
    if changed := list(differing("", found, plain(whose), USUAL)):
        raise CorpusError(f"{path}: is of another training, with {'; '.join(changed)}; choose "
                          "another folder, or delete the file to begin anew")
    model.load_state_dict(saved["model"])
    optimiser.load_state_dict(saved["optimiser"])
    schedule.load_state_dict(saved["schedule"])
    torch.set_rng_state(saved["rng"].cpu())
    if saved["cuda_rng"] is not None and device.type == "cuda":
        torch.cuda.set_rng_state(saved["cuda_rng"].cpu())
    return saved["state"]
