"""An average divides by how many there are."""

LOSES = {"fuse": 16}
SAYS = "each as heavy as its gate"


def fuse(h, gates):
    there = ~h.isnan().any(-1)
    seen = h.nan_to_num(0.0)
    return (gates[..., None] * seen).sum(0) / there.sum(0).clamp(min=1)[:, None]
