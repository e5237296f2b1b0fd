"""The dialogue read as messages: as good as exact where it can be compared, and learnable."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mlsan.measures import bayes
from mlsan.model.messages import Messages, ties
from mlsan.runs import Plan, train
from mlsan.sources.simulated import PRIOR, simulate

OWN, HEARD = 0.35, 0.20         # planted (``Strengths``)


def told(emotions: int, rounds: int, prior=PRIOR) -> Messages:
    """Messages with what was planted in the place of what would be learned."""
    messages = Messages(emotions, rounds)
    with torch.no_grad():
        messages.prior.copy_(torch.as_tensor(np.log(prior)))
        messages.share.copy_(torch.tensor([OWN, HEARD, 1 - OWN - HEARD]).log())
    return messages


def posterior(messages, log_likelihood, party):
    """p(e_t | all turns), (T, C), of one dialogue."""
    prior = messages.prior.detach().log_softmax(0)
    alone = torch.as_tensor(log_likelihood, dtype=torch.float32) + prior
    party = torch.as_tensor(party)[None]
    return messages(alone[None], party, torch.ones_like(party, dtype=torch.bool))[0].exp().detach()


def test_who_is_tied_to_whom():
    party = torch.tensor([[0, 1, 0, 0, 2, 1], [0, 0, 0, 0, 0, 0]])
    mask = torch.tensor([[True] * 6, [True] * 2 + [False] * 4])
    own, before = ties(party, mask)
    assert own.tolist() == [[-1, -1, 0, 2, -1, 1], [-1, 0, -1, -1, -1, -1]]
    assert before.tolist() == [[-1, 0, 1, 2, 3, 4], [-1, 0, -1, -1, -1, -1]]


def test_a_monologue_is_read_exactly_with_as_many_rounds_as_turns():
    rng = np.random.default_rng(0)
    likelihood, party = 2 * rng.standard_normal((8, 7)), np.zeros(8, int)
    exact = bayes.forward_backward(likelihood, party, PRIOR, OWN, HEARD)
    assert np.allclose(posterior(told(7, 8), likelihood, party), exact, atol=1e-4)
    assert not np.allclose(posterior(told(7, 1), likelihood, party), exact, atol=1e-2)


def test_two_turns_of_two_people_are_read_exactly():
    likelihood = 2 * np.random.default_rng(1).standard_normal((2, 7))
    exact = bayes.forward_backward(likelihood, np.array([0, 1]), PRIOR, OWN, HEARD)
    assert np.allclose(posterior(told(7, 2), likelihood, [0, 1]), exact, atol=1e-4)


def test_three_rounds_call_nearly_every_turn_what_the_exact_sum_calls_it():
    corpus = simulate(dialogues=500, seed=21)
    rows = corpus.rows("test")
    likelihood = bayes.log_likelihood(corpus, rows, bayes._speaker_rows(corpus, rows))
    exact = bayes.dialogue(corpus, rows).argmax(1)
    named, alone = np.empty(len(rows), int), bayes.utterance(corpus, rows).argmax(1)
    dialogue = corpus.dialogue_of_row[rows]
    for d in np.unique(dialogue):
        here = dialogue == d
        named[here] = posterior(told(7, 3), likelihood[here],
                                corpus.party[rows][here]).argmax(1)
    assert (named == exact).mean() > 0.985 > 0.95 > (alone == exact).mean()


def test_evidence_beyond_doubt_has_finite_gradients():
    alone = torch.tensor([[[200.0, 0, 0], [0, 200.0, 0], [0, 0, 200.0]]], requires_grad=True)
    party = torch.tensor([[0, 1, 0]])
    messages = Messages(3)
    logits = messages(alone, party, party >= 0)
    torch.nn.functional.cross_entropy(logits[0], torch.tensor([1, 1, 1])).backward()
    assert torch.isfinite(logits).all()
    for gradient in (alone.grad, messages.prior.grad, messages.share.grad):
        assert torch.isfinite(gradient).all()


@pytest.mark.slow
def test_planted_habits_are_learned():
    run = train(Plan("simulated", context=True, recipe="evidence"), corpus=simulate(seed=21),
                device="cpu", progress=False)
    own, heard, _ = run.model.context.shares().tolist()
    assert abs(own - OWN) < 0.06 and abs(heard - HEARD) < 0.06
    prior = run.model.context.prior.softmax(0).detach().numpy()
    assert np.abs(prior - PRIOR).max() < 0.08
