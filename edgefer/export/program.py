"""PyTorch network -> exported program (`torch.export`) that computes in one precision, and a count that shows it."""

from __future__ import annotations

import copy
from collections import Counter

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram, export

from edgefer.card import Precision
from edgefer.models.network import Network

TYPES = {Precision.FP32: torch.float32, Precision.FP16: torch.float16, Precision.BF16: torch.bfloat16}
_KINDS = {"conv": "conv", "linear": "matmul", "addmm": "matmul", "mm": "matmul", "bmm": "matmul", "matmul": "matmul"}
_NAMES = {torch.float32: "float", torch.float16: "half", torch.bfloat16: "bfloat16"}


class Cast(nn.Module):
    """A network whose body computes in `dtype`, between float32 pixels and float32 logits; the network is copied."""

    def __init__(self, network: Network, dtype: torch.dtype) -> None:
        super().__init__()
        self.network = copy.deepcopy(network).eval()
        self.network.body.to(dtype)
        self.dtype = dtype

    def forward(self, pixels: Tensor) -> Tensor:
        # Normalised first: pixels up to 255 have few bits left for the rest in bfloat16.
        normalised = pixels * self.network.scale + self.network.shift
        return self.network.body(normalised.to(self.dtype)).float()


def typed_program(
    network: Network, shape: tuple[int, int, int], precision: Precision, batch: tuple[int, int, int], device: str
) -> ExportedProgram:
    """Export `network` for pixels `[batch, *shape]`, batch smallest, usual and largest; one size is exported as fixed.

    precision: one of `TYPES`. device: such as `cuda`, where the program's weights lie.
    """
    module = Cast(network, TYPES[precision]).to(device)
    smallest, usual, largest = batch
    if smallest == largest:
        return export(module, (torch.zeros(usual, *shape, device=device),))
    # An example of one face would be frozen into the program.
    example = torch.zeros(max(usual, 2), *shape, device=device)
    return export(module, (example,), dynamic_shapes=({0: Dim("batch", min=smallest, max=largest)},))


def census(program: ExportedProgram) -> dict[str, int]:
    """Convolutions and matrix products by the type of their result, such as `{"conv half": 12, "matmul half": 6}`."""
    found: Counter[str] = Counter()
    for node in program.graph.nodes:
        name = str(node.target).removeprefix("aten.").partition(".")[0]
        kind = next(
            (kind for word, kind in _KINDS.items() if name == word or (word == "conv" and name.startswith(word))), ""
        )
        if node.op == "call_function" and kind:
            dtype = node.meta["val"].dtype
            found[f"{kind} {_NAMES.get(dtype, str(dtype))}"] += 1
    return dict(sorted(found.items()))
