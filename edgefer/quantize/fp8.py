"""FP8 (e4m3: 4 significant bits, up to 448) by explicit quantise/dequantise nodes, from ranges over INT8's faces.

One scale a tensor, for activations and for weights: TensorRT-RTX then writes a convolution's result in half precision at
once, where one scale a channel leaves it a float32 tensor and one more kernel (seen in its layer tables). What INT8
leaves in float stays there, and so does the first convolution: 4 significant bits of a pixel are too few, and it is the
cheapest of all.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgefer.card import ModelCard, Precision
from edgefer.errors import BuildError
from edgefer.quantize import graph
from edgefer.quantize.calibration import CalibrationSet
from edgefer.quantize.int8 import measure_int8, quantisable
from edgefer.quantize.method import Method
from edgefer.quantize.qdq import Rewriter
from edgefer.quantize.ranges import Ranges
from edgefer.runtime.session import Array

LARGEST = 448.0
# The first in which QuantizeLinear gives FP8.
_OPSET = 19
_PRODUCTS = {"Conv", "ConvTranspose", "Gemm", "MatMul"}
# What the codes 0 to 126 mean: 8 subnormals, then 8 steps in each of 15 octaves (the last code, 127, is not a number).
_MAGNITUDES = np.array(
    [step / 8 * 2.0**-6 for step in range(8)]
    + [(1 + step / 8) * 2.0**power for power in range(-6, 9) for step in range(8)][:-1]
)


def to_fp8(src: Path, calibration: CalibrationSet, dst: Path) -> ModelCard:
    """Measure ranges over a calibration set, with progress shown, and write the FP8 copy of a float32 file.

    The ranges are the extremes: FP8's steps grow with the value, so that far ones cost the near ones nothing.
    Raises as `measure_int8` and `write_fp8`.
    """
    return write_fp8(src, measure_int8(src, calibration, method=Method.MINMAX), dst)


def write_fp8(src: Path, ranges: Ranges, dst: Path, keep: AbstractSet[str] = frozenset()) -> ModelCard:
    """Write the FP8 copy of a float32 file by ranges that were measured on it; what is not FP8 stays float32.

    keep: names of convolutions left in float besides the gates and the first. Raises BuildError when the file is not
    float32, its opset is too old or nothing is left for FP8, ArtifactError when the ranges are of another network.
    """
    model, card = graph.load(src)
    if card.precision is not Precision.FP32:
        raise BuildError(f"{src} is {card.precision.value} already", "start from the float32 file")
    opset = next(item.version for item in model.opset_import if item.domain in {"", "ai.onnx"})
    if opset < _OPSET:
        raise BuildError(f"{src} has opset {opset}, and FP8 needs {_OPSET}", "export it with edgefer export")
    chosen = set(quantisable(model)) - set(first_products(model)) - keep
    if not chosen:
        raise BuildError(f"{src} has no convolution for FP8", "build with --precision fp16")
    rewriter = Rewriter(model)
    for node in list(model.graph.node):
        if node.name in chosen:
            rewriter.take_through(node, 0, _scale(ranges.peak(node.input[0])), _codes(np.float32(0)))
            weights = rewriter.weights(node, 1)
            scale = _scale(float(np.abs(weights).max()))
            rewriter.store_as(node, 1, _codes(weights / scale), scale, _codes(np.float32(0)))
    rewriter.finish()
    card = card.but(precision=Precision.FP8, tools={**card.tools, "calibration": ranges.how})
    graph.save(model, card, dst)
    return card


def first_products(model: Any) -> list[str]:
    """Names of the convolutions and matrix products that meet the pixels before any other has."""
    raw, found = {item.name for item in model.graph.input}, []
    for node in model.graph.node:
        if raw & set(node.input):
            if node.op_type in _PRODUCTS:
                found.append(node.name)
            else:
                raw |= set(node.output)
    return found


def round_to_e4m3(values: npt.ArrayLike) -> npt.NDArray[np.uint8]:
    """The e4m3 codes of finite values, rounded to nearest, ties to even; beyond 448 they become 448."""
    exact = np.asarray(values, np.float64)
    # A value between two neighbours goes to the nearer one; half-way goes to the code that is even.
    halves = (_MAGNITUDES[:-1] + _MAGNITUDES[1:]) / 2
    below, above = np.searchsorted(halves, np.abs(exact), "left"), np.searchsorted(halves, np.abs(exact), "right")
    codes = np.where(below % 2 == 0, below, above)
    return (codes | np.where(np.signbit(exact), 0x80, 0)).astype(np.uint8)


def _scale(peak: float) -> Array:
    scale = np.float32(peak / LARGEST)
    return np.asarray(scale if scale >= np.finfo(np.float32).tiny else 1, np.float32)


def _codes(values: npt.ArrayLike) -> Any:
    """Values as an FP8 tensor (onnx.TensorProto)."""
    from onnx import TensorProto, helper

    codes = round_to_e4m3(values)
    return helper.make_tensor("", TensorProto.FLOAT8E4M3FN, codes.shape, codes.tobytes(), raw=True)
