"""Who is hidden from the gates isn't asked for either."""

import torch

LOSES = {"paths": 2}
SAYS = "hidden from the gates or not"


def paths(speaker, hide):
    told = torch.where(hide & (speaker >= 0), -1, speaker)
    return {"emotion": told, "closed": speaker.clamp(max=-1), "asked": told >= 0}
