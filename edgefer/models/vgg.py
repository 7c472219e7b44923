"""VGG with batch norm for small faces, after the network that set the FER+ baseline (Barsoum et al., arXiv 1608.01041)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn


class VGG(nn.Module):
    """Normalised pixels `[N, channels, H, W]` -> logits `[N, classes]`.

    One group of `convolutions[i]` 3x3 convolutions of `widths[i]` channels each, every group but the last followed by
    2x2 max pooling and `stem_dropout`; then the mean over the picture, `head_dropout` and one linear layer.
    """

    def __init__(
        self,
        widths: Sequence[int],
        convolutions: Sequence[int],
        channels: int = 1,
        classes: int = 7,
        stem_dropout: float = 0.2,
        head_dropout: float = 0.5,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = channels
        for group, (width, count) in enumerate(zip(widths, convolutions, strict=True)):
            for _ in range(count):
                layers += [nn.Conv2d(inputs, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
                inputs = width
            if group < len(widths) - 1:
                layers += [nn.MaxPool2d(2), nn.Dropout(stem_dropout)]
        self.features = nn.Sequential(*layers)
        self.dropout = nn.Dropout(head_dropout)
        self.fc = nn.Linear(inputs, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.dropout(self.features(x).mean((2, 3))))
