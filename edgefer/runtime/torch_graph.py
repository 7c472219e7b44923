"""A torch network's call as one CUDA graph: https://docs.pytorch.org/docs/stable/notes/cuda.html (CUDA Graphs)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import Tensor

# Libraries choose kernels and take memory in the first calls, which cannot be captured.
_BEFORE = 3


@dataclass(frozen=True)
class Captured:
    """A graph with the memory that it reads and writes. Each call overwrites the answer of the one before."""

    graph: torch.cuda.CUDAGraph
    values: Tensor
    answer: Tensor

    def __call__(self, values: Tensor) -> Tensor:
        """The network's answer to `values`, of the captured shape, on the same device."""
        self.values.copy_(values)
        self.graph.replay()
        return self.answer


def capture(network: Callable[[Tensor], Tensor], values: Tensor) -> Captured:
    """Capture the call `network(values)`, `values` on a GPU."""
    import torch

    with torch.inference_mode():
        mine = values.clone()
        side = torch.cuda.Stream(values.device)  # type: ignore[no-untyped-call]
        side.wait_stream(torch.cuda.current_stream(values.device))
        with torch.cuda.stream(side):
            for _ in range(_BEFORE):
                network(mine)
        torch.cuda.current_stream(values.device).wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            answer = network(mine)
    return Captured(graph, mine, answer)
