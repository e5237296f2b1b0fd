"""Self-checks of "Gates and the adversary": small fixed examples. The hidden tests ask for more."""

from __future__ import annotations

import numpy as np
import torch
from given import world

from mlsan.exercises import Wrong, exercise, expect

NAN = float("nan")


@exercise
def gating(Gating) -> str:
    """The class: (B, E) vectors and (B,) bools -> (M, B) gates."""
    torch.manual_seed(0)
    stage = Gating(3, 2, 4.0)
    if not isinstance(getattr(stage, "linear", None), torch.nn.Linear):
        raise Wrong("The stage needs its layer under the name `linear`, an nn.Linear.")
    vectors, known = torch.tensor([[1.0, -2.0], [3.0, 0.5]]), torch.tensor([True, True])
    expect(stage(vectors, known), torch.ones(3, 2),
           "An untrained stage gives gates of 1, shaped (modalities, utterances).")
    with torch.no_grad():
        stage.linear.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]))
    expect(stage(vectors, known)[0, 0], 2.8743,
           "With a score of 1 and a reach of 4, the gate is 2.874.", 1e-3)
    return "At rest it changes nothing, and a score of 1 is 2.87 times as much."


@exercise
def fuse(answer) -> str:
    """``answer(h, gates)``: (M, B, H) and (M, B) -> (B, H)."""
    h = torch.tensor([[[2.0, 0.0], [4.0, 1.0]], [[6.0, 8.0], [NAN, NAN]]])
    gates = torch.tensor([[1.0, 0.5], [3.0, 2.0]])
    got = torch.as_tensor(answer(h, gates))
    expect(got[0], [5.0, 6.0], "The first utterance has both: (1·2 + 3·6) / (1 + 3) is 5.")
    expect(got[1], [4.0, 1.0], "The second utterance has its first modality only: "
                               "an average of one thing is that thing.")
    return "The values are right. Mind the gradient: this check hasn't looked at it."


@exercise
def reverse(answer) -> str:
    """``answer(h, strength)``: h's values; the gradient comes back times -strength."""
    h = torch.tensor([[0.5, -2.0], [3.0, 1.0]], requires_grad=True)
    out = answer(h, 3.0)
    expect(out, h, "Going forward nothing changes, whatever the strength.")
    if not (isinstance(out, torch.Tensor) and out.requires_grad):
        raise Wrong("No gradient comes back at all: h is cut off.")
    (gradient,) = torch.autograd.grad(out.sum(), h)
    expect(gradient, torch.full((2, 2), -3.0), "A gradient of 1 must come back as -3.")
    return "It turns one gradient round. The hidden tests look for another one beside it."


@exercise
def paths(answer) -> str:
    """``answer(speaker, hide)``: (T, B) ids and bools -> dict of emotion, closed, asked."""
    to = answer(torch.tensor([[4, -1], [0, -2]]), torch.tensor([[False, False], [True, False]]))
    if not isinstance(to, dict) or set(to) != {"emotion", "closed", "asked"}:
        raise Wrong('Return a dict with the keys "emotion", "closed" and "asked".')
    expect(to["emotion"], [[4, -1], [-1, -2]], "Who is hidden is somebody unknown to the gates.")
    expect(to["closed"][0][0], -1, "On the closed path the gates aren't told that it's person 4.")
    expect(to["asked"][0][0], True, "Person 4 is known, so the head is asked.")
    return "Those four ids go where they should."


@exercise
def comparable(answer) -> str:
    """``answer(gates)``: (M, S) -> (M, S), means of 0 along both axes."""
    got = np.asarray(answer(np.array([[4.0, 1.0], [1.0, 1.0]])))
    expect(got, np.log(2) / 2 * np.array([[1.0, -1.0], [-1.0, 1.0]]),
           "For gates [[4, 1], [1, 1]] it's log(2)/2, 0.3466, with the signs [[+, −], [−, +]].")
    return "Both means are 0 here."


@exercise
def three_seeds(answer) -> str:
    """``answer(data, n_people, seeds)``: dict of gates (K, M, S), trust and spread (M, S)."""
    data = world(1, turns=10)
    found = answer(data, 12, [0, 1])
    if not isinstance(found, dict) or set(found) != {"gates", "trust", "spread"}:
        raise Wrong('Return a dict with the keys "gates", "trust" and "spread".')
    shapes = {key: tuple(np.shape(found[key])) for key in found}
    expect(shapes["gates"], (2, 3, 12), "`gates` is (seeds, modalities, people).")
    expect([shapes["trust"], shapes["spread"]], [(3, 12), (3, 12)],
           "`trust` and `spread` are (modalities, people).")
    if np.allclose(found["gates"][0], 1):
        raise Wrong("Those are the gates of a stage that wasn't trained.")
    return "The shapes are right, and something was learned."
