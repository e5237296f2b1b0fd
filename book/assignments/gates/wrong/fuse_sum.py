"""The chapter's sum: a missing face makes the words no louder."""

LOSES = {"fuse": 16}
SAYS = "average of the encodings"


def fuse(h, gates):
    return (gates[..., None] * h.nan_to_num(0.0)).sum(0)
