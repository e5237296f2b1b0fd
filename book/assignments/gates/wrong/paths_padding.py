"""Hiding and closing overwrite padding."""

import torch

LOSES = {"paths": 6}
SAYS = "padding stays padding"


def paths(speaker, hide):
    return {"emotion": torch.where(hide, -1, speaker), "closed": torch.full_like(speaker, -1),
            "asked": speaker >= 0}
