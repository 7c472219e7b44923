"""A training step's passes as one CUDA graph: a small student's kernels take less time than asking for them one by one.

What is captured reads its batch from memory that stays where it is, computes the loss and leaves the gradients where
they stay too. What changes from step to step in Python (learning rate, averaging) is no part of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from edgefer.console import say
from edgefer.ranks import world
from edgefer.recipe import Recipe
from edgefer.recipe_loss import DKDLoss

SWITCH = "EDGEFER_CUDA_GRAPHS"  # 0 in the environment: every kernel is asked for by itself
_WARM = 3  # steps before the capture, in which libraries choose their kernels and allocate

Step = Callable[[Tensor, Tensor, Tensor, Tensor | None], Tensor]


class Captured(NamedTuple):
    """replay: do the captured work again. loss: where it leaves the loss."""

    replay: Callable[[], None]
    loss: Tensor


def graphable(recipe: Recipe, device: torch.device) -> bool:
    """Whether a run's steps can be one graph: on one GPU, and nothing in them depends on how far the run is.

    Not with hooks in the network (hints), rounding (qat), torch.compile, which has graphs of its own, or a loss that grows.
    """
    if device.type != "cuda" or world() > 1 or os.environ.get(SWITCH) == "0":
        return False
    grows = isinstance(recipe.loss, DKDLoss) and recipe.teacher is not None and recipe.loss.warmup > 0
    return not (recipe.train.compile or recipe.loss.hints or recipe.qat or grows)


class Graphed:
    """`work`, captured after its first steps.

    work(rows, weight, view, taught) -> loss: `rows` int64 `[B]` of the faces `view` and of what is `taught`, mixup's
    weight as a scalar tensor; a scalar on the same device. It leaves gradients, and gives all memory but that back.
    """

    def __init__(self, work: Step, capture: Callable[[Callable[[], Tensor]], Captured] | None = None) -> None:
        self._work, self._capture = work, capture or _capture
        self._view: Tensor | None = None
        self._taught: Tensor | None = None
        self._rows: Tensor | None = None
        self._weight: Tensor | None = None
        self._captured: Captured | None = None
        self._steps, self._refused = 0, False

    def begin(self, view: Tensor, taught: Tensor | None) -> None:
        """Take an epoch's faces, and what teachers say of them, into the memory that the graph reads."""
        if self._view is None:
            self._view, self._taught = view.clone(), None if taught is None else taught.clone()
            return
        self._view.copy_(view)
        if self._taught is not None and taught is not None:
            self._taught.copy_(taught)

    def __call__(self, rows: Tensor, weight: float) -> Tensor:
        """One step's loss; its gradients are there afterwards. Every batch is of one size."""
        if self._rows is None or self._weight is None:
            self._rows, self._weight = rows.clone(), torch.full((), weight, device=rows.device)
        self._rows.copy_(rows)
        self._weight.fill_(weight)
        if self._refused:
            return self._now()
        if self._captured is None:
            if self._steps < _WARM:
                self._steps += 1
                return _aside(self._now) if rows.is_cuda else self._now()
            try:
                self._captured = self._capture(self._now)
            except RuntimeError as error:
                self._refused = True
                say(f"no CUDA graph of the training step ({str(error).partition(chr(10))[0]}): it runs without one")
                return self._now()
        self._captured.replay()
        return self._captured.loss.clone()

    def _now(self) -> Tensor:
        assert self._rows is not None
        assert self._weight is not None
        assert self._view is not None
        return self._work(self._rows, self._weight, self._view, self._taught)


def _aside(work: Callable[[], Tensor]) -> Tensor:
    """On a stream of its own, as what is to be captured wants to be done before."""
    stream, here = torch.cuda.Stream(), torch.cuda.current_stream()
    stream.wait_stream(here)
    with torch.cuda.stream(stream):
        loss = work()
    here.wait_stream(stream)
    return loss


def _capture(work: Callable[[], Tensor]) -> Captured:
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        loss = work()
    return Captured(graph.replay, loss)
