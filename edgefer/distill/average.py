"""Averaged weights: what is measured and kept where a recipe sets `train.ema`."""

from __future__ import annotations

import copy

import torch
from torch import nn


class Average:
    """A copy of a network, `body`, that follows its weights and that no optimiser moves."""

    def __init__(self, followed: nn.Module) -> None:
        self.body = copy.deepcopy(followed).requires_grad_(requires_grad=False)
        # Listed once: asking two networks for their parameters at every step takes longer than the averaging.
        self._weights = (
            [value.data for value in self.body.parameters()],
            [value.data for value in followed.parameters()],
        )
        # By type: a list of several types is copied one tensor after the other, a hundred launches on a GPU.
        pairs = list(zip(self.body.buffers(), followed.buffers(), strict=True))
        self._statistics = [
            ([own for own, _ in pairs if own.dtype == kind], [other for own, other in pairs if own.dtype == kind])
            for kind in dict.fromkeys(own.dtype for own, _ in pairs)
        ]

    @torch.no_grad()
    def follow(self, decay: float, steps: int) -> None:
        """Move towards the weights by 1 - `decay`; `steps` were taken before the running epoch.

        Young averages follow closely: without this the first epochs would measure the initialisation. Batch-norm
        statistics, which are averages already, are copied.
        """
        decay = min(decay, (1 + steps) / (10 + steps))
        torch._foreach_lerp_(*self._weights, 1 - decay)
        for own, other in self._statistics:
            torch._foreach_copy_(own, other)
