"""A bidirectional GRU over dialogues of many lengths, both directions in one product a turn.

The equations are those of ``nn.GRU`` (PyTorch's documentation; Cho and others, 2014), and so are
its weights. On a CPU, where ``nn.GRU`` runs the directions one after the other and adds up the
weights' gradients turn by turn, this takes well under half of its time; on a GPU ``nn.GRU`` is
cuDNN's, and better.
"""

from __future__ import annotations

import torch
from torch import nn

from mlsan.data.batches import laid_out


def read(gru: nn.GRU, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """What ``gru`` makes of the n utterances x (n, D) of ``mask`` (B, T): states (n, 2 H)."""
    if x.is_cuda:
        turns = nn.utils.rnn.pack_padded_sequence(
            laid_out(x, mask), mask.sum(1).cpu(), batch_first=True, enforce_sorted=False)
        return nn.utils.rnn.pad_packed_sequence(gru(turns)[0], batch_first=True,
                                                total_length=mask.shape[1])[0][mask]
    ahead, back, sizes = in_step(mask)
    gates = torch.stack([
        nn.functional.linear(x, gru.weight_ih_l0, gru.bias_ih_l0).index_select(0, ahead),
        nn.functional.linear(x, gru.weight_ih_l0_reverse, gru.bias_ih_l0_reverse).index_select(
            0, back)])                                                          # (2, n, 3 H)
    weight = torch.stack([gru.weight_hh_l0.T, gru.weight_hh_l0_reverse.T])      # (2, H, 3 H)
    bias = torch.stack([gru.bias_hh_l0, gru.bias_hh_l0_reverse])[:, None]       # (2, 1, 3 H)
    states = Turns.apply(gates, weight, bias, sizes)                            # (2, n, H)
    return torch.cat([states[0].index_select(0, ahead.argsort()),
                      states[1].index_select(0, back.argsort())], dim=-1)


def in_step(mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, list[int]]:
    """The n utterances of ``mask`` (B, T) turn by turn, all dialogues in step, longest first.

    Returns their numbers (n,) as they follow each other from the first turns on, those from the
    last turns back, and how many dialogues go on at each step.
    """
    length, by_length = mask.sum(1).sort(descending=True, stable=True)
    number = (mask.flatten().cumsum(0) - 1).view_as(mask)[by_length]            # (B, T)
    turn = torch.arange(mask.shape[1], device=mask.device)
    here = turn < length[:, None]
    last = (length[:, None] - 1 - turn).clamp(min=0)
    return (number.T[here.T], number.gather(1, last).T[here.T],
            [k for k in here.sum(0).tolist() if k])


class Turns(torch.autograd.Function):
    """The recurrence itself: ``gates`` (2, n, 3 H) that the inputs ask for -> states (2, n, H).

    Rows are in the order of ``in_step``, gates in that of ``nn.GRU``: reset r, update z, new n.

        r, z = sigmoid(gates + told);  n = tanh(gates + r told);  h' = n + z (h - n)

    ``told`` is what the state h of the turn before says, ``weight`` (2, H, 3 H), ``bias``
    (2, 1, 3 H).
    """

    @staticmethod
    def forward(ctx, gates, weight, bias, sizes):
        H = weight.shape[1]
        h = gates.new_zeros(2, sizes[0], H)
        states, kept = [], []
        for k, gate in zip(sizes, gates.split(sizes, 1), strict=True):
            before = h[:, :k]
            told = torch.baddbmm(bias, before, weight)
            r, z = (gate[..., :2 * H] + told[..., :2 * H]).sigmoid_().split(H, -1)
            n = torch.addcmul(gate[..., 2 * H:], r, told[..., 2 * H:]).tanh_()
            h = torch.lerp(n, before, z)
            states.append(h)
            kept.append((before, told[..., 2 * H:], r, z, n))
        if any(ctx.needs_input_grad):
            ctx.save_for_backward(*(torch.cat(x, 1) for x in zip(*kept, strict=True)), weight)
            ctx.sizes = sizes
        return torch.cat(states, 1)

    @staticmethod
    def backward(ctx, grad):
        before, told, r, z, n, weight = ctx.saved_tensors
        # What a change of the new state h' is to the three gates; and then, what the loss is.
        to_n = (1 - z) * (1 - n * n)
        by = torch.stack([to_n * told * r * (1 - r), (before - n) * z * (1 - z), to_n * r], 2)
        asked, back = torch.empty_like(grad), grad.new_zeros(2, ctx.sizes[0], grad.shape[2])
        turns = zip(*(x.split(ctx.sizes, 1) for x in (grad, asked, by, z)), strict=True)
        for k, (own, total, gate, stay) in zip(ctx.sizes[::-1], [*turns][::-1], strict=True):
            torch.add(back[:, :k], own, out=total)
            gate *= total[:, :, None]
            back[:, :k] = torch.baddbmm(total * stay, gate.flatten(2), weight.transpose(1, 2))
        of_told = by.flatten(2)                                             # (2, n, 3 H)
        of_gates = torch.cat([by[:, :, 0], by[:, :, 1], asked * to_n], -1)
        return of_gates, before.transpose(1, 2) @ of_told, of_told.sum(1, keepdim=True), None
