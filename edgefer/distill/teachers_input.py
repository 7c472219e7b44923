"""A foreign teacher's input, rendered from the very crop that the student sees."""

from __future__ import annotations

import torch
from torch import Tensor

from edgefer.card import InputSpec
from edgefer.distill.batches import fit
from edgefer.recipe_teachers import ForeignTeacher


def rendered(pixels: Tensor, model: ForeignTeacher) -> Tensor:
    """Float pixels 0..255 `[N, 1 or 3, H, W]` -> the model's input, `[N, C, size, size]` or `[N, size, size, C]`.

    Resized, cut to its middle, in the model's colours, spread over its range, then (value - mean) / std.
    """
    side, depth = model.resize or model.size, model.depth
    blank = (0.0,) * depth  # the spec is for size and colour alone; mean and std follow below, in the model's range
    colour = "gray" if model.colour == "gray" else "rgb"
    spec = InputSpec(height=side, width=side, channels=depth, colour=colour, mean=blank, std=(1.0,) * depth)  # type: ignore[arg-type]
    edge = (side - model.size) // 2
    faces = fit(pixels, spec)[:, :, edge : edge + model.size, edge : edge + model.size]
    if model.colour == "bgr":
        faces = faces.flip(1)
    low, high = model.range
    mean, std = (torch.tensor(values, device=faces.device)[:, None, None] for values in (model.mean, model.std))
    values = (faces * ((high - low) / 255) + low - mean) / std
    return values.permute(0, 2, 3, 1).contiguous() if model.layout == "nhwc" else values
