"""Utterance by utterance, only what is there."""

import torch


def fuse(h, gates):
    rows = []
    for n in range(h.shape[1]):
        there = [m for m in range(len(h)) if not torch.isnan(h[m, n]).any()]
        if there:
            weights = gates[there, n] / gates[there, n].sum()
            rows.append(sum(w * h[m, n] for w, m in zip(weights, there, strict=True)))
        else:
            rows.append(torch.zeros(h.shape[2]))
    return torch.stack(rows)
