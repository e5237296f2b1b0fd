"""Centres are added as logarithms are, without bringing them into the units of x."""

LOSES = {"compose": 6}
SAYS = "first step's units"


def compose(a, c):
    return a.sum(0), c.sum(0)
