"""The hidden tests of "Gates and the adversary", one function each. For the grader only."""

from __future__ import annotations

import numpy as np
import torch
from given import world
from scipy import stats

from mlsan.exercises import Wrong, drawn, expect, plain


def normal(rng, *shape):
    return torch.tensor(rng.normal(size=shape), dtype=torch.float32)


def shaped(got, shape, hint):
    """What came back as an array of that shape, to be looked into; ``Wrong(hint)`` if it isn't."""
    got = plain(got)
    if not isinstance(got, np.ndarray) or got.shape != shape or got.dtype.kind not in "biuf":
        raise Wrong(f"{hint} (Expected numbers of shape {shape}.)")
    return got


def part(got, key):
    """One of the values of a dict that came back."""
    if not isinstance(got, dict) or key not in got:
        raise Wrong(f'What comes back is no dict with the key "{key}".')
    return got[key]


def stage(rng, people=6, dim=5, modalities=3):
    """Vectors, who is known (all), a reach, and a trained layer's weight and bias."""
    return (normal(rng, people, dim), torch.ones(people, dtype=torch.bool),
            float(rng.uniform(2, 9)), 0.6 * normal(rng, modalities, dim),
            0.5 * normal(rng, modalities))


def trained(vectors, known, reach, weight, bias):
    score = torch.where(known, (vectors @ weight.T + bias).T, 0.0)
    return reach ** torch.tanh(score)


def gates_untrained(gates_at):
    for rng in drawn(3):
        modalities = int(rng.integers(2, 6))
        vectors, known, reach, *_ = stage(rng)
        got = gates_at(modalities, 10 * vectors, known, reach)
        expect(got, np.ones((modalities, 6)),
               "Before any training every gate is exactly 1, whoever speaks: an untrained stage "
               "changes nothing. What must a score be for that, and what its layer?", 0)


def gates_reach(gates_at):
    for rng in drawn(3):
        vectors, known, reach, weight, bias = stage(rng)
        got = gates_at(3, vectors, known, reach, weight, bias)
        expect(got, trained(vectors, known, reach, weight, bias),
               "A trained stage's gates aren't reach ** tanh(score), modalities first.", 1e-3)
        far = gates_at(3, 1e4 * vectors, known, reach, weight, bias)
        ends = trained(1e4 * vectors, known, reach, weight, bias)
        expect(far, ends, "However extreme the scores, a gate stays between 1/reach and reach.",
               1e-3)


def gates_unknown(gates_at, gate_gradients):
    for rng in drawn(3):
        vectors, known, reach, weight, bias = stage(rng)
        known[rng.permutation(6)[:2]] = False
        got = shaped(gates_at(3, vectors, known, reach, weight, bias), (3, 6),
                     "Gates come modalities first.")
        expect(got[:, ~known.numpy()], np.ones((3, 2)),
               "Of somebody unknown nothing is known, after training either: their gates are 1, "
               "neither 0 nor what their vector or the bias says.", 0)
        back = normal(rng, 3, 6)
        moved = gate_gradients(vectors, known, reach, back, weight, bias)
        only = gate_gradients(vectors[known], known[known], reach, back[:, known], weight, bias)
        for name in ("weight", "bias"):
            expect(part(moved, name), part(only, name),
                   "An utterance of somebody unknown moves the stage: nothing is learned there "
                   "about anybody.", 1e-3)


def gates_move(gate_gradients):
    for rng in drawn(3):
        vectors, known, reach, *_ = stage(rng)
        back = normal(rng, 3, 6)
        moved = gate_gradients(vectors, known, reach, back)
        for name, wanted in {"weight": back @ vectors, "bias": back.sum(1)}.items():
            expect(part(moved, name), np.log(reach) * wanted,
                   "The untrained stage doesn't start to move as it should: at a score of 0 a gate "
                   "grows by log(reach) times the score, and the layer learns from that.", 1e-3)


def scene(rng, b=7, size=4, nobody=False):
    """Encodings with NaNs for what is missing (each modality somewhere), gates, what comes back."""
    h, gates = normal(rng, 3, b, size), torch.exp(normal(rng, 3, b))
    missing = torch.zeros(3, b, dtype=torch.bool)
    missing[[0, 1, 2, 0, 1], [0, 1, 2, 3, 3]] = True
    missing[:, 4] = nobody
    order = torch.from_numpy(rng.permutation(b))
    h[missing] = torch.nan
    return h[:, order], gates[:, order], normal(rng, b, size)


def fused(h, gates, back):
    """By hand: utterance by utterance, only what is there; values and gradients."""
    out, at_h, at_gates = torch.zeros(h.shape[1:]), torch.zeros(h.shape), torch.zeros(gates.shape)
    for n in range(h.shape[1]):
        there = ~h[:, n].isnan().any(-1)
        if there.any():
            total = gates[there, n].sum()
            out[n] = gates[there, n] @ h[there, n] / total
            at_h[there, n] = gates[there, n, None] / total * back[n]
            at_gates[there, n] = (h[there, n] - out[n]) @ back[n] / total
    return {"out": out, "h": at_h, "gates": at_gates}


def finite(gradients, of_h=..., of_gates=...):
    """Whether the gradients are finite, all of them or where the indices say."""
    at_h = shaped(part(gradients, "h"), (3, 7, 4), "h gets no gradient.")
    at_gates = shaped(part(gradients, "gates"), (3, 7), "The gates get no gradient.")
    return np.isfinite(at_h[of_h]).all() and np.isfinite(at_gates[of_gates]).all()


def fuse_average(fuse):
    for rng in drawn(3):
        h, gates, back = normal(rng, 3, 5, 4), torch.exp(normal(rng, 3, 5)), normal(rng, 5, 4)
        expect(fuse(h, gates), fused(h, gates, back)["out"],
               "With everything there it's the average of the encodings, each as heavy as its "
               "gate.")


def fuse_missing(fuse):
    for rng in drawn(3):
        h, gates, back = scene(rng)
        before = h.clone(), gates.clone()
        expect(fuse(h, gates), fused(h, gates, back)["out"],
               "With a modality missing it's the average of those that are there. Neither its NaN "
               "may come through (NaN times 0 is NaN) nor its gate stay in the total.")
        for now, then in zip((h, gates), before, strict=True):
            expect(now, then, "Your function changed what it was given; work on a copy.", 0)


def fuse_nobody(fuse, fuse_gradients):
    for rng in drawn(2):
        h, gates, back = scene(rng, nobody=True)
        wanted = fused(h, gates, back)
        empty = h.isnan().all(-1).all(0).numpy()
        out = shaped(fuse(h, gates), (7, 4), "One row comes back for each utterance.")
        expect(out[empty], np.zeros((1, 4)),
               "Where nothing at all was recorded, the average has nothing to average: say 0.")
        got = fuse_gradients(h, gates, back)
        if not finite(got, (..., empty, slice(None)), (..., empty)):
            raise Wrong("Where nothing at all was recorded, the value is fine but the gradient is "
                        "NaN: a division by 0 whose result nobody keeps still has a gradient.")
        expect(out[~empty], wanted["out"][~empty],
               "An utterance without any modality must not change the others.")


def fuse_gradient(fuse_gradients):
    for rng in drawn(3):
        h, gates, back = scene(rng)
        got, wanted = fuse_gradients(h, gates, back), fused(h, gates, back)
        if not finite(got):
            raise Wrong("The values may be right, but a missing modality makes the gradient NaN: "
                        "a gate's gradient is its encoding times something, and 0 times NaN is "
                        "NaN. The NaN must be gone before it is multiplied, not after.")
        expect(part(got, "gates"), wanted["gates"],
               "The gates' gradient isn't that of the average.")
        expect(part(got, "h"), wanted["h"], "The encodings' gradient isn't that of the average.")


def reverse_values(reverse):
    for rng in drawn(3):
        h = normal(rng, 6, 4) * torch.exp(3 * normal(rng, 6, 4))
        for strength in (0.0, 0.3, 3e4):
            expect(reverse(h, strength), h,
                   "Going forward h must come out bit for bit, with a strength of 30,000 as well "
                   "and where nobody asks for a gradient. Adding and taking away large multiples "
                   "of h rounds.", 0)


def reverse_backwards(reverse_at):
    for rng in drawn(3):
        h, back = normal(rng, 6, 4), normal(rng, 6, 4)
        for strength in (0.0, float(rng.uniform(0.1, 4))):
            got = reverse_at(h, strength, back, torch.zeros(6, 4))
            expect(part(got, "gradient"), -strength * back,
                   "Coming back, the gradient is that which came in, times −strength.", 1e-3)


def reverse_rows(reverse_at):
    for rng in drawn(3):
        h, back = normal(rng, 5, 5), normal(rng, 5, 5)
        strength = torch.tensor(rng.uniform(0, 3, 5), dtype=torch.float32)
        got = reverse_at(h, strength, back, torch.zeros(5, 5))
        expect(part(got, "gradient"), -strength[:, None] * back,
               "A strength of shape (B,) holds one number for each utterance, that is for each "
               "row of h, not for each column.", 1e-3)
        expect(part(got, "out"), h, "Going forward h must come out as it is, whatever the rows' "
                              "strengths.")


def reverse_second(reverse_at):
    for rng in drawn(3):
        h, back, other = normal(rng, 6, 4), normal(rng, 6, 4), normal(rng, 6, 4)
        got = reverse_at(h, 0.7, back, other)
        expect(part(got, "gradient"), other - 0.7 * back,
               "A second loss reads the same h and never asked to be reversed: its gradient must "
               "come through as it is. Only what passed through your function is turned round.",
               1e-3)


def ids(rng):
    speaker = torch.from_numpy(rng.integers(-1, 5, (6, 4)))
    speaker[0, :3] = torch.tensor([-1, 0, 2])
    speaker[4:, 1], speaker[5, 2] = -2, -2
    hide = torch.from_numpy(rng.random((6, 4)) < 0.4)
    hide[0, 1], hide[0, 2], hide[5, 1] = True, False, True
    return speaker, hide


def paths_closed(paths):
    for rng in drawn(3):
        speaker, hide = ids(rng)
        wanted = np.where(speaker.numpy() == -2, -2, -1)
        expect(part(paths(speaker, hide), "closed"), wanted,
               "On the closed path the gates are told nobody: somebody unknown is −1 here (0 is a "
               "person!), and padding stays padding.")


def paths_emotion(paths):
    for rng in drawn(3):
        speaker, hide = ids(rng)
        before = speaker.clone()
        wanted = speaker.numpy().copy()
        wanted[hide.numpy() & (wanted >= 0)] = -1
        expect(part(paths(speaker, hide), "emotion"), wanted,
               "For the emotion the gates hear who speaks, except where that is hidden; padding "
               "stays padding, hidden or not.")
        expect(speaker, before, "Your function changed the ids that it was given.")


def paths_asked(paths):
    for rng in drawn(3):
        speaker, hide = ids(rng)
        expect(part(paths(speaker, hide), "asked"), speaker.numpy() >= 0,
               "The head is asked wherever it is known who spoke, hidden from the gates or not, "
               "and of person 0 too; but not of somebody unknown, nor of padding.")


def centred(gates):
    logs = np.log(plain(gates))
    return logs - logs.mean(-1, keepdims=True) - logs.mean(-2, keepdims=True) + logs.mean(
        (-2, -1), keepdims=True)


def comparable_people(comparable):
    for rng in drawn(3):
        gates, factor = np.exp(rng.normal(size=(3, 9))), np.exp(rng.normal(size=9))
        expect(comparable(gates * factor), plain(comparable(gates)),
               "Multiply the three gates of one person by a constant: no average changes, but your "
               "result does.")


def comparable_modalities(comparable):
    for rng in drawn(3):
        gates, factor = np.exp(rng.normal(size=(3, 9))), np.exp(rng.normal(size=(3, 1)))
        expect(comparable(gates * factor), plain(comparable(gates)),
               "Multiply everybody's gate of one modality by a constant, which its encoder can "
               "hide: your result changes.")


def comparable_ratios(comparable):
    for rng in drawn(3):
        gates = np.exp(rng.normal(size=(4, 7)))
        expect(comparable(gates), centred(gates),
               "What is left must be logarithms, with mean 0 over people and over modalities, in "
               "which every ratio of ratios is what it was.", 1e-3)


def drawn_world(rng, turns):
    """A world that nobody has seen: what is handed over, and the trust, which is not."""
    data = world(int(rng.integers(2**62)), turns)
    return data, data.pop("planted")


def seeds(rng, n):
    return [int(seed) for seed in rng.choice(10_000, n, replace=False)]


def seeds_recover(three_seeds):
    (rng,) = drawn(1)
    data, planted = drawn_world(rng, 400)
    found = three_seeds(data, 12, seeds(rng, 2))
    found = centred(shaped(part(found, "gates"), (2, 3, 12), "`gates` is (K, M, S).")).mean(0)
    if not stats.spearmanr(found.ravel(), centred(planted).ravel())[0] >= 0.85:
        raise Wrong("In a world whose trust we planted, the gates that you give back don't follow "
                    "it. Are they those of the trained stage, asked for each person in turn? Do "
                    "your Gating, fuse and reverse pass?")


def seeds_apart(three_seeds):
    (rng,) = drawn(1)
    data, _ = drawn_world(rng, 25)
    some = seeds(rng, 2)
    there, back = (shaped(part(three_seeds(data, 12, order), "gates"), (2, 3, 12),
                          "`gates` is (K, M, S).") for order in (some, some[::-1]))
    expect(back[::-1], there,
           "The same two seeds in the other order give other gates: something of one run reaches "
           "the next. Each begins with its own seed and a network of its own.", 1e-2)
    if np.allclose(there[0], there[1], rtol=1e-3):
        raise Wrong("Two different seeds give the same gates: the seed isn't used.")


def seeds_summary(three_seeds, comparable):
    (rng,) = drawn(1)
    data, _ = drawn_world(rng, 25)
    found = three_seeds(data, 12, seeds(rng, 3))
    gates = shaped(part(found, "gates"), (3, 3, 12), "`gates` is (K, M, S).")
    each = np.stack([shaped(comparable(np.array(one)), (3, 12), "`comparable` gives back (M, S).")
                     for one in gates])
    expect(part(found, "trust"), each.mean(0),
           "`trust` is the mean over seeds of the comparable gates: first make each seed's "
           "comparable, then average.", 1e-3)
    expect(part(found, "spread"), each.std(0, ddof=1),
           "`spread` is the standard deviation over seeds of the comparable gates, with "
           "seeds − 1 below.", 1e-3)
