"""One run: a corpus, stages, a speaker mode and a seed; trained, kept in a folder, tested once."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import safetensors.torch
from safetensors import SafetensorError
from scipy.special import softmax

from mlsan import training
from mlsan.catalogue import is_folder, load
from mlsan.data.about import FORMAT, check_format, read_json
from mlsan.data.corpus import Corpus, Utterance
from mlsan.data.speaker_ids import SpeakerIds, speaker_ids
from mlsan.data.validation import CorpusError, check_labelled
from mlsan.files import kept_run, plain, replacing, write_text
from mlsan.measures.people import by_person
from mlsan.measures.scores import bootstrap, report
from mlsan.model import hearing
from mlsan.model.mlsan import MLSAN, STAGES, Config, idle
from mlsan.recipes import Recipe, recipe_named
from mlsan.training import Settings


@dataclass(frozen=True)
class Plan:
    """What one run is.

    Attributes:
        corpus: a name of ``mlsan corpora``, or a corpus folder.
        stages: which of ``STAGES`` are on.
        speakers: what the model is told of them (``MODES``).
        context: read the whole dialogue, or each turn alone.
        concat_speaker: see ``Config``.
        neutrality, regularization: weights of the two terms (see ``Settings``).
        class_weights: see ``Settings``.
        epochs: fewer than the recipe's, for a quick look.
        recipe: another one than the corpus's own, by its name in ``RECIPES`` or as it is.
    """

    corpus: str
    stages: tuple[str, ...] = STAGES
    speakers: str = "identity"
    seed: int = 0
    context: bool = True
    concat_speaker: bool = False
    neutrality: float = 0.0
    regularization: float = Settings.regularization
    class_weights: bool = False
    epochs: int | None = None
    recipe: str | Recipe | None = None

    @property
    def name(self) -> str:
        """A name for its folder: whatever is not as usual stands in it."""
        stages = "+".join(self.stages) or ("concat" if self.concat_speaker else "none")
        parts = [Path(self.corpus).name, stages, self.speakers, str(self.seed)]
        if not self.context:
            parts.append("alone")
        if self.neutrality:
            parts.append(f"neutrality-{self.neutrality}")
        if self.regularization != Settings.regularization:
            parts.append(f"lambda-{self.regularization}")
        if self.class_weights:
            parts.append("class-weights")
        if isinstance(self.recipe, str):
            parts.append(f"recipe-{self.recipe}")
        return "-".join(parts)

    def acting(self, corpus: Corpus) -> tuple[str, ...]:
        """Its stages but for those that can't act on this corpus (``idle``); they are not made."""
        return tuple(s for s in self.stages if s not in idle(corpus.modalities, self.speakers))

    def recipe_for(self, corpus: Corpus) -> Recipe:
        """Sizes, rates and epochs of this run, with the plan's own wishes in them."""
        recipe = self.recipe
        if isinstance(recipe, str):
            recipe = recipe_named(recipe, "recipe")
        elif recipe is None:
            recipe = recipe_named(corpus.recipe, f"{corpus.name}: recipe in corpus.json")
        return replace(recipe, settings=replace(
            recipe.settings, neutrality=self.neutrality, regularization=self.regularization,
            class_weights=self.class_weights,
            epochs=self.epochs or recipe.settings.epochs))


@dataclass(frozen=True)
class Run:
    """A trained model with all that is needed to look into it.

    ``corpus`` is what it was trained on, or what ``on`` gave it to read; ``met`` are the people
    whom training met.
    """

    plan: Plan
    corpus: Corpus
    speakers: SpeakerIds
    model: MLSAN
    history: list[dict]
    met: frozenset[str]

    def on(self, corpus: Corpus) -> Run:
        """The same model before another corpus: whose names it knows is told so, all others are
        strangers.

        Raises:
            CorpusError: the model can't read it (``Corpus.fitted``, ``speaker_ids``).
        """
        fitted = corpus.fitted(self.model.config.dims, self.corpus.emotions)
        speakers = speaker_ids(fitted, self.plan.speakers, self.plan.seed, self.speakers.names)
        return replace(self, corpus=fitted, speakers=speakers)

    def enrol(self, name: str, utterances: Sequence[Utterance]) -> Run:
        """The same model, which from now on knows ``name`` by these utterances, without a label.

        Nothing is trained, and nobody else's predictions change, but for the context of whom
        ``name`` talks with. More utterances leave less open (``unsure``); none leave the person
        unknown. A modality that the model doesn't read is left out.

        Raises:
            CorpusError: the run knows people by a table of names, it knows this name already, or an
                utterance's features are of another size or not finite.
        """
        if not name.strip():
            raise CorpusError("enrol: an empty name; a person is found again by theirs")
        if name in self.speakers.names:
            raise CorpusError(f"enrol: {name} is known already; a person is enrolled once, with "
                              "all utterances at hand. Take another name, or enrol in the run "
                              "that did not know them yet")
        model = hearing.enrolled(self.model, utterances)
        speakers = speaker_ids(self.corpus, self.plan.speakers, self.plan.seed,
                               (*self.speakers.names, name))
        return replace(self, model=model, speakers=speakers)

    def enrol_all(self, corpus: Corpus) -> Run:
        """Everybody of a corpus, each by all of their utterances in it.

        Raises:
            CorpusError: as in ``enrol``; or the model can't read the corpus.
        """
        corpus = corpus.fitted(self.model.config.dims, self.corpus.emotions)
        said = [u for i in corpus.dialogues(None) for u in corpus.dialogue(i).utterances]
        run = self
        for name in dict.fromkeys(u.speaker for u in said):
            run = run.enrol(name, [u for u in said if u.speaker == name])
        return run

    def unsure(self, utterances: Sequence[Utterance]) -> dict[str, float]:
        """What these utterances leave open of where their speaker lies (``hearing.unsure``)."""
        return hearing.unsure(self.model, utterances)

    def listening(self) -> Run:
        """The same model before the same corpus, but a stranger is known by what they said before
        in the same dialogue: at each turn by the earlier ones alone."""
        model, speakers = hearing.listening(self.model, self.corpus, self.speakers)
        return replace(self, model=model, speakers=speakers)

    def inspect(self, split: str | None = "test") -> dict[str, np.ndarray]:
        """Logits, gates, fused and calibrated features of a split, or of all utterances with None
        (see ``training.inspect``)."""
        device = next(self.model.parameters()).device
        tensors = self.corpus.tensors(self.speakers.ids, device)
        return training.inspect(self.model, tensors, self.corpus.dialogues(split))

    def scores(self, split: str = "test", out: dict | None = None) -> dict:
        """The scores of a split; ``out``: what ``inspect(split)`` gave, where it is at hand.

        Returns ``weighted_f1``, ``macro_f1``, ``unweighted_recall``, ``accuracy``,
        ``per_class_f1`` by emotion, ``unseen_speaker_f1`` (weighted, over utterances of speakers
        that train does not have; None where there are none) and how many ``utterances`` there are.
        Utterances without a label are not scored.
        """
        check_labelled(self.corpus, split, "there is nothing to score")
        out = out or self.inspect(split)
        true, predicted = self.corpus.emotion[out["rows"]], out["logits"].argmax(1)
        new = ~self.corpus.table.speaker.iloc[out["rows"]].isin(self.met).to_numpy()
        known = true >= 0
        return report(true[known], predicted[known], self.corpus.emotions, new[known]) | {
            "utterances": int(known.sum())}

    def people(self, split: str = "test", out: dict | None = None) -> dict | None:
        """What the scores of a split hide of its people (``by_person``); None where there is one.

        With ``intervals`` of the scores, people resampled (``bootstrap``).
        ``out``: as for ``scores``.
        """
        check_labelled(self.corpus, split, "there is nothing to score")
        out = out or self.inspect(split)
        known = self.corpus.emotion[out["rows"]] >= 0
        rows, logits = out["rows"][known], out["logits"][known].astype(float)
        speaker = self.corpus.table.speaker.to_numpy()[rows]
        if len(set(speaker)) < 2:
            return None
        true, predicted = self.corpus.emotion[rows], logits.argmax(1)
        return by_person(true, predicted, softmax(logits, axis=1), speaker) | {
            "intervals": bootstrap(true, predicted, speaker, len(self.corpus.emotions))}

    def predict(self, split: str | None = None) -> pd.DataFrame:
        """What the model makes of every utterance of the corpus, or of one split.

        Columns: ``dialogue``, ``turn``, ``speaker``, ``known`` (whether training met them),
        ``emotion`` (as labelled, empty where it isn't), ``predicted``; ``p_`` and each emotion, its
        probability; ``gate_`` and each modality, its gate (1 without stage 2), nan where the
        utterance lacks the modality. One row per utterance, in the corpus's order.
        """
        corpus, out = self.corpus, self.inspect(split)
        order = np.argsort(out["rows"])
        rows = out["rows"][order]
        probability = softmax(out["logits"][order].astype(float), axis=1)
        table = corpus.table.loc[rows, ["dialogue", "turn", "speaker"]]
        table["known"] = table.speaker.isin(self.met)
        table["emotion"] = corpus.table.emotion[rows]
        table["predicted"] = np.array(corpus.emotions)[probability.argmax(1)]
        for i, emotion in enumerate(corpus.emotions):
            table[f"p_{emotion}"] = probability[:, i]
        for m, gate in zip(corpus.modalities, out["gates"][order].T, strict=True):
            table[f"gate_{m}"] = np.where(corpus.present[m][rows], gate, np.nan)
        return table.reset_index(drop=True)


def train(plan: Plan, *, corpus: Corpus | None = None, device: str = "auto",
          folder: Path | None = None, resume: bool = False, progress: bool = True,
          peek: bool = False) -> Run:
    """Carry out a plan. ``corpus`` saves loading it again; ``peek``: see ``training.fit``.

    With a ``folder``: ``run.json`` (the plan, the recipe, the corpus's fingerprint, versions), a
    checkpoint per epoch, and at the end ``model.safetensors``. ``resume`` goes on from there.

    Raises:
        CorpusError: the folder holds a run and ``resume`` is off, or it holds a different one.
    """
    device = training.pick_device(device)
    corpus = corpus or load(plan.corpus)
    speakers = speaker_ids(corpus, plan.speakers, plan.seed)
    recipe = plan.recipe_for(corpus)
    model = training.build(corpus, speakers, plan.seed, stages=plan.acting(corpus),
                           context=plan.context, concat_speaker=plan.concat_speaker, **recipe.sizes)
    if folder:
        about = about_run(plan, corpus) | plain({"model": asdict(model.config)})
        if not kept_run(Path(folder) / "run.json", about, resume=resume, usual=USUAL):
            about = {"format": FORMAT} | about | _reads(plan, corpus, speakers, folder)
            kept = json.dumps(about | {"versions": versions()}, indent=1)
            write_text(Path(folder) / "run.json", kept)
    history = training.fit(model, corpus, speakers, recipe.settings, seed=plan.seed, device=device,
                           folder=folder, progress=progress, peek=peek)
    if folder:
        with replacing(Path(folder) / "model.safetensors") as scratch:
            scratch.write_bytes(safetensors.torch.save(model.state_dict()))
    return Run(plan, corpus, speakers, model, history, frozenset(corpus.met))


# What a file of a run means where an older mlsan had no field for it.
USUAL = training.USUAL | plain({"plan": asdict(Plan("")), "recipe": asdict(Recipe())})


def about_run(plan: Plan, corpus: Corpus) -> dict:
    """What makes two runs the same, as plain data: the plan, its recipe, what the corpus holds."""
    return plain({"plan": asdict(plan), "recipe": asdict(plan.recipe_for(corpus)),
                  "corpus_fingerprint": corpus.fingerprint})


def _reads(plan: Plan, corpus: Corpus, speakers: SpeakerIds, folder: Path) -> dict:
    """What a run has to know of its corpus to read another one; and where its own lies from it."""
    there = {}
    if is_folder(plan.corpus):
        there = {"corpus_from_here": os.path.relpath(plan.corpus, folder)}
    return plain({"emotions": corpus.emotions, "names": speakers.names,
                  "met": sorted(corpus.met)}) | there


def versions() -> dict[str, str]:
    return {name: version(name) for name in ("mlsan", "torch", "numpy")}


def open_run(folder: Path, device: str = "auto", corpus: str | None = None) -> Run:
    """The finished run that ``train`` left in a folder, before its own corpus or another.

    Args:
        corpus: a name of ``mlsan corpora`` or a folder; left out, the run's own is loaded, from
            where it lay or, if both were moved together, from where it lies seen from the run.

    Raises:
        CorpusError: no run there, one not finished, its own corpus has changed since or can't be
            found, or the model can't read the other one.
    """
    folder = Path(folder)
    if not (folder / "run.json").exists():
        raise CorpusError(f"{folder / 'run.json'}: not found; name a folder that "
                          "`mlsan train --out` wrote")
    about = _read(folder / "run.json", read_json, "train again, with another --out")
    check_format(folder / "run.json", about)
    if "tuning" in about:
        raise CorpusError(f"{folder}: is a fine-tuned encoder, tested when it was made (its scores "
                          "are in run.json); train on its features: "
                          f"`mlsan train {folder / 'features'}`")
    plan = _plan(about["plan"])
    weights = folder / "model.safetensors"
    if not weights.exists():
        raise CorpusError(f"{weights}: not found; the training has not ended; go on with --resume")
    model = MLSAN(Config(**about["model"] | {"stages": tuple(about["model"]["stages"])}))
    model.load_state_dict(_read(weights, safetensors.torch.load_file,
                                "go on with --resume, which writes it anew from the checkpoint"))
    model.to(training.pick_device(device))
    read = load(corpus) if corpus else _own_corpus(folder, plan, about)
    if read.fingerprint == about["corpus_fingerprint"]:
        speakers = speaker_ids(read, plan.speakers, plan.seed)
        return Run(plan, read, speakers, model, [], frozenset(read.met))
    if corpus is None:
        raise CorpusError(f"{folder}: trained on another version of {plan.corpus} (fingerprint "
                          f"{about['corpus_fingerprint']}, now {read.fingerprint}); train again, "
                          "or name a corpus to read with --corpus")
    if not {"emotions", "names", "met"} <= set(about):
        raise CorpusError(f"{folder}: an older mlsan wrote it, without the names by which another "
                          "corpus is read; train it again")
    fitted = read.fitted(model.config.dims, tuple(about["emotions"]))
    speakers = speaker_ids(fitted, plan.speakers, plan.seed, tuple(about["names"]))
    return Run(plan, fitted, speakers, model, [], frozenset(about["met"]))


def _own_corpus(folder: Path, plan: Plan, about: dict) -> Corpus:
    """From where it lay when the run was trained, or from where it lies seen from the run."""
    beside = about.get("corpus_from_here")
    if beside and not Path(plan.corpus).is_dir():
        if not (folder / beside).is_dir():
            raise CorpusError(f"{folder}: its corpus is neither at {plan.corpus} nor at {beside} "
                              "from here; name the folder with --corpus")
        return load(str((folder / beside).resolve()))
    return load(plan.corpus)


def _read(path: Path, reader, remedy: str):
    try:
        return reader(path)
    except (OSError, ValueError, SafetensorError) as error:
        raise CorpusError(f"{path}: cannot be read ({error}); {remedy}") from error


def _plan(said: dict) -> Plan:
    """The plan that JSON tells of."""
    if isinstance(recipe := said.get("recipe"), dict):
        said = said | {"recipe": Recipe(**recipe | {"settings": Settings(**recipe["settings"])})}
    return Plan(**said | {"stages": tuple(said["stages"])})
