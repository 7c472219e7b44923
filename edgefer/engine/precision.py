"""The graph that is compiled: precision put into the ONNX file, and what cannot be had refused before any work."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from edgefer.card import ModelCard, Precision
from edgefer.engine.arithmetic import check_targets
from edgefer.engine.layout import FP8_ONNX, INT8_ONNX
from edgefer.engine.options import Options
from edgefer.errors import BackendError, BuildError, UsageError
from edgefer.quantize import graph
from edgefer.quantize.bf16 import to_bf16
from edgefer.quantize.calibration import CalibrationSet
from edgefer.quantize.cpu import is_for_cpu
from edgefer.quantize.fp8 import to_fp8
from edgefer.quantize.fp16 import Rounding, to_fp16
from edgefer.quantize.int8 import to_int8, write_ranges
from edgefer.quantize.learned import learned_ranges
from edgefer.quantize.method import DEFAULT, Method
from edgefer.quantize.titles import nodes_of
from edgefer.trt.flavour import Flavour


def check_source(onnx: Path, card: ModelCard, precision: Precision, flavour: Flavour, targets: Sequence[str]) -> None:
    """Raise BuildError or BackendError when a file cannot become an engine of `precision` for `targets`."""
    if is_for_cpu(card):
        raise BuildError(
            f"{onnx} is INT8 for ONNX Runtime on a CPU: TensorRT compiles no unsigned activations with zero points",
            "start from the float32 file",
        )
    if card.precision not in {Precision.FP32, precision}:
        raise BuildError(f"{onnx} is {card.precision.value} already", "start from the float32 file")
    if precision is Precision.INT8 and not flavour.int8_convolutions:
        raise BackendError(f"{flavour.title} compiles no INT8 convolutions", "pip install 'tensorrt-rtx>=1.7'")
    check_targets(precision, flavour, targets)


def learned(card: ModelCard, precision: Precision, named: object | None) -> bool:
    """Whether a build takes the ranges that a model learned: INT8 of what was trained for it.

    named: the calibration set that was named instead, None where none was.
    """
    trained = card.provenance.qat == precision.value and card.precision is Precision.FP32
    return precision is Precision.INT8 and trained and named is None


def check_learned(card: ModelCard, precision: Precision, named: object | None, options: Options) -> None:
    """Raise UsageError when ranges that a model learned were to be chosen, or limits held, as for measured ones."""
    if learned(card, precision, named) and (options.method is not None or options.limits is not None):
        asked = "--calibration-method" if options.method is not None else "--max-drop and --max-class-drop"
        raise UsageError(
            f"{card.name} learned its INT8 ranges, and {asked} {'is' if options.method else 'are'} for measured ones",
            "leave that out, or name a calibration set to measure ranges on: --calibration DIR",
        )


def check_calibration(card: ModelCard, precision: Precision, calibration: CalibrationSet | None) -> None:
    """Raise UsageError when ranges must be measured and there are no faces to measure them on."""
    if (
        precision.calibrated
        and card.precision is Precision.FP32
        and calibration is None
        and not learned(card, precision, None)
    ):
        raise UsageError(
            f"{precision.value.upper()} needs a calibration set",
            "make one with: edgefer calibrate, and name it: --calibration",
        )


def at_precision(
    onnx: Path,
    source: ModelCard,
    precision: Precision,
    calibration: CalibrationSet | None,
    ready: Path,
    method: Method = DEFAULT,
    left: Collection[str] = (),
) -> tuple[ModelCard, Rounding | None]:
    """Write the graph that is compiled to `ready`: INT8, with ranges by `method`, and FP8 get half precision elsewhere.

    Without a calibration set INT8 has the ranges that the model learned.

    left: titles of the convolutions that INT8 leaves in float. Files that are worth keeping on the way are written beside
    it. Returns the card, and how the weights were rounded where they were.
    """
    model = onnx
    if precision is Precision.INT8 and source.precision is Precision.FP32:
        model = ready.with_name(INT8_ONNX)
        if calibration is None:
            source = write_ranges(onnx, learned_ranges(onnx), model)
        else:
            source = to_int8(onnx, calibration, model, method, nodes_of(graph.load(onnx)[0], left))
    if precision is Precision.FP8 and source.precision is Precision.FP32:
        assert calibration is not None
        model = ready.with_name(FP8_ONNX)
        source = to_fp8(onnx, calibration, model)
    if precision is Precision.BF16 and source.precision is Precision.FP32:
        return to_bf16(onnx, ready), None
    finished = source.precision in {Precision.FP16, Precision.BF16} or "mixed" in source.tools
    if precision is Precision.FP32 or finished:
        ready.write_bytes(model.read_bytes())
        return source, None
    return to_fp16(model, ready)
