"""Learned scales in an ONNX file's metadata, bound to the weights that the file holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgefer.scales import KEY, LayerScales, ScaleTable, weights_sha256


def put_scales(model: Any, scales: Mapping[str, LayerScales]) -> None:
    """Add learned scales, by module name, to a finished model (onnx.ModelProto), whose weights must not change any more.

    Exporting folds batch norms into convolutions and trims them: other numbers than in the checkpoint, the same function.
    """
    table = ScaleTable(weights_sha256=weights_sha256(_weights(model)), layers=dict(scales))
    model.metadata_props.add(key=KEY, value=table.to_json())


def get_scales(model: Any, where: str) -> dict[str, LayerScales] | None:
    """The learned scales in a model (onnx.ModelProto), None where there are none; `where` names its file in errors.

    Raises ArtifactError when they are damaged or were learned with other weights.
    """
    found = {item.key: item.value for item in model.metadata_props}
    return ScaleTable.from_json(found[KEY], where, _weights(model)).layers if KEY in found else None


def _weights(model: Any) -> dict[str, bytes]:
    from onnx import numpy_helper

    return {item.name: numpy_helper.to_array(item).tobytes() for item in model.graph.initializer}
