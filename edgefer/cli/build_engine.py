"""`edgefer build-engine`: checkpoint or ONNX -> TensorRT engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgefer.cli.engine_options import (
    BATCH,
    BatchSizes,
    CalibrationMethod,
    Flavour,
    MaxClassDrop,
    MaxDrop,
    PrecisionChoice,
)
from edgefer.cli.options import Json, emit
from edgefer.console import say

if TYPE_CHECKING:
    from edgefer.engine.request import Request


def build_engine(
    model: Annotated[
        Path | None,
        typer.Argument(
            metavar="[MODEL]", help="A checkpoint, a run's folder or an ONNX file; default the newest student."
        ),
    ] = None,
    precision: Annotated[PrecisionChoice, typer.Option(help="The arithmetic.")] = PrecisionChoice.FP16,
    calibration: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Calibration set for int8 and fp8; default one from what it was trained on."),
    ] = None,
    calibration_method: CalibrationMethod = None,
    max_drop: MaxDrop = None,
    max_class_drop: MaxClassDrop = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            help="A GPU generation such as sm89 (TensorRT-RTX); repeat it. Or cpu: int8 for ONNX Runtime.  [default: sm80 sm86 sm89 sm120]"
        ),
    ] = None,
    batch: BatchSizes = BATCH,
    flavour: Flavour = None,
    version_compatible: Annotated[
        bool, typer.Option("--version-compatible", help="An engine for the small lean runtime (tensorrt).")
    ] = False,
    hardware_compatible: Annotated[
        bool, typer.Option("--hardware-compatible", help="An engine for all GPUs from Ampere on (tensorrt).")
    ] = False,
    workspace: Annotated[
        int | None, typer.Option(metavar="MB", help="Scratch memory of a layer at most; default TensorRT's own choice.")
    ] = None,
    torch_tensorrt: Annotated[
        bool, typer.Option("--torch-tensorrt", help="Compile a checkpoint from PyTorch, not from ONNX (tensorrt).")
    ] = False,
    strip: Annotated[
        bool, typer.Option("--strip", help="A small engine: its weights stay in the ONNX file beside it (tensorrt).")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Its folder.", show_default="engines/MODEL-PRECISION-...")
    ] = None,
    measure: Annotated[
        bool, typer.Option("--measure/--no-measure", help="Measure accuracy before and after, where faces are at hand.")
    ] = True,
    force: Annotated[bool, typer.Option("--force", help="Build even what is there, made of the same.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be built, and why earlier work is or is not used.")
    ] = False,
    json: Json = False,
) -> None:
    """Compile a TensorRT engine and prove its precision; TensorRT-RTX does so on a machine without a GPU."""
    from edgefer.card import Precision
    from edgefer.engine.cpu import for_cpu
    from edgefer.engine.once import build_once
    from edgefer.engine.options import Options, parse_batch
    from edgefer.engine.outlook import outlook
    from edgefer.engine.request import Request
    from edgefer.engine.text import build_text, outlook_text
    from edgefer.engine.toolchain import say_left_out
    from edgefer.quantize.exclusion import Limits
    from edgefer.runtime.find import said_student

    wanted, sizes = Precision(precision.value), parse_batch(batch)
    limits = None if max_drop is None and max_class_drop is None else Limits(max_drop, max_class_drop)
    options = Options(
        version_compatible, hardware_compatible, workspace, calibration_method, limits, torch_tensorrt, strip
    )
    cpu = for_cpu(target or ())
    if not cpu:
        say_left_out(flavour, target or (), wanted)
    request = Request(
        model or said_student(), wanted, calibration, tuple(target or ()), sizes, flavour, out, options, measure
    )
    if cpu:
        _build_for_cpu(request, ["--dry-run"] * dry_run, json)
        return
    if dry_run:
        found = outlook(request)
        emit(json, found.to_dict(), outlook_text(found))
        return
    result = build_once(request, force)
    emit(json, result.to_dict(), build_text(result))
    say(f"next: edgefer inspect {result.folder}")


def _build_for_cpu(request: Request, refused: list[str], json: bool) -> None:
    from edgefer.engine.cpu import build_for_cpu, check_cpu, cpu_text

    check_cpu(request, refused)
    result = build_for_cpu(request)
    emit(json, result.to_dict(), cpu_text(result))
    say(f"next: edgefer benchmark {result.onnx} {request.model} (INT8 is not faster for every student on every CPU)")
