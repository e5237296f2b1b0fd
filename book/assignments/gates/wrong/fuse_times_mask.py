"""What is multiplied by 0 is 0."""

LOSES = {"fuse": 12, "three_seeds": 4}
SAYS = "NaN times 0 is NaN"


def fuse(h, gates):
    gates = gates * ~h.isnan().any(-1)
    return (gates[..., None] * h).sum(0) / gates.sum(0).clamp(min=1e-6)[:, None]
