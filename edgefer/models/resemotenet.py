"""ResEmoteNet (Roy et al., arXiv 2409.10545) and its cuts, Mini-ResEmoteNet A, B and C (Murtada et al., arXiv 2501.18538).

One class and a divisor of the width. Module names follow the authors' published state dict, so their weights load.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F


class SqueezeExcite(nn.Module):
    """Channel attention (Hu et al., arXiv 1709.01507) without biases: `[N, C, H, W]` -> same shape."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.fc = nn.Sequential(
            nn.Linear(channels, hidden, bias=False), nn.ReLU(), nn.Linear(hidden, channels, bias=False), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        return x * self.fc(x.mean((2, 3)))[:, :, None, None]


class ResidualBlock(nn.Module):
    """Two biased 3x3 convolutions, the first with stride 2, beside a 1x1 projection: `[N, I, H, W]` -> `[N, O, H/2, W/2]`."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=2, padding=1)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride=2), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class ResEmoteNet(nn.Module):
    """Three convolutions with pooling, one squeeze-excite, three residual blocks, four linear layers.

    Takes normalised pixels `[N, channels, H, W]`, H and W at least 16, and gives logits `[N, classes]`.
    `divisor` 1 is the teacher; 2, 4 and 8 are A, B and C. Student C's published size needs a squeeze-excite without a
    bottleneck (`se_reduction` 1); with the usual 16 it is 1,920 parameters short.
    """

    def __init__(
        self,
        divisor: int = 1,
        channels: int = 3,
        classes: int = 7,
        se_reduction: int = 16,
        stem_dropout: float = 0.2,
        head_dropout: float = 0.5,
    ) -> None:
        super().__init__()
        stem = [width // divisor for width in (64, 128, 256)]
        body = [width // divisor for width in (512, 1024, 2048)]
        head = [width // divisor for width in (1024, 512, 256)]
        self.conv1, self.bn1 = nn.Conv2d(channels, stem[0], 3, padding=1), nn.BatchNorm2d(stem[0])
        self.conv2, self.bn2 = nn.Conv2d(stem[0], stem[1], 3, padding=1), nn.BatchNorm2d(stem[1])
        self.conv3, self.bn3 = nn.Conv2d(stem[1], stem[2], 3, padding=1), nn.BatchNorm2d(stem[2])
        self.dropout1 = nn.Dropout(stem_dropout)
        self.se = SqueezeExcite(stem[2], stem[2] // se_reduction)
        self.res_block1 = ResidualBlock(stem[2], body[0])
        self.res_block2 = ResidualBlock(body[0], body[1])
        self.res_block3 = ResidualBlock(body[1], body[2])
        self.fc1, self.fc2 = nn.Linear(body[2], head[0]), nn.Linear(head[0], head[1])
        self.fc3, self.fc4 = nn.Linear(head[1], head[2]), nn.Linear(head[2], classes)
        self.dropout2 = nn.Dropout(head_dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = self.dropout1(F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2))
        x = self.dropout1(F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2))
        x = self.se(F.max_pool2d(F.relu(self.bn3(self.conv3(x))), 2))
        x = self.res_block3(self.res_block2(self.res_block1(x))).mean((2, 3))
        for layer in (self.fc1, self.fc2, self.fc3):
            x = self.dropout2(F.relu(layer(x)))
        return self.fc4(x)


def arguments_from(state: dict[str, Tensor]) -> dict[str, int]:
    """The constructor's divisor, channels, classes and se_reduction that fit a state dict's shapes.

    Raises KeyError when the names are not a ResEmoteNet's, ValueError when the shapes are no cut of it.
    """
    width = state["conv1.weight"].shape[0]
    stem, hidden = state["conv3.weight"].shape[0], state["se.fc.0.weight"].shape[0]
    if width == 0 or hidden == 0 or 64 % width or stem != 4 * width or stem % hidden:
        raise ValueError(f"stem widths {width} and {stem} with squeeze-excite {hidden} are no cut of ResEmoteNet")
    return {
        "divisor": 64 // width,
        "channels": state["conv1.weight"].shape[1],
        "classes": state["fc4.weight"].shape[0],
        "se_reduction": stem // hidden,
    }


def count_parameters(module: nn.Module) -> int:
    """Number of learned values; batch-norm statistics are not counted, as in the papers."""
    return sum(parameter.numel() for parameter in module.parameters())
