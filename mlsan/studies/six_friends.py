"""What the model is told of the speakers: of six friends, and of everybody in MELD's text."""

from __future__ import annotations

from mlsan import catalogue
from mlsan.model.mlsan import STAGES
from mlsan.runs import Plan
from mlsan.studies.engine import repeat
from mlsan.studies.summary import difference, means_of

# The first kind is what the others are compared with.
NAMES_IN_TEXT = {
    "told nothing": Plan("meld", (), "none"),
    "told the speaker's vector": Plan("meld", (), concat_speaker=True),
    "asked for the speaker": Plan("meld", ("regularization",))}
SPEAKER_MODES = {
    "all stages, shuffled": Plan("meld-friends", STAGES, "shuffled"),
    **{f"all stages, {mode}": Plan("meld-friends", STAGES, mode)
       for mode in ("identity", "slot", "gender", "none")},
    "static": Plan("meld-friends", ()),
    "static + speaker vector": Plan("meld-friends", (), concat_speaker=True)}


def compare_kinds(kinds: dict[str, Plan], seeds: int) -> list[dict]:
    """Every kind with every seed, all on one corpus.

    Returns per kind the means and sds over the seeds, and the paired ``difference`` of weighted F1
    from the first kind with its interval (``low``, ``high``).
    """
    first, *_ = kinds
    name = kinds[first].corpus
    corpus = catalogue.load(name)
    groups = repeat(kinds, seeds, {name: corpus})
    return [{"model": kind, **means_of(group), **difference(corpus, group, groups[first])}
            for kind, group in groups.items()]
