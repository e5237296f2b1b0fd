"""Text that is fine-tuned: an encoder learns the emotions themselves, and sees the turns before.

``encoders.encode`` reads one utterance at a time with an encoder that nobody trained on emotions.
Here the encoder's own weights are trained on a corpus's train split. It reads a turn together with
the turns before it, and its vectors then stand as ``text`` in a corpus that is used like any other.

One trap comes with them. The vectors of train come from an encoder that has seen the labels of just
these utterances: a model trained on top finds its task easier on train than it will be on dev and
test, and no measure taken on train tells anything any more.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from torch import nn
from tqdm.auto import tqdm

from mlsan.data.about import FORMAT
from mlsan.data.corpus import Corpus
from mlsan.data.validation import SPLITS, CorpusError, check_labelled, where
from mlsan.files import kept_run, plain, write_text
from mlsan.measures.scores import f1_scores
from mlsan.ranks import Ranks, together
from mlsan.sources import encoders
from mlsan.sources.pretrained import load_encoder
from mlsan.training import pick_device, restore_checkpoint, save_checkpoint

CHECKPOINT_SECONDS = 300        # a killed run loses so much of its work
SORTED_BATCHES = 50             # so many batches' worth of turns are sorted by length together


@dataclass(frozen=True)
class Tuning:
    """How an encoder is fine-tuned. The rates are MiniLM's; large ones want about a tenth of them.

    Attributes:
        encoder: a name of the Hugging Face hub, or a folder that ``save_pretrained`` wrote.
        context: turns before the one that is read, of the same dialogue.
        names: whether a turn is written "Joey: Hey!", or "Hey!".
        epochs: all of them are trained; the best on dev is kept.
        batch_size: in turns.
        learning_rate: the peak, after a tenth of the steps; from there it falls to 0.
        max_length: tokens of a turn with its context; what is too much is cut where it is oldest.
    """

    encoder: str = encoders.MODEL
    context: int = 3
    names: bool = False
    epochs: int = 3
    batch_size: int = 32
    learning_rate: float = 1e-4
    weight_decay: float = 0.01
    dropout: float = 0.1
    max_length: int = 96
    seed: int = 0


class Reader(nn.Module):
    """An encoder, and a linear layer on the mean of the tokens of the turn that is read.

    The tokens of the context are seen by attention alone.
    """

    def __init__(self, encoder, emotions: int, dropout: float):
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(encoder.config.hidden_size, emotions)

    def forward(self, inputs) -> tuple[torch.Tensor, torch.Tensor]:
        """Vectors (B, D) and logits (B, C) of padded ``inputs``.

        Their ``turn`` (B,) is the length of the turn itself.
        """
        inputs = dict(inputs)
        turn = inputs.pop("turn")
        hidden = self.encoder(**inputs).last_hidden_state                           # (B, L, D)
        own = torch.arange(hidden.shape[1], device=turn.device) < turn[:, None]     # (B, L)
        vector = (hidden * own[..., None]).sum(1) / own.sum(1, keepdim=True)
        return vector, self.head(self.dropout(vector))


def written(corpus: Corpus, tokenizer, tuning: Tuning) -> list[dict]:
    """What the encoder reads for each utterance: the turn, then the turns before it, oldest first.

    ``turn`` counts the tokens of the turn itself with the marks around it; they come first.

    Raises:
        CorpusError: the tokenizer doesn't know the words.
    """
    table = corpus.table
    texts = (table.speaker + ": " + table.text if tuning.names else table.text).tolist()
    tokens = tokenizer(texts, add_special_tokens=False, truncation=True,
                       max_length=tuning.max_length - 2)["input_ids"]
    encoders.check_words(texts, tokens, tokenizer, tuning.encoder)
    first, last = [tokenizer.cls_token_id], [tokenizer.sep_token_id]
    dialogue, out = corpus.dialogue_of_row, []
    for row in range(len(table)):
        turn, before = first + tokens[row] + last, []
        for i in range(max(row - tuning.context, 0), row):
            if dialogue[i] == dialogue[row]:
                before += tokens[i] + last
        before = before[max(len(before) + len(turn) - tuning.max_length, 0):]
        out.append({"input_ids": turn + before, "attention_mask": [1] * len(turn + before),
                    "turn": len(turn)})
        if "token_type_ids" in tokenizer.model_input_names:
            out[-1]["token_type_ids"] = [0] * len(turn) + [1] * len(before)
    return out


def finetune(corpus: Corpus, tuning: Tuning, folder: Path, *, device: str = "auto",
             resume: bool = False, progress: bool = True) -> dict:
    """Train an encoder on train, choose its epoch on dev by weighted F1, test it once.

    The folder then holds ``run.json`` (what is returned), ``encoder/`` (as transformers reads it)
    with ``head.safetensors``, and ``features/``: the corpus with the encoder's vectors as its text,
    for ``mlsan train`` or any ``Plan``. The module's docstring says what they must not pass for.

    A run that was killed goes on with ``resume``; on a CPU, with as many threads, it ends at the
    same weights, bit for bit.

    Called by each process of ``torchrun``, these train one model together: every batch is shared
    among them, the first writes, and all return the same. But for rounding, and for dropout, which
    each draws for itself, it is the model that one process trains.

    Returns: ``format``, ``tuning``, ``corpus``, ``table`` (a hash of it), ``versions``,
    ``revision`` (the hub's commit that the encoder is of; None for a folder), ``history`` (per
    epoch ``loss`` and ``dev_weighted_f1``), ``best_epoch``, ``test`` (scores) and ``predictions``
    (emotions, in the order of the labelled test rows).

    Raises:
        CorpusError: the corpus can't be trained on, or the encoder can't read it; or the folder
            holds a run, and ``resume`` is off or it is a different one.
        Unavailable: the encoder is neither installed nor to be downloaded.
    """
    with together(pick_device(device)) as (ranks, device):
        return _together(corpus, tuning, Path(folder), device, resume, progress, ranks)


def _together(corpus: Corpus, tuning: Tuning, folder: Path, device: torch.device, resume: bool,
              progress: bool, ranks: Ranks) -> dict:
    _check(corpus)
    about = _about(corpus, tuning)
    kept = ranks.from_first(lambda: kept_run(folder / "run.json", about, resume=resume))
    about = kept or {"format": FORMAT} | about | {
        "corpus": corpus.name,
        "versions": {name: version(name) for name in ("mlsan", "torch", "transformers")}}
    if "test" in about:
        return about
    with torch.random.fork_rng():
        torch.manual_seed(tuning.seed)
        tokenizer, encoder, revision = load_encoder(tuning.encoder, about.get("revision"))
        about["revision"] = revision
        inputs = written(corpus, tokenizer, tuning)
        words = encoder.get_input_embeddings().num_embeddings
        if (largest := max(max(x["input_ids"]) for x in inputs)) >= words:
            raise CorpusError(f"encoder {tuning.encoder!r}: its tokenizer gives token {largest}, "
                              f"the encoder has {words}; save the tokenizer it was trained with "
                              "beside the weights")
        if ranks.first:
            write_text(folder / "run.json", json.dumps(about, indent=1))
        model = Reader(encoder, len(corpus.emotions), tuning.dropout).to(device)
        state = _fit(model, corpus, inputs, tokenizer, tuning,
                     folder / "checkpoint.pt", device, progress and ranks.first, ranks)
    model.load_state_dict(state["weights"])

    vectors, logits = _read(model, inputs, tokenizer, np.arange(len(corpus)), device, ranks)
    test = corpus.labelled_rows("test")
    predicted = logits[test].argmax(1)
    scores = f1_scores(corpus.emotion[test], predicted, len(corpus.emotions))
    scores["per_class_f1"] = dict(zip(corpus.emotions, scores["per_class_f1"], strict=True))
    about |= {"history": state["history"], "best_epoch": state["best_epoch"], "test": scores,
              "predictions": [corpus.emotions[i] for i in predicted]}
    if ranks.first:
        model.encoder.save_pretrained(folder / "encoder")
        tokenizer.save_pretrained(folder / "encoder")
        (folder / "head.safetensors").write_bytes(safetensors.torch.save(model.head.state_dict()))
        shutil.rmtree(folder / "features", ignore_errors=True)  # a run killed just here left them
        tuned(corpus, vectors, tuning, revision).save(folder / "features")
        write_text(folder / "run.json", json.dumps(about, indent=1))
        (folder / "checkpoint.pt").unlink()
    return about


def tuned(corpus: Corpus, vectors: np.ndarray, tuning: Tuning, revision: str | None) -> Corpus:
    """The corpus with ``vectors`` (N, D) as its text; other modalities stay."""
    present = {m: p for m, p in corpus.present.items() if m != "text"}
    encoder = tuning.encoder + (f"@{revision[:12]}" if revision else "")
    provenance = (f"{corpus.provenance}; its text then by {encoder}, fine-tuned on train "
                  f"with {tuning.context} turns of context and "
                  f"{'speaker' if tuning.names else 'no'} names, seed {tuning.seed}")
    return Corpus(f"{corpus.name}-tuned", corpus.table, corpus.features | {"text": vectors},
                  corpus.emotions, present=present, licence=corpus.licence, recipe=corpus.recipe,
                  provenance=provenance)


def _fit(model, corpus, inputs, tokenizer, tuning, checkpoint, device, progress, ranks) -> dict:
    from transformers import get_linear_schedule_with_warmup

    train, dev = corpus.labelled_rows("train"), corpus.labelled_rows("dev")
    lengths = torch.tensor([len(inputs[row]["input_ids"]) for row in train])
    each = -(-len(train) // tuning.batch_size)                                # steps of an epoch
    total = each * tuning.epochs
    optimiser = torch.optim.AdamW(model.parameters(), tuning.learning_rate,
                                  weight_decay=tuning.weight_decay, fused=True)
    schedule = get_linear_schedule_with_warmup(optimiser, total // 10, total)
    state = {"step": 0, "loss": 0.0, "best": -1.0, "best_epoch": 0, "history": [], "weights": None}
    whose = _about(corpus, tuning)
    if checkpoint.exists():
        state = restore_checkpoint(checkpoint, whose, model, optimiser, schedule, device)
    called = ranks.wrapped(model)
    saved = time.monotonic()

    def save() -> None:
        if ranks.first:
            save_checkpoint(checkpoint, whose, state, model, optimiser, schedule, device)

    with tqdm(total=total, initial=state["step"], disable=not progress, unit="step",
              leave=False) as bar:
        while state["step"] < total:
            epoch, done = divmod(state["step"], each)
            for chosen in _batches(lengths, tuning, epoch)[done:]:
                model.train()
                if ranks.size > 1:      # dropout of its own for each; after a restart, the same
                    step = tuning.seed * total + state["step"]
                    torch.manual_seed(step * ranks.size + ranks.own)
                optimiser.zero_grad()
                loss = backward(called, corpus, inputs, tokenizer, train[chosen], device, ranks)
                if not torch.isfinite(loss):
                    raise CorpusError(f"{corpus.name}, step {state['step']}: the loss is "
                                      f"{loss.item()}, so nothing is scored; lower --learning-rate")
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimiser.step()
                schedule.step()
                state["loss"] += loss.item() / each
                state["step"] += 1
                bar.update()
                if state["step"] % each and time.monotonic() - saved > CHECKPOINT_SECONDS:
                    save()
                    saved = time.monotonic()
            predicted = _read(model, inputs, tokenizer, dev, device, ranks)[1].argmax(1)
            score = f1_scores(corpus.emotion[dev], predicted, len(corpus.emotions))["weighted_f1"]
            state["history"].append({"epoch": epoch, "loss": state["loss"],
                                     "dev_weighted_f1": score})
            state["loss"] = 0.0
            if score > state["best"]:
                weights = {k: v.detach().cpu().clone() for k, v in model.state_dict().items()}
                state |= {"best": score, "best_epoch": epoch, "weights": weights}
            bar.set_postfix(dev=f"{score:.3f}", best=f"{state['best']:.3f}")
            save()
            saved = time.monotonic()
    return state


def backward(model, corpus, inputs, tokenizer, rows, device, ranks: Ranks) -> torch.Tensor:
    """Add a batch's gradients, whoever computes which share of it; returns its mean loss."""
    mine, weight = ranks.share(rows)
    batch = _padded(inputs, tokenizer, mine, device)
    emotion = torch.from_numpy(corpus.emotion[mine]).to(device)
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        logits = model(batch)[1]
    loss = nn.functional.cross_entropy(logits.float(), emotion) * weight
    loss.backward()
    return ranks.mean(loss.detach())


def _batches(lengths: torch.Tensor, tuning: Tuning, epoch: int) -> list[np.ndarray]:
    """An epoch's batches in random order, each of turns of about one length, to save padding.

    They depend on nothing but the seed and the epoch, so that a run can go on in the middle of one.
    """
    draw = torch.Generator().manual_seed(1000 * tuning.seed + epoch)
    shuffled = torch.randperm(len(lengths), generator=draw)
    batches = []
    for part in shuffled.split(SORTED_BATCHES * tuning.batch_size):
        batches += part[lengths[part].argsort(stable=True)].split(tuning.batch_size)
    return [batches[i].numpy() for i in torch.randperm(len(batches), generator=draw)]


def _padded(inputs, tokenizer, rows, device) -> dict[str, torch.Tensor]:
    return tokenizer.pad([inputs[row] for row in rows], return_tensors="pt").to(device)


@torch.no_grad()
def _read(model, inputs, tokenizer, rows, device, ranks) -> tuple[np.ndarray, np.ndarray]:
    """Vectors (n, D) and logits (n, C) of some rows, in their order."""
    model.eval()
    order = np.argsort([len(inputs[row]["input_ids"]) for row in rows], kind="stable")
    parts = []
    for chosen in np.array_split(order, -(-len(order) // 64))[ranks.own::ranks.size]:
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            found = model(_padded(inputs, tokenizer, rows[chosen], device))
        parts.append([side.float().cpu().numpy() for side in found])
    back = np.argsort(order)
    return tuple(np.concatenate(side)[back]
                 for side in zip(*ranks.gathered(parts), strict=True))


def _check(corpus: Corpus) -> None:
    for split in SPLITS:
        check_labelled(corpus, split,
                       "fine-tuning needs train, dev and test dialogues with emotions")
    blank = np.flatnonzero(corpus.table.text.str.strip() == "")
    if len(blank):
        raise CorpusError(f"{corpus.name}: text of {where(corpus.table, blank[0])}: empty; "
                          "fill it or drop the row")


def _about(corpus: Corpus, tuning: Tuning) -> dict:
    """What makes two of them the same: how it is done, and all that is read of the corpus."""
    table = corpus.table.to_csv(index=False, lineterminator="\n").encode()
    return plain({"tuning": asdict(tuning), "table": hashlib.sha256(table).hexdigest()[:16]})
