"""People whom training never met, known by ear: what enrolment promises, and what it refuses."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from newcomers import NEW, SHORT, logits, spoken_by, vector

from mlsan.data.validation import CorpusError
from mlsan.model.episodes import Episodes
from mlsan.model.mlsan import STAGES
from mlsan.runs import Plan, train


@pytest.fixture(scope="module")
def run(newcomers):
    """By ear, all stages, each turn alone."""
    return train(Plan("newcomers", speakers="heard", context=False, recipe=SHORT), corpus=newcomers,
                 progress=False, device="cpu")


@pytest.fixture(scope="module")
def table_run(newcomers):
    return train(Plan("newcomers", context=False, recipe=SHORT), corpus=newcomers, progress=False,
                 device="cpu")


# -- what it promises ------------------------------------------------------------------------------


def test_the_order_of_utterances_does_not_matter(run, said):
    order = np.random.default_rng(0).permutation(12)
    one = run.enrol("Ada", said["Ada"][:12])
    other = run.enrol("Ada", [said["Ada"][i] for i in order])
    assert vector(one).abs().max() > 0.05
    np.testing.assert_allclose(vector(one), vector(other), atol=1e-5)
    np.testing.assert_allclose(logits(one), logits(other), atol=1e-5)


def test_of_whom_nothing_was_heard_is_the_unknown_speaker(run):
    enrolled = run.enrol("Ada", [])
    assert enrolled.speakers.ids[spoken_by(run, "Ada")].all() and not vector(enrolled).any()
    np.testing.assert_array_equal(logits(enrolled), logits(run))
    pd.testing.assert_frame_equal(enrolled.predict(), run.predict())


def test_nobody_else_changes_bit_for_bit(run, kept_by_ear, said):
    ada = run.enrol("Ada", said["Ada"])
    mine = spoken_by(run, "Ada")
    np.testing.assert_array_equal(logits(ada)[~mine], logits(run)[~mine])
    assert np.abs(logits(ada)[mine] - logits(run)[mine]).max(1).min() > 1e-3
    both = ada.enrol("Ben", said["Ben"])
    np.testing.assert_array_equal(logits(both)[mine], logits(ada)[mine])
    # Who enrols first is all the same.
    other = run.enrol("Ben", said["Ben"]).enrol("Ada", said["Ada"])
    np.testing.assert_array_equal(logits(other), logits(both))
    # In a conversation one is heard by the others: there it holds of whom one never meets.
    before, _ = kept_by_ear
    after, apart = before.enrol("Ada", said["Ada"]), np.ones(len(before.corpus), bool)
    apart[np.isin(before.corpus.dialogue_of_row, before.corpus.dialogue_of_row[mine])] = False
    np.testing.assert_array_equal(logits(after)[apart], logits(before)[apart])
    assert (logits(after)[~apart] != logits(before)[~apart]).any()


def test_the_run_before_is_as_it_was(run, said):
    before, names = logits(run), run.speakers.names
    run.enrol("Ada", said["Ada"])
    np.testing.assert_array_equal(logits(run), before)
    assert run.speakers.names == names


def test_more_utterances_leave_less_open(run, said):
    assert run.unsure([]) == {"audio": 1, "visual": 1}
    for m in ("audio", "visual"):
        left = [run.unsure(said["Ada"][:k])[m] for k in range(13)]
        assert all(a > b > 0 for a, b in zip(left, left[1:], strict=False))
    bare = [replace(u, features={"text": u.features["text"], "audio": u.features["audio"]})
            for u in said["Ada"][:4]]
    left = run.unsure(bare)
    assert left["visual"] == 1 and left["audio"] == run.unsure(said["Ada"][:4])["audio"]


def test_a_modality_that_was_not_heard_says_nothing(run, said):
    bare = [replace(u, features={m: x for m, x in u.features.items() if m != "visual"})
            for u in said["Ada"][:8]]
    enrolled, speakers = run.enrol("Ada", bare), run.model.speakers
    own = vector(enrolled)
    for place in speakers.places["visual"]:
        assert not own[place].any()
    visual = list(speakers.dims).index("visual")
    assert own[speakers.tells][visual] == 0 and own[speakers.places["audio"][0]].any()
    assert np.isfinite(logits(enrolled)).all()


def test_what_the_model_does_not_read_is_left_out(run, said):
    """As in another corpus that it is given: a modality more changes nothing."""
    voices = run.corpus.replaced(features={"audio": run.corpus.features["audio"]})
    hears = train(Plan("newcomers", STAGES[:1], "heard", context=False, recipe=SHORT),
                  corpus=voices, progress=False, device="cpu")
    bare = [replace(u, features={"audio": u.features["audio"]}) for u in said["Ada"]]
    assert torch.equal(vector(hears.enrol("Ada", said["Ada"])), vector(hears.enrol("Ada", bare)))


def test_enrolled_or_heard_in_an_episode_is_the_same(run, small, said):
    """Train hears people in a batch by rows of the corpus, `enrol` one person by utterances."""
    model, corpus = deepcopy(run.model), run.corpus
    episodes = Episodes(model, corpus, corpus.tensors(run.speakers.ids))
    rows = np.flatnonzero(spoken_by(run, "Ada"))[:8]
    ben = np.flatnonzero(spoken_by(run, "Ben"))[:8]
    with torch.no_grad():
        heard = episodes.vectors(torch.as_tensor(np.stack([rows, ben])),
                                 torch.ones(2, 8, dtype=torch.bool))
    said_there = [u for d in corpus.dialogues(None) for u in corpus.dialogue(d).utterances]
    enrolled = run.enrol("Ada", [said_there[row] for row in rows])
    np.testing.assert_allclose(vector(enrolled), heard[0], atol=1e-5)


# -- what it refuses -------------------------------------------------------------------------------


def spoilt(utterances, at, modality, value):
    changed = replace(utterances[at], features=utterances[at].features | {modality: value})
    return [*utterances[:at], changed, *utterances[at + 1:]]


@pytest.mark.parametrize(("name", "spoil", "words"), [
    ("  ", lambda said: said, "an empty name"),
    ("Chioma", lambda said: said, "Chioma is known already.*Take another name"),
    ("Ada", lambda said: spoilt(said, 2, "audio", np.zeros(5)), r"utterance 2 .*audio is \(5,\)"),
    ("Ada", lambda said: spoilt(said, 1, "text", np.full(8, np.nan)), "utterance 1 .*not finite"),
    ("Ada", lambda said: spoilt(said, 0, "text", np.full(8, np.inf)), "utterance 0 .*not finite"),
])
def test_what_cannot_be_enrolled_is_refused_by_its_name_or_number(run, said, name, spoil, words):
    with pytest.raises(CorpusError, match=words):
        run.enrol(name, spoil(said["Ada"][:4]))


def test_nobody_is_enrolled_twice(run, said):
    with pytest.raises(CorpusError, match="Ada is known already"):
        run.enrol("Ada", said["Ada"]).enrol("Ada", said["Ada"])


@pytest.mark.parametrize("act", [lambda run, said: run.enrol("Ada", said),
                                 lambda run, said: run.unsure(said),
                                 lambda run, said: run.listening()])
def test_a_table_of_names_hears_nobody(table_run, said, act):
    with pytest.raises(CorpusError, match="table of those of train.*--speakers heard"):
        act(table_run, said["Ada"])


# -- in a conversation -----------------------------------------------------------------------------


def test_listening_reads_the_past_alone(run):
    listening = run.listening()
    before, table = logits(listening), run.corpus.table
    strange = spoken_by(run, *NEW)
    first = strange & ~table.duplicated(["dialogue", "speaker"]).to_numpy()
    np.testing.assert_array_equal(before[first | ~strange], logits(run)[first | ~strange])
    assert (before[strange & ~first] != logits(run)[strange & ~first]).any(1).all()
    later = (table.turn >= 5).to_numpy()
    louder = {m: np.where(later[:, None], 3 * x + 1, x) for m, x in run.corpus.features.items()}
    changed = logits(replace(run, corpus=run.corpus.replaced(features=louder)).listening())
    np.testing.assert_allclose(changed[~later], before[~later], atol=1e-6)
    assert np.abs(changed[later] - before[later]).max() > 0.1


def test_at_each_turn_listening_is_enrolment_by_the_turns_before(run):
    table = run.corpus.table
    own = table[spoken_by(run, "Ada")].groupby("dialogue").groups
    rows = next(np.array(rows) for rows in own.values() if len(rows) > 2)
    turns = run.corpus.dialogue(run.corpus.dialogue_of_row[rows[0]]).utterances
    before = [u for u in turns if u.speaker == "Ada"][:2]
    np.testing.assert_allclose(logits(run.listening())[rows[2]],
                               logits(run.enrol("Ada", before))[rows[2]], atol=1e-5)
