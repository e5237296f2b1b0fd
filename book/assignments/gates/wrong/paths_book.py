"""The chapter's convention: 0 is nobody."""

import torch

LOSES = {"paths": 8}
SAYS = "0 is a person"


def paths(speaker, hide):
    told = torch.where(hide, 0, speaker)
    return {"emotion": told, "closed": torch.zeros_like(speaker), "asked": speaker > 0}
