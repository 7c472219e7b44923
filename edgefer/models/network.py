"""A body that eats normalised pixels, wrapped into a network that eats pixels 0..255."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from edgefer.card import InputSpec


class Network(nn.Module):
    """`body((x / 255 - mean) / std)`: float32 `[N, C, H, W]` pixels 0..255 -> logits `[N, classes]`.

    The normalisation is one multiply and one add, so that it stays two nodes in an exported graph. Its constants are
    not part of the state dict: they come from the model card.
    """

    scale: Tensor
    shift: Tensor

    def __init__(self, body: nn.Module, spec: InputSpec) -> None:
        super().__init__()
        self.body = body
        mean = torch.tensor(spec.mean, dtype=torch.float64).reshape(1, -1, 1, 1)
        std = torch.tensor(spec.std, dtype=torch.float64).reshape(1, -1, 1, 1)
        self.register_buffer("scale", (1 / (255 * std)).float(), persistent=False)
        self.register_buffer("shift", (-mean / std).float(), persistent=False)

    def forward(self, pixels: Tensor) -> Tensor:
        return self.body(pixels * self.scale + self.shift)
