"""Both signs are turned around: back is minus there."""

LOSES = {"invert": 8}
SAYS = "Solve x'"


def invert(a, c):
    return -a, -c
