"""The student's training passes through torch.compile, where a recipe asks for it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from edgefer.errors import BackendError, UsageError
from edgefer.ranks import world
from edgefer.recipe import Recipe


def passes(recipe: Recipe, network: nn.Module) -> Callable[[Tensor], Tensor]:
    """What the training loop calls: the network as it is, or compiled where `train.compile` says so.

    Raises UsageError where several processes share a batch: their batch norms exchange sums in the middle of the pass.
    The compiled one raises BackendError when torch cannot compile here, such as without a C++ compiler on a CPU.
    """
    if not recipe.train.compile:
        return network
    if world() > 1:
        raise UsageError(f"{recipe.name}: train.compile works in one process", "--set train.compile=false")
    quick: Callable[[Tensor], Tensor] = torch.compile(network)

    def run(pixels: Tensor) -> Tensor:
        try:
            return quick(pixels)
        except (torch._dynamo.exc.TorchDynamoException, torch._inductor.exc.InductorError) as error:
            cause = str(error).strip().partition("\n")[0]
            raise BackendError(f"torch.compile failed: {cause}", "--set train.compile=false") from error

    return run
