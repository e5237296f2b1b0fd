"""The NaNs are overwritten where they stand."""

LOSES = {"fuse": 12, "three_seeds": 10}
SAYS = "changed what it was given"


def fuse(h, gates):
    missing = h.isnan().any(-1)
    h[missing] = 0.0
    gates[missing] = 0.0
    return (gates[..., None] * h).sum(0) / gates.sum(0).clamp(min=1e-6)[:, None]
