"""One run: a corpus, stages, a speaker mode and a seed; trained, kept in a folder, tested once."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import safetensors.torch

from mlsan import training
from mlsan.corpus import Corpus
from mlsan.evaluation import report
from mlsan.files import replacing, write_text
from mlsan.model import MLSAN, STAGES, Config
from mlsan.sources import load
from mlsan.speakers import SpeakerIds, speaker_ids
from mlsan.training import Settings
from mlsan.validation import CorpusError


@dataclass(frozen=True)
class Plan:
    """What one run is. ``corpus`` is a name of ``mlsan corpora`` or a corpus folder."""

    corpus: str
    stages: tuple[str, ...] = STAGES
    speakers: str = "identity"
    seed: int = 0
    context: bool = True
    concat_speaker: bool = False
    neutrality: float = 0.0
    regularization: float = Settings.regularization
    epochs: int | None = None           # the recipe's, unless fewer are wanted for a quick look

    @property
    def name(self) -> str:
        stages = "+".join(self.stages) or ("concat" if self.concat_speaker else "none")
        return f"{Path(self.corpus).name}-{stages}-{self.speakers}-{self.seed}"


# Sizes and rates, chosen on dev: of the corpus of that name, or of the data set that its name begins with.
# For published features, and for IEMOCAP, that is MELD's text: generated features are no ground to choose on.
_MELD = {"hidden": 256, "dropout": 0.5, "input_dropout": 0.5, "recurrent": True}
RECIPES: dict[str, tuple[dict, Settings]] = {
    "simulated": ({}, Settings()),
    "meld": (_MELD, Settings(batch_size=32, learning_rate=1e-3, weight_decay=0.05)),
    # Dialogues five times as long: about as many utterances in a batch.
    "iemocap": (_MELD, Settings(batch_size=6, learning_rate=1e-3, weight_decay=0.05)),
    "meld-friends": ({"input_dropout": 0.3},
                     Settings(batch_size=32, learning_rate=2e-3, weight_decay=0.3)),
}


def recipe(corpus: Corpus, plan: Plan) -> tuple[dict, Settings]:
    """Model sizes and training settings for a corpus, with the plan's own wishes in them."""
    data_set = corpus.name.split("-")[0]
    sizes, settings = RECIPES.get(corpus.name) or RECIPES.get(data_set) or RECIPES["simulated"]
    return sizes, replace(settings, neutrality=plan.neutrality, regularization=plan.regularization,
                          epochs=plan.epochs or settings.epochs)


@dataclass(frozen=True)
class Run:
    """A trained model with all that is needed to look into it."""

    plan: Plan
    corpus: Corpus
    speakers: SpeakerIds
    model: MLSAN
    history: list[dict]

    def inspect(self, split: str = "test") -> dict[str, np.ndarray]:
        """Logits, gates, fused and calibrated features of a split (see ``training.inspect``)."""
        device = next(self.model.parameters()).device
        tensors = self.corpus.tensors(self.speakers.ids, device)
        return training.inspect(self.model, tensors, self.corpus.dialogues(split))

    def scores(self, split: str = "test", out: dict | None = None) -> dict:
        """``weighted_f1``, ``macro_f1``, ``per_class_f1`` by emotion, ``unseen_speaker_f1`` (weighted,
        over utterances of speakers that train does not have; None where there are none), ``utterances``.
        ``out``: what ``inspect(split)`` gave, where it is at hand."""
        if len(self.corpus.rows(split)) == 0:
            raise CorpusError(f"{self.corpus.name}: no {split} split to score")
        out = out or self.inspect(split)
        true, predicted = self.corpus.emotion[out["rows"]], out["logits"].argmax(1)
        new = ~self.corpus.table.speaker.iloc[out["rows"]].isin(self.corpus.met).to_numpy()
        return report(true, predicted, self.corpus.emotions, new) | {"utterances": len(true)}


def train(plan: Plan, *, corpus: Corpus | None = None, device: str = "auto", folder: Path | None = None,
          resume: bool = False, progress: bool = True, peek: bool = False) -> Run:
    """Carry out a plan. ``corpus`` saves loading it again; ``peek``: see ``training.fit``.

    With a ``folder``: ``run.json`` (the plan, the settings, the corpus's fingerprint, versions), a
    checkpoint per epoch, and at the end ``model.safetensors``. ``resume`` goes on from the checkpoint.

    Raises:
        CorpusError: the folder holds a run and ``resume`` is off, or it holds a different one.
    """
    corpus = corpus or load(plan.corpus)
    speakers = speaker_ids(corpus, plan.speakers, plan.seed)
    sizes, settings = recipe(corpus, plan)
    model = training.build(corpus, speakers, plan.seed, stages=plan.stages, context=plan.context,
                           concat_speaker=plan.concat_speaker, **sizes)
    training.check(corpus, speakers, model.config)
    if folder:
        _open_folder(Path(folder), plan, settings, model.config, corpus, resume)
    history = training.fit(model, corpus, speakers, settings, seed=plan.seed, device=device,
                           folder=folder, progress=progress, peek=peek)
    if folder:
        with replacing(Path(folder) / "model.safetensors") as scratch:
            safetensors.torch.save_file(model.state_dict(), scratch)
    return Run(plan, corpus, speakers, model, history)


def _open_folder(folder, plan, settings, config, corpus, resume):
    about = {"plan": asdict(plan), "settings": asdict(settings), "model": asdict(config),
             "corpus_fingerprint": corpus.fingerprint,
             "versions": {name: version(name) for name in ("mlsan", "torch", "numpy")}}
    about = json.loads(json.dumps(about))
    path = folder / "run.json"
    if path.exists():
        if not resume:
            raise CorpusError(f"{folder}: holds a run already; add --resume to go on with it, or choose "
                              "another --out")
        kept = json.loads(path.read_text())
        kept["plan"] = asdict(Plan(**kept["plan"]))        # a field newer than the run has its default
        changed = [k for k in ("plan", "settings", "model", "corpus_fingerprint") if kept[k] != about[k]]
        if changed:
            raise CorpusError(f"{path}: was started with another {' and '.join(changed)}; resume it with "
                              "the options it was started with, or choose another --out")
        return
    write_text(path, json.dumps(about, indent=1))


def open_run(folder: Path, device: str = "auto") -> Run:
    """The finished run that ``train`` left in a folder.

    Raises:
        CorpusError: no run there, one not finished, or a corpus that has changed since.
    """
    folder = Path(folder)
    for name, remedy in (("run.json", "name a folder that `mlsan train --out` wrote"),
                         ("model.safetensors", "the training has not ended; go on with --resume")):
        if not (folder / name).exists():
            raise CorpusError(f"{folder / name}: not found; {remedy}")
    about = json.loads((folder / "run.json").read_text())
    plan = Plan(**about["plan"] | {"stages": tuple(about["plan"]["stages"])})
    corpus = load(plan.corpus)
    if corpus.fingerprint != about["corpus_fingerprint"]:
        raise CorpusError(f"{folder}: trained on another version of {plan.corpus} (fingerprint "
                          f"{about['corpus_fingerprint']}, now {corpus.fingerprint}); train again")
    model = MLSAN(Config(**about["model"] | {"stages": plan.stages}))
    model.load_state_dict(safetensors.torch.load_file(folder / "model.safetensors"))
    model.to(training.pick_device(device))
    return Run(plan, corpus, speaker_ids(corpus, plan.speakers, plan.seed), model, [])
