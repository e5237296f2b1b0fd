"""A strength of shape (B,) broadcasts by itself: along the columns."""

LOSES = {"reverse": 3}
SAYS = "not for each column"


def reverse(h, strength):
    return h.detach() - strength * (h - h.detach())
