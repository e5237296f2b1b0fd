"""The sums are done in NumPy, and the number is wrapped in a tensor at the end."""

import numpy as np
import torch

LOSES = {"neutrality": 4}
SAYS = "is zero everywhere"


def neutrality(x, ids, lengths, rows):
    x, ids = x.detach().numpy().astype(float), ids.numpy()
    heard = (np.arange(len(x))[:, None] < lengths.numpy()) & (ids > 0)
    x, ids = x[heard], ids[heard]
    member = np.eye(rows)[ids]
    member = member[:, member.sum(0) > 1]
    if member.shape[1] == 0:
        return torch.tensor(0.0)
    count = member.sum(0)[:, None]
    mean = member.T @ x / count
    variance = member.T @ x ** 2 / count - mean ** 2
    place = (mean - mean.mean(0)) ** 2
    v = (variance + place).mean(0) + 1e-3
    return torch.tensor((place / v + np.log((variance + 1e-3) / v) ** 2 / 4).mean())
