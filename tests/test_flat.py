"""Only utterances are computed, not the padding between them: that must change no number."""

import torch
from torch import nn

from mlsan.data.batches import laid_out
from mlsan.data.speaker_ids import speaker_ids
from mlsan.model.dropout import ByteDropout, Dropout
from mlsan.model.gru import read
from mlsan.training import build


def test_features_are_laid_out_as_the_corpus_has_them(small):
    batch = small.tensors(speaker_ids(small).ids).batch([3, 0])
    assert list(batch.features) == list(small.modalities)
    for m, x in small.features.items():
        wanted = torch.from_numpy(x)[batch.row] * batch.mask[..., None]
        assert torch.equal(batch.features[m], wanted)
        assert torch.equal(batch.flat[0][m], wanted[batch.mask])


def test_own_gru_is_torchs():
    """States, and the gradients of inputs and weights; dialogues of one turn and padding too."""
    torch.manual_seed(0)
    gru = nn.GRU(6, 4, batch_first=True, bidirectional=True).double()
    length = torch.tensor([3, 1, 5, 5, 2])
    mask = torch.arange(7) < length[:, None]
    x = torch.randn(int(length.sum()), 6, dtype=torch.double, requires_grad=True)
    packed = nn.utils.rnn.pack_padded_sequence(laid_out(x, mask), length, batch_first=True,
                                               enforce_sorted=False)
    theirs = nn.utils.rnn.pad_packed_sequence(gru(packed)[0], batch_first=True,
                                              total_length=7)[0][mask]
    ours = read(gru, x, mask)
    torch.testing.assert_close(ours, theirs)
    weight = torch.randn_like(ours)
    wanted, got = (torch.autograd.grad((y * weight).sum(), [x, *gru.parameters()])
                   for y in (theirs, ours))
    torch.testing.assert_close(got, wanted)


def test_byte_dropout_keeps_the_mean_and_its_share():
    torch.manual_seed(0)
    x = torch.full((1001, 301), 2.0)
    for rate in (0.2, 0.3, 0.5):
        layer = ByteDropout(rate)
        out = layer(x)
        assert abs((out == 0).float().mean() - rate) < 0.005 and abs(out.mean() - 2) < 0.02
        assert torch.equal(layer.eval()(x), x)
    kept = (ByteDropout(0.5)(x) > 0).float() - 0.5              # each number by itself
    assert abs((kept[1:] * kept[:-1]).mean()) < 0.005 > abs((kept[:, 1:] * kept[:, :-1]).mean())
    assert torch.equal(ByteDropout(0.0)(x), x)


def test_dropout_drops_its_share_and_scales_the_rest():
    x = torch.randn(400, 300, requires_grad=True)
    torch.manual_seed(0)
    out = Dropout(0.4)(x)
    kept = out != 0
    assert abs(kept.float().mean() - 0.6) < 0.01
    torch.testing.assert_close(out[kept], x[kept] / 0.6)
    assert torch.equal(torch.autograd.grad(out.sum(), x)[0] != 0, kept)
    assert Dropout(0.4).eval()(x) is x


def test_what_stage_3_reads_is_what_a_stranger_would_have_said(small):
    speakers = speaker_ids(small)
    batch = small.tensors(speakers.ids).batch(range(9))
    for config in ({}, {"stages": ("regularization",)}, {"concat_speaker": True},
                   {"stages": ("gating", "regularization")}):
        model = build(small, speakers, **config).eval()
        for p in model.parameters():
            nn.init.normal_(p, std=0.3)
        closed = model.closed(batch, model(batch))
        wanted = model.represent(batch, torch.zeros_like(batch.speaker))[2][batch.mask]
        torch.testing.assert_close(closed, wanted)
