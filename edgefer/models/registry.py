"""Architectures by name. To add one: write its module, then add a line to `ARCHITECTURES`."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgefer.errors import UsageError

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Architecture:
    """A named network shape. `make(channels=, classes=, **options)` returns its body with fresh weights."""

    name: str
    summary: str
    make: Callable[..., nn.Module]


def _resemotenet(divisor: int, se_reduction: int = 16) -> Callable[..., nn.Module]:
    def make(**options: Any) -> nn.Module:
        from edgefer.models.resemotenet import ResEmoteNet

        return ResEmoteNet(divisor=divisor, se_reduction=se_reduction, **options)

    return make


def _seresnet(stem: int, widths: tuple[int, ...], blocks: tuple[int, ...], pool: bool) -> Callable[..., nn.Module]:
    def make(**options: Any) -> nn.Module:
        from edgefer.models.seresnet import SEResNet

        return SEResNet(stem, widths, blocks, pool=pool, **options)

    return make


def _vgg(widths: tuple[int, ...], convolutions: tuple[int, ...]) -> Callable[..., nn.Module]:
    def make(**options: Any) -> nn.Module:
        from edgefer.models.vgg import VGG

        return VGG(widths, convolutions, **options)

    return make


ARCHITECTURES = {
    architecture.name: architecture
    for architecture in (
        Architecture("resemotenet", "the papers' teacher, 80.2 M parameters", _resemotenet(1)),
        Architecture("mini-resemotenet-a", "channels halved, 20.1 M", _resemotenet(2)),
        Architecture("mini-resemotenet-b", "channels quartered, 5.0 M", _resemotenet(4)),
        Architecture("mini-resemotenet-c", "channels cut to an eighth, 1.3 M", _resemotenet(8, se_reduction=1)),
        Architecture("edgefer-s", "our own student, 0.8 M", _seresnet(16, (16, 48, 128, 192), (1, 1, 1, 1), pool=True)),
        Architecture(
            "seresnet-10",
            "a teacher for two CPU cores, 3.3 M",
            _seresnet(16, (16, 96, 256, 384), (1, 1, 1, 1), pool=True),
        ),
        Architecture("seresnet-18", "a teacher, 11.3 M", _seresnet(64, (64, 128, 256, 512), (2, 2, 2, 2), pool=False)),
        Architecture("seresnet-34", "a teacher, 21.6 M", _seresnet(64, (64, 128, 256, 512), (3, 4, 6, 3), pool=True)),
        Architecture("vgg-13", "a teacher, 7.6 M", _vgg((64, 128, 256, 512), (2, 2, 3, 3))),
    )
}


def find(name: str) -> Architecture:
    """An architecture by name; UsageError with a suggestion when there is none."""
    if name not in ARCHITECTURES:
        near = difflib.get_close_matches(name, ARCHITECTURES, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(ARCHITECTURES)}"
        raise UsageError(f"no architecture is named '{name}'", hint)
    return ARCHITECTURES[name]


def build(architecture: str, channels: int, classes: int, **options: Any) -> nn.Module:
    """A body with fresh weights (torch's default initialisation, torch's global random state).

    Raises UsageError for an unknown name.
    """
    return find(architecture).make(channels=channels, classes=classes, **options)
