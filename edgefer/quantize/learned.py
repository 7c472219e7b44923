"""INT8 ranges that a network learned while it was trained as INT8, instead of ranges measured on faces."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgefer.errors import ArtifactError
from edgefer.export.scales import get_scales
from edgefer.quantize.int8 import float_model, quantisable
from edgefer.quantize.qdq import INT8_MOST
from edgefer.quantize.ranges import Ranges
from edgefer.quantize.titles import titles

_FIX = "export the checkpoint again with edgefer export, or measure ranges on a calibration set: --calibration DIR"


def learned_ranges(src: Path) -> Ranges:
    """The ranges of a float32 file by its own scale table, with the scales of the weights; for `write_ranges`.

    Raises ArtifactError when the file has no table, one that was learned with other weights, or one for other
    convolutions than INT8 quantises, and as `float_model`.
    """
    model, _ = float_model(src)
    scales = get_scales(model, str(src))
    if scales is None:
        raise ArtifactError(f"{src} holds no scales that were learned", _FIX)
    names, named = set(quantisable(model)), titles(model)
    if differing := sorted({named[name] for name in names} ^ scales.keys()):
        raise ArtifactError(f"the scale table in {src} is for other convolutions ({', '.join(differing)})", _FIX)
    sizes = {item.name: item.dims[0] for item in model.graph.initializer if item.dims}
    bounds: dict[str, tuple[float, float]] = {}
    weights = {}
    for node in model.graph.node:
        if node.name not in names:
            continue
        layer = scales[named[node.name]]
        if len(layer.weights) != sizes[node.input[1]]:
            raise ArtifactError(f"the scale table in {src} has other channels for {named[node.name]}", _FIX)
        # Times 127 and by 127 again, in double precision, is the same float32.
        peak = layer.input * INT8_MOST
        if bounds.setdefault(node.input[0], (-peak, peak)) != (-peak, peak):
            raise ArtifactError(f"the scale table in {src} has two scales for what {named[node.name]} takes in", _FIX)
        weights[node.input[1]] = np.asarray(layer.weights, np.float32)
    return Ranges(None, bounds, weights=weights)
