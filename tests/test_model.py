from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import torch

from mlsan.data.corpus import Corpus
from mlsan.data.speaker_ids import speaker_ids
from mlsan.model.calibration import Calibration, Moments, neutrality
from mlsan.model.gating import Gating
from mlsan.model.mlsan import STAGES, Config
from mlsan.training import Settings, build, fit, inspect, loss

READERS = [{"context": False}, {}, {"recurrent": True}, {"evidence": True}]
ALL = [c for k in range(4) for c in combinations(STAGES, k)]


def made(corpus, **config):
    speakers = speaker_ids(corpus)
    return build(corpus, speakers, 0, **config).eval(), corpus.tensors(speakers.ids)


def shaken(model, seed=1):
    """The same model with every weight moved, so that zero-initialised stages do something."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.1 * torch.randn(p.shape, generator=generator))
    return model


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("stages", ALL)
def test_untrained_stages_change_nothing_bit_for_bit(small, stages, reader):
    static, tensors = made(small, stages=(), **reader)
    staged, _ = made(small, stages=stages, **reader)
    batch = tensors.batch(range(20))
    assert torch.equal(static(batch).logits, staged(batch).logits)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("stages", [(), STAGES])
def test_logits_ignore_companions_and_padding(small, stages, reader):
    model, tensors = made(small, stages=stages, **reader)
    shaken(model)
    everyone = tensors.batch(range(len(small.dialogues("train"))))
    logits = model(everyone).logits
    for i in (0, 7, 31):
        n = int(everyone.mask[i].sum())
        alone, padded = tensors.batch([i]), tensors.batch([i], turns=n + 40)
        among_others = tensors.batch([3, i, 5])
        for batch, at in ((alone, 0), (padded, 0), (among_others, 1)):
            assert torch.allclose(model(batch).logits[at, :n], logits[i, :n], atol=1e-5)


@pytest.mark.parametrize("reader", READERS)
def test_padding_content_is_never_read(small, reader):
    model, tensors = made(small, **reader)
    shaken(model)
    batch = tensors.batch(range(9))
    mask = batch.mask
    dirty = replace(batch, speaker=torch.where(mask, batch.speaker, 3),
                    party=torch.where(mask, batch.party, 1),
                    features={m: torch.where(mask[..., None], x, 1e3)
                              for m, x in batch.features.items()})
    assert torch.allclose(model(batch).logits[mask], model(dirty).logits[mask], atol=1e-5)


@pytest.mark.parametrize("reader", READERS)
def test_a_turn_hears_the_others_only_with_context(small, reader):
    model, tensors = made(small, **reader)
    shaken(model)
    batch = tensors.batch([0])
    louder = replace(batch, features={m: x.clone() for m, x in batch.features.items()})
    louder.features["text"][0, 0] += 5
    change = (model(batch).logits - model(louder).logits)[0].abs().amax(-1)
    assert change[0] > 1e-3 and (change[1:] > 1e-4).any() == reader.get("context", True)


@pytest.mark.parametrize("reader", READERS)
def test_a_static_model_is_the_same_whatever_the_speakers_are_called(small, reader):
    """So that a difference between two speaker modes is one of names, not of who answered whom."""
    model, tensors = made(small, stages=(), **reader)
    shaken(model)
    batch = tensors.batch(range(9))
    others = torch.arange(batch.mask.shape[1]) % 6 + torch.zeros_like(batch.speaker)
    assert torch.equal(model(batch).logits, model(batch, others).logits)


def test_two_strangers_are_two(small):
    """Neither is known; yet the context hears which turns are whose."""
    names = small.table.speaker.map({n: f"new {n}" for n in set(small.table.speaker)})
    test = small.table.split == "test"

    def renamed(who):
        table = small.table.assign(speaker=small.table.speaker.where(~test, who))
        return Corpus("odd", table, small.features, small.emotions)

    strangers, one = renamed(names), renamed("somebody")
    assert not speaker_ids(strangers).ids[small.rows("test")].any()
    model, tensors = made(strangers, stages=())
    shaken(model)
    batch, same = (c.tensors(speaker_ids(c).ids).batch(c.dialogues("test"))
                   for c in (strangers, one))
    assert torch.equal(batch.speaker, same.speaker)
    several = [len(set(names[small.dialogue_of_row == d])) > 1 for d in small.dialogues("test")]
    apart = (model(batch).logits - model(same).logits).abs().amax((1, 2)) > 1e-3
    assert apart.tolist() == several and any(several)


def test_a_feature_constant_in_train_does_not_decide_alone(small):
    """A count that never varies, a flag that appears at test, a sensor gone mad."""
    test = small.rows("test")
    odd = np.zeros((len(small), 4), np.float32)
    odd[:, 1], odd[small.rows("train")[0], 2] = 7.1, 1e-4
    odd[:, 3] = small.features["text"][:, 0]
    odd[test] = [0.01, 1e6, 1, 1e9]
    spoilt = small.replaced(features=small.features | {
        "text": np.hstack([small.features["text"], odd])})
    speakers = speaker_ids(spoilt)
    model = build(spoilt, speakers)
    assert model.text_sd[-4] == model.text_sd[-3] == 1              # as in scikit-learn
    fit(model, spoilt, speakers, Settings(epochs=2), progress=False, device="cpu")
    out = inspect(model, spoilt.tensors(speakers.ids), spoilt.dialogues("test"))
    assert np.abs(out["logits"]).max() < 50


def test_context_knows_a_speakers_own_turns(small):
    model, _ = made(small)
    party = torch.tensor([[0, 1, 1, 0, 0, 0]])
    mask = torch.tensor([[True] * 5 + [False]])
    relation = model.context.relation(party, mask)[0]
    reach = model.context.reach
    own = relation >= 2 * reach + 1
    assert own[0].tolist() == [True, False, False, True, True, False]
    # From turn 3, turn 0 is three turns back but one own turn; turn 2 is the one before, another's.
    assert (relation[3, 0] - (2 * reach + 1) - reach).item() == -1
    assert (relation[3, 2] - reach).item() == -1


def test_absent_modality_is_ignored(small):
    model, tensors = made(small)
    shaken(model)
    batch = tensors.batch(range(4))
    gone = replace(batch, present=batch.present | {"visual": torch.zeros_like(batch.mask)})
    other = replace(gone, features=gone.features | {"visual": gone.features["visual"] + 9})
    assert torch.equal(model(gone).logits, model(other).logits)
    assert not torch.allclose(model(gone).logits, model(batch).logits)


def test_calibration_is_the_equation():
    stage = Calibration({"text": 2, "audio": 3, "visual": 2}, 4)
    torch.nn.init.normal_(stage.film["audio"].weight)
    x = {m: torch.randn(2, 5, d) for m, d in (("text", 2), ("audio", 3), ("visual", 2))}
    speaker = torch.randn(2, 5, 4)
    gamma, beta = stage.gamma_beta("audio", speaker)
    out = stage(x, speaker)
    torch.testing.assert_close(out["audio"], x["audio"] + gamma * x["audio"] + beta)
    assert torch.equal(out["text"], x["text"]) and torch.equal(out["visual"], x["visual"])
    assert "text" not in stage.film


def test_own_moments_are_where_calibration_starts(small):
    """Whoever train knows is moved to mean 0 and sd 1, strangers stay, and so does the text."""
    model, tensors = made(small, moments=True)
    batch = tensors.batch(small.dialogues("train"))
    plain, moved = made(small)[0](batch).calibrated, model(batch).calibrated
    assert torch.equal(plain["text"][batch.mask], moved["text"][batch.mask])
    who = batch.speaker[batch.mask]
    for m in ("audio", "visual"):
        for s in who.unique():
            x = moved[m][batch.mask][who == s]
            assert x.mean(0).abs().max() < 0.1
            assert (x.std(0) - 1).abs().max() < 0.1
        nobody = model(batch, torch.zeros_like(batch.speaker)).calibrated[m]
        assert torch.equal(nobody[batch.mask], plain[m][batch.mask])


def test_a_feature_that_somebody_never_varied_keeps_its_size():
    own = Moments({"text": 1, "audio": 2}, 3)
    x = torch.tensor([[1.0, 5.0], [3.0, 5.0], [2.0, 7.0]])
    own.take("audio", x, torch.tensor([1, 1, 2]))
    assert own.audio_sd[1, 1] == 1 and own.audio_sd[1, 0] > 1 and (own.audio_sd[0] == 1).all()
    out = own({"audio": x, "text": x[:, :1]}, torch.tensor([1, 1, 0]))
    assert torch.equal(out["audio"][2], x[2]) and torch.equal(out["text"], x[:, :1])


@pytest.mark.parametrize("differ", [0.0, 1.0])
def test_moments_take_people_to_differ_as_far_as_they_do(differ):
    """Fifty people of ten utterances: luck alone is held back, true differences nearly are not."""
    draw, own = torch.Generator().manual_seed(0), Moments({"audio": 4}, 51)
    shift, gain = (differ * torch.randn(50, 1, 4, generator=draw) for _ in range(2))
    x = (0.5 * gain).exp() * torch.randn(50, 10, 4, generator=draw) + shift
    own.take("audio", x.flatten(0, 1), torch.arange(50).repeat_interleave(10) + 1)
    for held, plain in ((own.audio_mean[1:], x.mean(1)), (own.audio_sd[1:].log(), x.std(1).log())):
        spread = held.var(0) / plain.var(0)
        assert spread.mean() < 0.1 if differ == 0 else spread.min() > 0.6


def test_gates_start_at_one_and_stay_between_zero_and_two():
    stage = Gating(3, 4)
    assert torch.equal(stage(torch.randn(2, 5, 4)), torch.ones(2, 5, 3))
    torch.nn.init.normal_(stage.linear.weight, std=5)
    gates = stage(torch.randn(2, 5, 4))
    assert gates.min() >= 0 and gates.max() <= 2 and gates.std() > 0.3


def test_neutrality_sees_shift_and_scale_and_is_blind_to_units():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(4000, 3, generator=generator)
    speaker = torch.arange(4000) % 4 + 1
    alike = neutrality(x, speaker)
    shifted = neutrality(x + (speaker == 1)[:, None], speaker)
    louder = neutrality(x * (1 + (speaker == 2))[:, None], speaker)
    assert alike < 0.01 < 0.1 < min(shifted, louder)
    torch.testing.assert_close(neutrality(1000 * x, speaker), alike, rtol=1e-3, atol=1e-5)
    strangers = torch.zeros(100, dtype=torch.long)
    with_strangers = torch.cat([x, 50 + x[:100]]), torch.cat([speaker, strangers])
    torch.testing.assert_close(neutrality(*with_strangers), alike)


def test_neutrality_of_strangers_is_zero():
    x = torch.randn(5, 3, requires_grad=True)
    assert neutrality(x, torch.zeros(5, dtype=torch.long)) == 0


def test_closed_path_hides_the_speaker_from_the_head(small):
    model, tensors = made(small)
    shaken(model)
    batch = tensors.batch(range(6))
    swapped = replace(batch, speaker=(batch.speaker % 6 + 1) * batch.mask)
    closed = [model.speaker_logits(b, closed=True) for b in (batch, swapped)]
    opened = [model.speaker_logits(b, closed=False) for b in (batch, swapped)]
    assert torch.equal(*closed) and not torch.allclose(*opened)


def test_loss_counts_real_utterances_only(small):
    model, tensors = made(small, speaker_dropout=0.0)
    shaken(model)
    settings = Settings(neutrality=0.5, regularization=0.5)
    short = loss(model, tensors.batch([0, 1]), settings)
    padded = loss(model, tensors.batch([0, 1], turns=60), settings)
    torch.testing.assert_close(short, padded)
    assert loss(model, tensors.batch([0, 1]), Settings(neutrality=0, regularization=0)) < short


def test_speaker_dropout_trains_the_unknown_row(small):
    model, tensors = made(small, speaker_dropout=0.5)
    shaken(model).train()
    torch.manual_seed(0)
    loss(model, tensors.batch(range(20)), Settings()).backward()
    assert model.speakers.vectors.weight.grad[0].abs().sum() > 0


def test_concatenation_baseline_is_told_the_speaker(small):
    model, tensors = made(small, stages=(), concat_speaker=True)
    batch = tensors.batch([0])
    swapped = model(batch, batch.speaker % 6 + 1).logits
    assert not torch.allclose(model(batch).logits, swapped)


def test_unknown_stage_is_refused():
    with pytest.raises(ValueError, match="'calibrate'.*calibration, gating, regularization"):
        Config(dims={"text": 3}, emotions=2, speakers=3, stages=("calibrate",))


def test_inputs_are_standardised_by_train_alone(small):
    model, _ = made(small)
    audio = small.features["audio"][small.rows("train")]
    np.testing.assert_allclose(model.audio_mean, audio.mean(0), rtol=1e-4, atol=1e-5)
