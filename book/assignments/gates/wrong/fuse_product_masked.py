"""NaNs are taken out of the product: the values are right, the gates' gradient is NaN."""

LOSES = {"fuse": 8, "three_seeds": 4}
SAYS = "NaN must be gone before"


def fuse(h, gates):
    there = ~h.isnan().any(-1)
    total = (gates * there).sum(0).clamp(min=1e-6)
    return (gates[..., None] * h).nan_to_num(0.0).sum(0) / total[:, None]
