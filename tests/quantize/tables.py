"""`tiny_net` with a table of learned scales."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgefer.card import ModelCard, Provenance
from edgefer.export.scales import put_scales
from edgefer.scales import LayerScales
from tests import tiny_net

INPUTS = {"stem": 0.031, "conv1": 0.07, "conv2": 0.05, "shortcut": 0.07}


def layers(**changes: LayerScales) -> dict[str, LayerScales]:
    """A scale for each tensor, and steps of 0.01, 0.0101 ... for the weights of each channel."""
    steps = tuple(float(np.float32(0.01 + 0.0001 * channel)) for channel in range(tiny_net.WIDTH))
    found = {name: LayerScales(input=float(np.float32(scale)), weights=steps) for name, scale in INPUTS.items()}
    return found | changes


def card() -> ModelCard:
    """Of a network that was trained for INT8."""
    return tiny_net.card(provenance=Provenance(dataset="demo", splits=("Training", "PublicTest"), qat="int8"))


def write(path: Path, scales: dict[str, LayerScales] | None) -> Path:
    """The network with that table, or with none."""
    import onnx

    tiny_net.write(path, own_card=card())
    if scales is not None:
        model = onnx.load(str(path))
        put_scales(model, scales)
        onnx.save(model, str(path))
    return path
