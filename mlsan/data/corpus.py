"""A conversation: its utterances and their features.

A corpus is a table of utterances plus one feature matrix per modality, row for row. The table's
columns are ``dialogue, turn, speaker, emotion, split, text`` (and, where it is known, ``gender``),
the turns of a dialogue together and in order. An ``emotion`` that is empty or missing was not
labelled: the turn is read as context, but neither learned from nor scored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from mlsan.data import folders
from mlsan.data.arrays import array, checked_features, checked_presence, stacked
from mlsan.data.batches import Tensors
from mlsan.data.validation import (
    COLUMNS,
    MODALITIES,
    SPLITS,
    UNLABELLED,
    CorpusError,
    check_modality_names,
    checked_emotions,
    checked_table,
    where,
)


@dataclass(frozen=True)
class Utterance:
    """One turn of one speaker. ``features`` maps a modality that is there to its vector (D,).

    ``gender``: of all utterances of a corpus, or of none.
    """

    dialogue: str
    turn: int
    speaker: str
    emotion: str
    split: str
    text: str
    features: dict[str, np.ndarray] = field(default_factory=dict, repr=False)
    gender: str | None = None


@dataclass(frozen=True)
class Dialogue:
    """The utterances of one conversation, in order. Turn numbers may have gaps."""

    name: str
    utterances: tuple[Utterance, ...]

    def __len__(self) -> int:
        return len(self.utterances)


class Corpus:
    """Utterances with their features; checked when it is made, never changed afterwards.

    Args:
        name: what tables call it.
        utterances: one row per utterance, columns ``COLUMNS`` (``gender`` optional).
        features: modality -> float (N, D); none for texts that an encoder is yet to be tuned on.
        emotions: the classes, in the order of their indices.
        present: modality -> bool (N,); a modality not named here is present everywhere.
        licence, provenance: one line each.
        recipe: the name of the sizes and rates it is trained with (``mlsan.recipes``).
        truth: what a simulator planted; None for real conversations.

    Raises:
        CorpusError: anything wrong with the input, naming the row or field and the remedy.
    """

    def __init__(self, name, utterances, features, emotions, *, present=None, licence="",
                 provenance="", recipe="general", truth=None):
        self.name, self.emotions, self.recipe = name, checked_emotions(emotions), recipe
        self.licence, self.provenance, self.truth = licence, provenance, truth
        self.table = checked_table(utterances, self.emotions)
        present = present or {}
        check_modality_names(features, "features")
        check_modality_names(present, "present")
        if not features and not self.table.text.str.strip().any():
            raise CorpusError("features: no modality given, and no text either; "
                              "pass at least one of text, audio, visual")
        if alone := [m for m in present if m not in features]:
            raise CorpusError(f"present.{alone[0]}: there are no {alone[0]} features; give them, "
                              "or leave it out")
        self.present = {m: checked_presence(m, present.get(m), self.table) for m in features}
        self.features = {m: checked_features(m, features[m], self.present[m], self.table)
                         for m in MODALITIES if m in features}
        # (N,) index into ``emotions``; -1 where nobody labelled it.
        self.emotion = pd.Index(self.emotions).get_indexer(self.table.emotion).astype(np.int64)
        starts = np.flatnonzero(self.table.dialogue.ne(self.table.dialogue.shift()))
        self._start, self._length = starts, np.diff(np.append(starts, len(self.table)))
        self._dialogue_split = self.table.split.to_numpy()[starts]

    # -- looking ------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.table)

    def __repr__(self) -> str:
        dims = ", ".join(f"{m} {d}" for m, d in self.dims.items()) or "no features"
        size = f"{len(self._start)} dialogues, {len(self)} utterances"
        return f"Corpus({self.name!r}: {size}; {dims})"

    @property
    def modalities(self) -> tuple[str, ...]:
        return tuple(self.features)

    @property
    def dims(self) -> dict[str, int]:
        return {m: x.shape[1] for m, x in self.features.items()}

    @property
    def dialogue_of_row(self) -> np.ndarray:
        """(N,) index of the dialogue each utterance belongs to."""
        return np.repeat(np.arange(len(self._start)), self._length)

    @cached_property
    def party(self) -> np.ndarray:
        """(N,) whose turn it is within its dialogue, in order of first appearance from 0.

        So two strangers in one dialogue are two, although a model knows neither.
        """
        by_dialogue = self.table.groupby("dialogue", sort=False).speaker
        return by_dialogue.transform(lambda s: s.factorize()[0]).to_numpy(np.int64)

    @cached_property
    def met(self) -> set[str]:
        """The speakers of train; everybody else is new to a model."""
        return set(self.table.speaker[self.table.split == "train"])

    def rows(self, split: str) -> np.ndarray:
        """Rows of one split, in order."""
        return np.flatnonzero(self.table.split.to_numpy() == split)

    def labelled_rows(self, split: str) -> np.ndarray:
        """Rows of one split whose emotion is known, in order: what is learned from and scored."""
        rows = self.rows(split)
        return rows[self.emotion[rows] >= 0]

    def dialogue(self, index: int) -> Dialogue:
        """One conversation as plain objects, to look at or to play through."""
        start, utterances = self._start[index], []
        turns = self.table.iloc[start:start + self._length[index]]
        for row, r in enumerate(turns.itertuples(), start):
            features = {m: x[row] for m, x in self.features.items() if self.present[m][row]}
            utterances.append(Utterance(r.dialogue, int(r.turn), r.speaker, r.emotion, r.split,
                                        r.text, features, getattr(r, "gender", None)))
        return Dialogue(utterances[0].dialogue, tuple(utterances))

    def fitted(self, dims: dict[str, int], emotions: tuple[str, ...]) -> Corpus:
        """The same conversations as a model with these ``dims`` and ``emotions`` takes them.

        A modality that the model doesn't read is left out, one that the corpus lacks is absent in
        every row.

        Raises:
            CorpusError: no modality in common, features of another size, or labels that the model
                doesn't know.
        """
        if not set(dims) & set(self.dims):
            raise CorpusError(f"{self.name}: has {', '.join(self.dims) or 'no features'}; the "
                              f"model reads {', '.join(dims)}, so there is nothing to hear")
        for m in set(dims) & set(self.dims):
            if self.dims[m] != dims[m]:
                raise CorpusError(f"{self.name}: {m} has {self.dims[m]} features, the model reads "
                                  f"{dims[m]}; make them the way the model's own were made")
        strange = sorted(set(self.table.emotion) - {UNLABELLED, *emotions})
        if strange:
            raise CorpusError(f"{self.name}: labelled {', '.join(strange)}, which the model does "
                              f"not know; its emotions are {', '.join(emotions)}. Rename them, or "
                              "leave the labels empty")
        features = {m: self.features.get(m, np.zeros((len(self), d), np.float32))
                    for m, d in dims.items()}
        present = {m: self.present.get(m, np.zeros(len(self), bool)) for m in dims}
        return Corpus(self.name, self.table, features, emotions, present=present,
                      licence=self.licence, provenance=self.provenance, recipe=self.recipe,
                      truth=self.truth)

    def replaced(self, *, keep=None, features=None, table=None, name=None) -> Corpus:
        """The same conversations with only some of their rows, or other features, labels or name.

        Args:
            keep: bool (N,), which rows stay.
            features: modality -> (N, D) of the rows before; a modality not named is left out.
            table: the rows before, with other splits or emotions.
        """
        keep = np.ones(len(self), bool) if keep is None else np.asarray(keep)
        features = self.features if features is None else features
        present = {m: self.present[m][keep] for m in features if m in self.present}
        features = {m: x[keep] for m, x in features.items()}
        table = self.table if table is None else table
        return Corpus(name or self.name, table[keep], features, self.emotions, present=present,
                      licence=self.licence, provenance=self.provenance, recipe=self.recipe,
                      truth=self.truth)

    def summary(self) -> pd.DataFrame:
        """What is in each split: sizes, speakers, irregular dialogues, shares of the emotions."""
        columns, first = {}, self.table.turn.min()      # some count turns from 0, some from 1
        for split in [s for s in SPLITS if s in set(self._dialogue_split)]:
            part = self.table[self.table.split == split]
            by_dialogue = part.groupby("dialogue", sort=False)
            new = ~part.speaker.isin(self.met)
            gaps = by_dialogue.turn.max() + 1 - first > by_dialogue.size()
            column = {
                "dialogues": by_dialogue.ngroups,
                "utterances": len(part),
                "utterances without emotion": int((part.emotion == UNLABELLED).sum()),
                "speakers": part.speaker.nunique(),
                "speakers not in train": part.speaker[new].nunique(),
                "utterances of those": int(new.sum()),
                "dialogues with gaps in the turns": int(gaps.sum()),
                "dialogues with one speaker": int((by_dialogue.speaker.nunique() == 1).sum()),
            }
            rows = part.index.to_numpy()
            column |= {f"{m} missing": int((~self.present[m][rows]).sum()) for m in self.modalities}
            labels = part.emotion[part.emotion != UNLABELLED]
            share = labels.value_counts(normalize=True)
            column |= {f"share of {e}": f"{share.get(e, 0):.3f}" for e in self.emotions}
            columns[split] = column
        frame = pd.DataFrame(columns).astype(str)
        frame.columns.name = self.name
        return frame

    # -- tensors ------------------------------------------------------------------------------

    def tensors(self, speaker, device="cpu") -> Tensors:
        """All features on ``device``; ``speaker`` (N,) are the ids a speaker table gave."""
        return Tensors(self, speaker, device)

    def dialogues(self, split: str | None) -> np.ndarray:
        """Indices of the dialogues of one split, or of all with None."""
        if split is None:
            return np.arange(len(self._start))
        return np.flatnonzero(self._dialogue_split == split)

    # -- disk ---------------------------------------------------------------------------------

    @cached_property        # of megabytes, and asked for by every run of a study
    def fingerprint(self) -> str:
        """Changes whenever an utterance, a label or a feature does; kept with every run."""
        return folders.fingerprint((self.name, self.emotions), self.table, self.features,
                                   self.present)

    def save(self, folder) -> Path:
        """Write a corpus folder (see ``folders``) in one step: complete, or not there."""
        about = {"name": self.name, "emotions": self.emotions, "dims": self.dims,
                 "licence": self.licence, "provenance": self.provenance, "recipe": self.recipe,
                 "fingerprint": self.fingerprint}
        return folders.write(Path(folder), self.table, self.features, self.present, about)

    @classmethod
    def load(cls, folder) -> Corpus:
        """Read a corpus folder (see ``folders``), anyone's own included.

        Raises:
            CorpusError: a file is missing or damaged, or is not the corpus's that was saved.
        """
        table, features, present, about = folders.read(folder := Path(folder))
        known = {key: about[key] for key in ("licence", "provenance", "recipe") if key in about}
        try:
            corpus = cls(about["name"], table, features, about["emotions"], present=present,
                         **known)
        except CorpusError as error:
            raise CorpusError(f"{folder}: {error}") from None
        folders.check_unchanged(folder, about, corpus.dims, corpus.fingerprint)
        return corpus

    @classmethod
    def from_dialogues(cls, name, dialogues, emotions, **about) -> Corpus:
        """Build a corpus from ``Dialogue`` objects; utterances may lack a modality."""
        for i, d in enumerate(dialogues):
            if not d.utterances:
                raise CorpusError(f"dialogue {i} ({d.name!r}): has no utterances; leave it out")
        utterances = [u for d in dialogues for u in d.utterances]
        for u in utterances:
            check_modality_names(u.features, f"features of dialogue {u.dialogue!r}, turn {u.turn}")
        columns = [*COLUMNS, *["gender"] * any(u.gender is not None for u in utterances)]
        # Of objects, as they were given: a turn 1.5 or True among others must not change them.
        table = pd.DataFrame([[getattr(u, c) for c in columns] for u in utterances],
                             columns=columns, dtype=object)
        features, present = {}, {}
        for m in MODALITIES:
            vectors = {i: array(f"{m} of {where(table, i)}", u.features[m])
                       for i, u in enumerate(utterances) if m in u.features}
            if vectors:
                present[m] = np.isin(np.arange(len(utterances)), list(vectors))
                features[m] = stacked(m, vectors, table)
        return cls(name, table, features, emotions, present=present, **about)

