"""One training by several processes that ``torchrun`` started: each does a share of every batch.

Every process holds the whole model and takes the same steps; PyTorch's DistributedDataParallel
makes the gradients the mean over processes. What only one may do, such as writing, the first does.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import distributed, nn

from mlsan.data.validation import CorpusError


def rank() -> int:
    """Which of ``torchrun``'s processes this is, from 0; 0 for one that nobody launched."""
    return int(os.environ["RANK"]) if _launched() else 0


def _launched() -> bool:
    return "TORCHELASTIC_RUN_ID" in os.environ


@dataclass(frozen=True)
class Ranks:
    """The processes that train together, of which this one is ``own``; alone, nothing is shared."""

    own: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        return self.own == 0

    def wrapped(self, model: nn.Module) -> nn.Module:
        """The model as it is called where gradients are wanted; the weights stay the model's."""
        if self.size == 1:
            return model
        # An encoder may have a pooler, which nobody asks.
        return nn.parallel.DistributedDataParallel(model, find_unused_parameters=True)

    def share(self, rows: np.ndarray) -> tuple[np.ndarray, float]:
        """This process's rows of a batch, and the weight of their mean loss.

        The mean over processes of these weighted losses is the mean over the batch's rows, however
        unequal the shares are. Who would have none reads a row for nothing: all have to take part.
        """
        mine = rows[self.own::self.size]
        weight = len(mine) * self.size / len(rows)
        return (mine if len(mine) else rows[:1]), weight

    def mean(self, value: torch.Tensor) -> torch.Tensor:
        """Over processes."""
        if self.size > 1:
            value = value.clone()
            distributed.all_reduce(value)
            value /= self.size
        return value

    def gathered(self, own: list) -> list:
        """What the processes made of every ``size``-th of a list's parts, in the order of all."""
        if self.size == 1:
            return own
        each = [None] * self.size
        distributed.all_gather_object(each, own)
        return [each[i % self.size][i // self.size] for i in range(sum(map(len, each)))]

    def from_first(self, make: Callable):
        """What the first process makes, or the error that it meets, in all of them."""
        if self.size == 1:
            return make()
        answer = [None, None]
        if self.first:
            try:
                answer[0] = make()
            except Exception as error:
                answer[1] = error
        distributed.broadcast_object_list(answer)
        if answer[1]:
            raise answer[1]
        return answer[0]


@contextmanager
def together(device: torch.device) -> Iterator[tuple[Ranks, torch.device]]:
    """The processes that ``torchrun`` started, each with the device that it has to itself.

    Raises:
        CorpusError: there are more processes than GPUs.
    """
    if not _launched() or os.environ["WORLD_SIZE"] == "1":
        yield Ranks(), device
        return
    on_gpu, place = device.type == "cuda", int(os.environ["LOCAL_RANK"])
    if on_gpu:
        if place >= (there := torch.cuda.device_count()):
            raise CorpusError(f"torchrun: process {place + 1} of this machine has no GPU, there "
                              f"{'is' if there == 1 else 'are'} {there}; start it with "
                              f"--nproc-per-node {there}, or use --device cpu")
        device = torch.device("cuda", place)
        torch.cuda.set_device(device)
    if not distributed.is_initialized():
        distributed.init_process_group("nccl" if on_gpu else "gloo")
        atexit.register(distributed.destroy_process_group)
    try:
        yield Ranks(distributed.get_rank(), distributed.get_world_size()), device
    except BaseException:
        # It may wait for the others, who wait for this one; once this one ends, torchrun ends them.
        atexit.unregister(distributed.destroy_process_group)
        raise
