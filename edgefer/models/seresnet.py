"""Plain residual networks with squeeze-excite (He et al., arXiv 1512.03385; Hu et al., arXiv 1709.01507) for small faces.

They spend their width where a face is still large, which ResEmoteNet's cuts do not: those keep eight channels at full
size and put 73 % of their weights where the picture is one pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional as F

from edgefer.models.resemotenet import SqueezeExcite


class BasicBlock(nn.Module):
    """Two 3x3 convolutions, squeeze-excite, and a projection where the shape changes; `stride` falls on the first."""

    def __init__(self, inputs: int, outputs: int, stride: int, reduction: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.se = SqueezeExcite(outputs, outputs // reduction)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(self.se(y) + self.shortcut(x))


class SEResNet(nn.Module):
    """Normalised pixels `[N, channels, H, W]` -> logits `[N, classes]`.

    A 3x3 stem of `stem` channels, halved by max pooling when `pool`, then one stage an entry of `widths`; every stage
    but the first halves the picture, `blocks` says how many residual blocks each has. `stem_dropout` drops elements
    after the stem, `head_dropout` before the one linear layer.
    """

    def __init__(
        self,
        stem: int,
        widths: Sequence[int],
        blocks: Sequence[int],
        pool: bool = True,
        reduction: int = 8,
        channels: int = 1,
        classes: int = 7,
        stem_dropout: float = 0.0,
        head_dropout: float = 0.3,
    ) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, stem, 3, padding=1, bias=False), nn.BatchNorm2d(stem)
        self.pool = nn.MaxPool2d(2) if pool else nn.Identity()
        self.dropout1 = nn.Dropout(stem_dropout)
        layers: list[nn.Module] = []
        for index, ((inputs, outputs), count) in enumerate(zip(pairwise((stem, *widths)), blocks, strict=True)):
            stride = 1 if index == 0 else 2
            layers.append(BasicBlock(inputs, outputs, stride, reduction))
            layers.extend(BasicBlock(outputs, outputs, 1, reduction) for _ in range(count - 1))
        self.stages = nn.Sequential(*layers)
        self.dropout2 = nn.Dropout(head_dropout)
        self.fc = nn.Linear(widths[-1], classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        x = self.dropout1(self.pool(F.relu(self.bn1(self.conv1(x)))))
        return self.fc(self.dropout2(self.stages(x).mean((2, 3))))
