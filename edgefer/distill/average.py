"""Averaged weights: what is measured and kept where a recipe sets `train.ema`."""

from __future__ import annotations

import copy

import torch
from torch import nn


def averaged(body: nn.Module) -> nn.Module:
    """A copy that `follow` moves and no optimiser does."""
    return copy.deepcopy(body).requires_grad_(requires_grad=False)


@torch.no_grad()
def follow(average: nn.Module, body: nn.Module, decay: float, steps: int) -> None:
    """Move the average towards the weights, by 1 - `decay`; `steps` were taken before the running epoch.

    Young averages follow closely: without this the first epochs would measure the initialisation. Batch-norm
    statistics, which are averages already, are copied.
    """
    decay = min(decay, (1 + steps) / (10 + steps))
    values, averages = list(body.parameters()), list(average.parameters())
    torch._foreach_lerp_([value.data for value in averages], [value.data for value in values], 1 - decay)
    for buffer, source in zip(average.buffers(), body.buffers(), strict=True):
        buffer.copy_(source)
