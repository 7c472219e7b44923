"""INT8 by explicit quantise/dequantise nodes, in the one form that every TensorRT since 10 and TensorRT-RTX compile.

Symmetric INT8 on both sides, one scale a tensor for activations and one a channel for weights, biases left in float.
Only convolutions are quantised, on their inputs alone, so that bias, residual sum and activation fuse behind them;
squeeze-and-excitation gates and the classifier stay in float, where rounding would reach every label at once.
The weights are stored as INT8.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from edgefer.card import ModelCard, Precision
from edgefer.console import Step, progress
from edgefer.errors import BuildError
from edgefer.quantize import graph
from edgefer.quantize.calibration import CalibrationSet
from edgefer.runtime.session import Array

_BATCH = 32
_GATES = {"Sigmoid", "HardSigmoid"}


def to_int8(src: Path, calibration: CalibrationSet, dst: Path) -> ModelCard:
    """`write_int8` with its progress shown."""
    with progress("calibrating", len(calibration)) as step:
        return write_int8(src, calibration, dst, step)


def write_int8(src: Path, calibration: CalibrationSet, dst: Path, step: Step) -> ModelCard:
    """Write the INT8 copy of a float32 file; what is not a quantised convolution stays float32.

    ONNX Runtime runs this file; engines are built from its half-precision copy (`to_fp16`). Ranges are the extremes
    seen over the calibration set; `step(faces, "")` is called after each batch of it. Raises ArtifactError when the set
    was made for another model, BuildError when there is nothing to quantise.
    """
    model, card = graph.load(src)
    calibration.check(card, src)
    if card.precision is not Precision.FP32:
        raise BuildError(f"{src} is {card.precision.value} already", "start from the float32 file")
    with tempfile.TemporaryDirectory(prefix="edgefer-int8-") as folder:
        quantised = _quantise(src, calibration, model.graph.input[0].name, Path(folder), step)
    if not graph.census(quantised).get("conv int8"):
        raise BuildError(f"{src} has no convolution to quantise", "build with --precision fp16")
    graph.drop_unused_domains(quantised)
    card = card.but(precision=Precision.INT8)
    graph.save(quantised, card, dst)
    return card


def gates(model: Any) -> list[str]:
    """Names of the convolutions inside squeeze-and-excitation gates.

    They are those on a 1x1 map from which a path of nothing but 1x1 maps leads to a sigmoid.
    """
    import onnx

    inferred = onnx.shape_inference.infer_shapes(model).graph
    sizes = {value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim] for value in inferred.value_info}
    made_by = {output: node for node in inferred.node for output in node.output}
    found = []
    pending = [name for node in inferred.node if node.op_type in _GATES for name in node.input]
    while pending:
        node = made_by.get(pending.pop())
        if node is None or sizes.get(node.output[0], [])[2:] not in ([], [1, 1]):
            continue
        if node.op_type == "Conv":
            found.append(node.name)
        if node.op_type not in {"GlobalAveragePool", "ReduceMean", "AveragePool"}:
            pending.append(node.input[0])
    return found


def _quantise(src: Path, calibration: CalibrationSet, name: str, folder: Path, step: Step) -> Any:
    import onnx
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    prepared, result = folder / "prepared.onnx", folder / "int8.onnx"
    quant_pre_process(str(src), str(prepared), skip_symbolic_shape=True)
    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.ERROR)
    try:
        quantize_static(
            str(prepared),
            str(result),
            _Reader(calibration, name, step),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            nodes_to_exclude=gates(onnx.load(str(prepared))),
            per_channel=True,
            activation_type=QuantType.QInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            extra_options={
                # TensorRT takes zero points of 0 only, and no INT32 biases.
                "ActivationSymmetric": True,
                "WeightSymmetric": True,
                "QuantizeBias": False,
                # False stores INT8 weights with their scales; True stores float weights and quantises at run time.
                "AddQDQPairToWeight": False,
                "OpTypesToExcludeOutputQuantization": ["Conv"],
            },
        )
    finally:
        logging.getLogger().setLevel(level)
    return onnx.load(str(result))


class _Reader:
    """ONNX Runtime's CalibrationDataReader over a calibration set (it asks for `get_next` alone)."""

    def __init__(self, calibration: CalibrationSet, name: str, step: Step) -> None:
        self._name, self._step = name, step
        self._batches: Iterator[Array] = calibration.batches(_BATCH)

    def get_next(self) -> dict[str, Array] | None:
        batch = next(self._batches, None)
        if batch is None:
            return None
        self._step(len(batch), "")
        return {self._name: np.asarray(batch)}
