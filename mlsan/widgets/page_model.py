"""What a page needs of a run: the one gate through which every run and its utterances go to it.

Who spoke, which row of the speaker table that turn gets and whose turn it was are three things, and
a page is told all three: a row may be a slot or a gender, and two strangers share row 0.
"""

from __future__ import annotations

import numpy as np

from mlsan.data.speaker_ids import UNKNOWN
from mlsan.data.validation import CorpusError
from mlsan.marks import emotion_colours, looks
from mlsan.model.mlsan import MLSAN, STAGES, idle
from mlsan.runs import Run

AUXILIARY = "regularization."       # stage 3's head guesses the speaker in training only


def config_of(run: Run) -> dict:
    """What is the same for every turn. Lists, as a notebook that is saved sorts a dict's keys.

    ``modalities`` and ``emotions`` with a colour each; ``speakers``, a name for every row of the
    speaker table in the run's mode; and what ``forward.js`` is to do: ``stages``, ``context``
    (``Config.reader``), ``evidence``, ``pace``, ``concatSpeaker`` and the sizes; of a run that
    knows people by ear also ``heard``, where in a person's vector each modality's mean and swing
    lie, and where what the gates are told begins.
    """
    model, corpus = run.model, run.corpus
    by_ear, told_by = {}, model.speakers
    if model.config.heard:
        by_ear = {"heard": {"tells": told_by.tells.start, "places": {
            m: [mean.start, mean.stop, swing.stop] for m, (mean, swing) in told_by.places.items()}}}
    look, felt = looks(corpus.modalities, "modalities"), emotion_colours(corpus.emotions)
    context, named = model.context, model.config.reader
    return {"modalities": list(corpus.modalities), "dims": corpus.dims,
            "modality_colours": [look[m]["color"] for m in corpus.modalities],
            "emotions": list(corpus.emotions),
            "emotion_colours": [felt[e] for e in corpus.emotions],
            "speakers": ["somebody unknown", *run.speakers.names],
            "stages": [s for s in STAGES if s in model.config.stages],
            "context": named, "evidence": model.config.evidence,
            "pace": model.calibration.pace if model.calibration else 1.0,
            "concatSpeaker": model.config.concat_speaker,
            "speakerDim": told_by.tells.stop if by_ear else model.config.speaker_dim, **by_ear,
            "hidden": model.config.hidden,
            **({"heads": context.heads, "reach": context.reach} if named == "attention" else {}),
            **({"rounds": context.rounds} if named == "messages" else {})}


def turns_of(run: Run, rows) -> list[dict]:
    """What a page is told of each of these rows.

    ``speaker``, ``text`` and ``emotion`` (its index, -1 where nobody noted it); ``row`` of the
    speaker table, and ``told``, who that makes of the speaker; ``party``, whose turn it is;
    ``present`` (M,).
    """
    corpus, turns = run.corpus, []
    for row in rows:
        said, of_table = corpus.table.iloc[row], int(run.speakers.ids[row])
        turns.append({"speaker": said.speaker, "text": said.text, "row": of_table,
                      "told": told(run, said.speaker, of_table),
                      "emotion": int(corpus.emotion[row]), "party": int(corpus.party[row]),
                      "present": [bool(corpus.present[m][row]) for m in corpus.modalities]})
    return turns


def told(run: Run, speaker: str, row: int) -> str:
    """Who speaks, and what the model takes them for where that isn't their name."""
    if row == UNKNOWN:
        return f"{speaker} (unknown to the model)"
    name = run.speakers.names[row - 1]
    return speaker if name == speaker else f"{speaker} (as {name})"


def rows_of(run: Run, dialogues, widget: str) -> list[np.ndarray]:
    """The rows of each of these dialogues, in the order given.

    Raises:
        CorpusError: none given, or one that the corpus doesn't have.
    """
    dialogue_of_row = run.corpus.dialogue_of_row
    found = [np.flatnonzero(dialogue_of_row == d) for d in dialogues]
    if not found or not all(map(len, found)):
        raise CorpusError(f"{widget}: dialogues {', '.join(map(str, dialogues)) or 'none'}; name "
                          f"some of 0 to {dialogue_of_row[-1]}, for instance "
                          "run.corpus.dialogues('test')[:6]")
    return found


def weights_of(model: MLSAN) -> tuple[dict, bytes]:
    """The checkpoint as little-endian float32, and where in it each tensor lies."""
    layout, values, offset = {}, [], 0
    for name, tensor in model.state_dict().items():
        if not name.startswith(AUXILIARY):
            values.append(tensor.cpu().numpy().astype("<f4").ravel())
            layout[name] = {"offset": offset, "length": values[-1].size}
            offset += values[-1].size
    return layout, np.concatenate(values).tobytes()


def description(run: Run) -> str:
    """A run's stages and context, and why stages that its plan names are not on; for refusals."""
    config = run.model.config
    stages = ", ".join(config.stages) or "no stage"
    why = idle(run.corpus.modalities, run.speakers.mode)
    left_out = "".join(f"; {s} {why[s]}" for s in run.plan.stages if s in why)
    return f"{stages}, context {config.reader}{left_out}"
