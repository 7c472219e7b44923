"""Faces in memory as uint8, handed out as shuffled batches; random numbers depend on the seed and the epoch alone.

That is what makes a resumed run equal to an uninterrupted one: no random state has to be saved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from edgefer.card import InputSpec
from edgefer.data.faces import FaceSet


def planes(faces: FaceSet, device: torch.device) -> Tensor:
    """A face set as uint8 `[N, 1, H, W]` gray or `[N, 3, H, W]` RGB on `device`, in its own size."""
    pixels = torch.from_numpy(np.array(faces.pixels))  # a copy: a store's memory map cannot be written
    pixels = pixels[:, None] if pixels.ndim == 3 else pixels.permute(0, 3, 1, 2).contiguous()
    return pixels.to(device)


def label_targets(faces: FaceSet) -> Tensor:
    """How probable each class is to be the true one, float `[N, classes]`: the set's own distributions, else one-hot."""
    if faces.targets is not None:
        return torch.from_numpy(np.array(faces.targets))
    return F.one_hot(torch.from_numpy(faces.labels.copy()), len(faces.emotions)).float()


def fit(pixels: Tensor, spec: InputSpec) -> Tensor:
    """Float pixels 0..255 `[N, 1 or 3, H, W]` to a network's input `[N, C, h, w]`.

    The same as `edgefer.data.preprocess.network_input` to within one grey level: luma first for colour faces in a gray
    network, then areas along the axes that shrink, then linear along those that grow.
    """
    if spec.colour == "gray" and pixels.shape[1] == 3:
        # BT.601 in the whole numbers that OpenCV uses. They are exact in float32, so that both round alike.
        weights = torch.tensor((9798, 19235, 3735), device=pixels.device, dtype=pixels.dtype)
        pixels = ((pixels * weights[:, None, None]).sum(1, keepdim=True) / 32768 + 0.5).floor()
    height, width = pixels.shape[2:]
    if (height, width) != (spec.height, spec.width):
        least = min(height, spec.height), min(width, spec.width)
        if least != (height, width):
            rows, columns = _area(height, least[0], pixels), _area(width, least[1], pixels)
            # A teacher is asked in bfloat16, which would take grey levels from a matrix product.
            with torch.autocast(pixels.device.type, enabled=False):
                pixels = rows @ pixels @ columns.T
        if least != (spec.height, spec.width):
            pixels = F.interpolate(pixels, (spec.height, spec.width), mode="bilinear", align_corners=False)
        pixels = pixels.round()
    return pixels.expand(-1, spec.channels, -1, -1)


def _area(size: int, target: int, like: Tensor) -> Tensor:
    """Weights `[target, size]` of exact area averaging; torch's own `area` mode rounds its windows to whole pixels."""
    edges = torch.arange(target + 1, device=like.device, dtype=like.dtype) * (size / target)
    pixels = torch.arange(size, device=like.device, dtype=like.dtype)
    upper = torch.minimum(edges[1:, None], pixels + 1)
    lower = torch.maximum(edges[:-1, None], pixels)
    return (upper - lower).clamp(min=0) * (target / size)


@dataclass(frozen=True)
class Batch:
    """Rows of the training set, int64 `[B]` on its device, and mixup's weight (1 without mixup)."""

    rows: Tensor
    mix_weight: float


def epoch_batches(count: int, batch: int, seed: int, epoch: int, device: torch.device, mixup: float) -> Iterator[Batch]:
    """The batches of one epoch: a fresh order, the remainder left out (another each epoch). Sets torch's global seed."""
    number = seed * 1_000_003 + epoch
    torch.manual_seed(number)  # dropout draws from the global source
    source = np.random.default_rng(number)
    order = torch.from_numpy(source.permutation(count)).to(device)
    size = min(batch, count)
    for start in range(0, count - size + 1, size):
        yield Batch(order[start : start + size], float(source.beta(mixup, mixup)) if mixup else 1.0)
