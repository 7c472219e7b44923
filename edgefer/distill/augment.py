"""Random changes of a batch of training faces, on whatever device holds it.

Faces are float32 `[N, C, H, W]`, pixels 0..255, and stay so. Random numbers come from the generator that is passed, so
an epoch is the same whenever it is run.
"""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from edgefer.recipe import AugmentSection


def augment(faces: Tensor, flips: Tensor, section: AugmentSection, generator: Generator) -> Tensor:
    """Apply a recipe's augmentation; `flips`, bool `[N]`, says which faces are mirrored."""
    if section.rotate or section.scale or section.shift:
        faces = _affine(faces, flips, section, generator)
    else:
        faces = torch.where(flips[:, None, None, None], faces.flip(3), faces)
    if section.light:
        faces = _light(faces, section.light, generator)
    if section.erase:
        faces = _erase(faces, section.erase, generator)
    return faces


def draw_flips(count: int, section: AugmentSection, generator: Generator) -> Tensor:
    """Which faces to mirror: bool `[count]`, half of them when the recipe flips."""
    chance = torch.rand(count, generator=generator, device=generator.device)
    return (chance < 0.5) & section.flip


def mix(faces: Tensor, targets: Tensor, weight: float) -> tuple[Tensor, Tensor]:
    """Mixup (Zhang et al., arXiv 1710.09412): blend each face, and its target, with its neighbour in a shuffled batch."""
    return torch.lerp(faces.roll(1, 0), faces, weight), torch.lerp(targets.roll(1, 0), targets, weight)


def _uniform(count: int, size: float, generator: Generator) -> Tensor:
    return (torch.rand(count, generator=generator, device=generator.device) * 2 - 1) * size


def _affine(faces: Tensor, flips: Tensor, section: AugmentSection, generator: Generator) -> Tensor:
    """One resampling for mirror, rotation, scale and shift together; the border repeats."""
    count = len(faces)
    chosen = torch.rand(count, generator=generator, device=generator.device) < section.share
    angle = _uniform(count, math.radians(section.rotate), generator) * chosen
    scale = 1 + _uniform(count, section.scale, generator) * chosen
    shift_x, shift_y = (_uniform(count, 2 * section.shift, generator) * chosen for _ in range(2))
    sine, cosine = torch.sin(angle) * scale, torch.cos(angle) * scale
    mirror = 1 - 2 * flips.float()
    rows = torch.stack((cosine * mirror, -sine, shift_x, sine * mirror, cosine, shift_y), 1).reshape(count, 2, 3)
    grid = F.affine_grid(rows, list(faces.shape), align_corners=False)
    return F.grid_sample(faces, grid, mode="bilinear", padding_mode="border", align_corners=False)


def _light(faces: Tensor, size: float, generator: Generator) -> Tensor:
    contrast = (1 + _uniform(len(faces), size, generator))[:, None, None, None]
    brightness = _uniform(len(faces), 255 * size, generator)[:, None, None, None] * 0.5
    middle = faces.mean((1, 2, 3), keepdim=True)
    return ((faces - middle) * contrast + middle + brightness).clamp(0, 255)


def _erase(faces: Tensor, chance: float, generator: Generator) -> Tensor:
    """A square of a sixth to two fifths of the side, in a random grey (Zhong et al., arXiv 1708.04896)."""
    count, _, height, width = faces.shape
    draw = torch.rand(count, 5, generator=generator, device=generator.device)
    side = draw[:, 0] * (0.42 - 0.16) + 0.16
    top, left = draw[:, 1] * (1 - side), draw[:, 2] * (1 - side)
    rows = torch.arange(height, device=faces.device) / height
    columns = torch.arange(width, device=faces.device) / width
    in_rows = (rows >= top[:, None]) & (rows < (top + side)[:, None])
    in_columns = (columns >= left[:, None]) & (columns < (left + side)[:, None])
    hidden = in_rows[:, None, :, None] & in_columns[:, None, None, :] & (draw[:, 3] < chance)[:, None, None, None]
    return torch.where(hidden, draw[:, 4, None, None, None] * 255, faces)
