"""Random views of training faces, on whatever device holds them.

A view is one rendering of the whole training set, numbered. All random numbers of view v come from a CPU generator
seeded by (seed, v), so that a view is the same on any device and in any session: a resumed run sees what an
uninterrupted one would, and a teacher's answers to a view can be kept.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from edgefer.distill.parallel import spread
from edgefer.recipe import AugmentSection

_CHUNK = 2048


@dataclass(frozen=True)
class View:
    """Faces as rendered, uint8 `[N, C, H, W]`, and which of them are mirrored, bool `[N]`."""

    faces: Tensor
    flips: Tensor


def render(faces: Tensor, section: AugmentSection, seed: int, number: int) -> View:
    """View `number` of all `faces`, uint8 `[N, C, H, W]`, in their order and on their device."""
    generator = Generator().manual_seed(seed * 1_000_003 + number)
    draws = torch.rand(len(faces), 13, generator=generator)
    flips = (draws[:, 0] < 0.5) & section.flip
    draws, flips = draws.to(faces.device), flips.to(faces.device)

    def rendered(rows: Tensor) -> Tensor:
        return _render(faces[rows], draws[rows], flips[rows], section)

    parts = torch.arange(len(faces), device=faces.device).split(_CHUNK)
    # A mirror image is made sooner than it is fetched from another process.
    whole = torch.cat([rendered(rows) for rows in parts]) if section.only_flips else spread(rendered, parts)
    return View(whole, flips)


def mix(faces: Tensor, targets: Tensor, weight: Tensor | float) -> tuple[Tensor, Tensor]:
    """Mixup (Zhang et al., arXiv 1710.09412): blend each face, and its target, with its neighbour in a shuffled batch."""
    return torch.lerp(faces.roll(1, 0), faces, weight), torch.lerp(targets.roll(1, 0), targets, weight)


def _render(faces: Tensor, draws: Tensor, flips: Tensor, section: AugmentSection) -> Tensor:
    if section.only_flips:
        return torch.where(flips[:, None, None, None], faces.flip(3), faces)
    pixels = faces.float()
    if section.rotate or section.scale or section.shift:
        pixels = _affine(pixels, draws[:, 1:6], flips, section)
    else:
        pixels = torch.where(flips[:, None, None, None], pixels.flip(3), pixels)
    if section.light:
        pixels = _light(pixels, draws[:, 6:8], section.light)
    if section.erase:
        pixels = _erase(pixels, draws[:, 8:13], section.erase)
    return pixels.round().clamp(0, 255).to(torch.uint8)


def _affine(faces: Tensor, draws: Tensor, flips: Tensor, section: AugmentSection) -> Tensor:
    """One resampling for mirror, rotation, scale and shift together; the border repeats."""
    chosen = draws[:, 0] < section.share
    spread = (draws[:, 1:5] * 2 - 1) * chosen[:, None]
    angle, scale = spread[:, 0] * math.radians(section.rotate), 1 + spread[:, 1] * section.scale
    shift_x, shift_y = spread[:, 2] * 2 * section.shift, spread[:, 3] * 2 * section.shift
    sine, cosine = torch.sin(angle) * scale, torch.cos(angle) * scale
    mirror = 1 - 2 * flips.float()
    grid = sampling_grid((cosine * mirror, -sine, shift_x), (sine * mirror, cosine, shift_y), *faces.shape[2:])
    return F.grid_sample(faces, grid, mode="bilinear", padding_mode="border", align_corners=False)


def sampling_grid(to_x: Sequence[Tensor], to_y: Sequence[Tensor], height: int, width: int) -> Tensor:
    """Where each pixel is taken from, `[N, height, width, 2]`, by affine rows of three `[N]` each.

    torch's affine_grid says the same by a product of tiny matrices, which takes a CPU twenty times as long.
    """
    x, y = _centres(width, to_x[0]), _centres(height, to_x[0])

    def along(row: Sequence[Tensor]) -> Tensor:
        return (row[0][:, None] * x)[:, None] + (row[1][:, None] * y + row[2][:, None])[:, :, None]

    return torch.stack((along(to_x), along(to_y)), 3)


def _centres(count: int, like: Tensor) -> Tensor:
    """The middles of `count` pixels between -1 and 1, as torch counts them with `align_corners=False`."""
    return (torch.arange(count, device=like.device, dtype=like.dtype) * 2 + 1) / count - 1


def _light(faces: Tensor, draws: Tensor, size: float) -> Tensor:
    """Contrast about the face's own mean, then brightness by up to half of `size` of the range."""
    spread = ((draws * 2 - 1) * size)[:, :, None, None, None]
    middle = faces.mean((1, 2, 3), keepdim=True)
    return (faces - middle) * (1 + spread[:, 0]) + middle + spread[:, 1] * 127.5


def _erase(faces: Tensor, draws: Tensor, chance: float) -> Tensor:
    """A square of a sixth to two fifths of the side, in a random grey (Zhong et al., arXiv 1708.04896)."""
    height, width = faces.shape[2:]
    side = draws[:, 0] * (0.42 - 0.16) + 0.16
    top, left = draws[:, 1] * (1 - side), draws[:, 2] * (1 - side)
    rows = torch.arange(height, device=faces.device) / height
    columns = torch.arange(width, device=faces.device) / width
    in_rows = (rows >= top[:, None]) & (rows < (top + side)[:, None])
    in_columns = (columns >= left[:, None]) & (columns < (left + side)[:, None])
    hidden = in_rows[:, None, :, None] & in_columns[:, None, None, :] & (draws[:, 3] < chance)[:, None, None, None]
    return torch.where(hidden, draws[:, 4, None, None, None] * 255, faces)
