"""Copies, written into by masks."""


def paths(speaker, hide):
    asked = speaker.ge(0)
    emotion = speaker.clone()
    emotion[asked & hide] = -1
    return {"emotion": emotion, "closed": speaker.clamp(max=-1), "asked": asked}
