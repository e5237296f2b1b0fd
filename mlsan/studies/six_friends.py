"""What the model is told of the speakers: of six friends, and of everybody in MELD's text."""

from __future__ import annotations

from mlsan import catalogue
from mlsan.data.corpus import Corpus
from mlsan.model.mlsan import STAGES
from mlsan.runs import Plan
from mlsan.studies.calibration import standardised_by_speaker
from mlsan.studies.engine import repeat
from mlsan.studies.summary import difference, means_of

OWN = "meld-friends, own moments"       # Eq. own-moments in place of a learned calibration
# The first kind is what the others are compared with.
NAMES_IN_TEXT = {
    "told nothing": Plan("meld", (), "none"),
    "told the speaker's vector": Plan("meld", (), concat_speaker=True),
    "asked for the speaker": Plan("meld", ("regularization",))}
SPEAKER_MODES = {
    "all stages, shuffled": Plan("meld-friends", STAGES, "shuffled"),
    **{f"all stages, {mode}": Plan("meld-friends", STAGES, mode)
       for mode in ("identity", "slot", "gender", "none")},
    "neutral calibration + gates": Plan("meld-friends", ("calibration", "gating"), neutrality=0.3),
    "own moments": Plan(OWN, ()),
    "own moments + gates": Plan(OWN, ("gating",)),
    "static": Plan("meld-friends", ()),
    "static + speaker vector": Plan("meld-friends", (), concat_speaker=True)}


def speaker_modes(seeds: int) -> list[dict]:
    """The six friends: every way of saying who speaks, and the book's own best beside the paper's.

    Returns per kind what ``_compared`` says; ``from_none`` is the paired difference from the model
    with all stages that is told nobody's name.
    """
    corpus = catalogue.load("meld-friends")
    corpora = {"meld-friends": corpus, OWN: standardised_by_speaker(corpus)}
    groups = repeat(SPEAKER_MODES, seeds, corpora)
    nobody = groups["all stages, none"]
    return [row | {"from_none": difference(corpus, groups[row["model"]], nobody)}
            for row in _compared(corpus, groups)]


def names_in_text(seeds: int) -> list[dict]:
    """MELD's text, told the speaker by a vector, asked for the speaker, or neither."""
    corpus = catalogue.load("meld")
    return _compared(corpus, repeat(NAMES_IN_TEXT, seeds, {"meld": corpus}))


def _compared(corpus: Corpus, groups: dict[str, list[dict]]) -> list[dict]:
    """Per kind the means and sds over the seeds, and the paired ``difference`` of weighted F1 from
    the first kind with its interval (``low``, ``high``)."""
    first, *_ = groups.values()
    return [{"model": kind, **means_of(group), **difference(corpus, group, first)}
            for kind, group in groups.items()]
