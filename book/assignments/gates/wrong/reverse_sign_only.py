"""The sign is turned and the strength forgotten."""

LOSES = {"reverse": 11}
SAYS = "times −strength"


def reverse(h, strength):
    return h.detach() - (h - h.detach())
