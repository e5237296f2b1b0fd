"""Hiding is written into the ids that were handed over."""

LOSES = {"paths": 5}
SAYS = "changed the ids"


def paths(speaker, hide):
    closed, asked = speaker.clamp(max=-1), speaker >= 0
    speaker[hide & asked] = -1
    return {"emotion": speaker, "closed": closed, "asked": asked}
