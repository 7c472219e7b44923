"""A half-precision copy of an ONNX file, with float32 input and output.

Every weight and every operation becomes float16; TensorRT compiles strongly typed networks as they stand. Pixels enter
as whole numbers 0..255, which float16 holds exactly, and are normalised in float16.
"""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgefer.card import ModelCard, Precision
from edgefer.errors import BackendError, BuildError
from edgefer.quantize import graph

LARGEST = 65504.0
# Below the first, float16 keeps fewer than its 11 bits; below the second, its smallest number, nothing is left.
_SUBNORMAL, _SMALLEST = 2.0**-14, 2.0**-24


@dataclass(frozen=True)
class Rounding:
    """Weights, those too small for float16's full precision, and those so small that they become its smallest number."""

    weights: int
    subnormal: int
    vanishing: int

    def to_dict(self) -> dict[str, int]:
        """As JSON values."""
        return asdict(self)


def to_fp16(src: Path, dst: Path) -> tuple[ModelCard, Rounding]:
    """Write the half-precision copy of a float32, INT8 or FP8 Q/DQ file; the card inside says so.

    The card's precision becomes fp16, or stays int8 with `tools["mixed"] = "int8+fp16"` (FP8 alike). Raises BuildError when a
    weight is not finite or beyond float16's range, BackendError when onnxconverter-common is missing.
    """
    try:
        # It warns about itself on import and about each small weight, which `Rounding` counts.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from onnxconverter_common.float16 import convert_float_to_float16
    except ImportError as error:
        raise BackendError("FP16 needs onnxconverter-common", "pip install onnxconverter-common") from error
    model, card = graph.load(src)
    rounding = _check_weights(src, model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        half = convert_float_to_float16(model, keep_io_types=True, min_positive_val=_SMALLEST, max_finite_val=LARGEST)
    if card.precision in {Precision.INT8, Precision.FP8}:
        card = card.but(tools={**card.tools, "mixed": f"{card.precision.value}+fp16"})
    else:
        card = card.but(precision=Precision.FP16)
    graph.save(half, card, dst)
    return card, rounding


def _check_weights(src: Path, model: Any) -> Rounding:
    import onnx

    weights = subnormal = vanishing = 0
    for item in model.graph.initializer:
        if item.data_type == onnx.TensorProto.FLOAT16:
            raise BuildError(f"{src} holds half-precision weights already", "start from the float32 file")
        if item.data_type != onnx.TensorProto.FLOAT:
            continue
        values = np.abs(onnx.numpy_helper.to_array(item))
        if not np.isfinite(values).all():
            raise BuildError(
                f"{item.name} in {src} holds values that are not finite", "train or export the model again"
            )
        if values.size and values.max() > LARGEST:
            raise BuildError(
                f"{item.name} in {src} holds {values.max():.4g}, beyond half precision's {LARGEST:.0f}",
                "build with --precision fp32",
            )
        weights += values.size
        subnormal += int(((values > 0) & (values < _SUBNORMAL)).sum())
        vanishing += int(((values > 0) & (values < _SMALLEST)).sum())
    return Rounding(weights, subnormal, vanishing)
