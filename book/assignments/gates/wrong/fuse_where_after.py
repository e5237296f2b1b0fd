"""0/0 is replaced after the division: the value is right, its gradient is NaN."""

import torch

LOSES = {"fuse": 3}
SAYS = "a division by 0 whose result nobody keeps"


def fuse(h, gates):
    gates = torch.where(h.isnan().any(-1), 0.0, gates)
    total = gates.sum(0)[:, None]
    fused = (gates[..., None] * h.nan_to_num(0.0)).sum(0) / total
    return torch.where(total > 0, fused, 0.0)
