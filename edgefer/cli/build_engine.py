"""`edgefer build-engine`: checkpoint or ONNX -> TensorRT engine."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from edgefer.cli.options import Json, emit
from edgefer.console import say


class PrecisionChoice(str, Enum):
    """`edgefer.card.Precision` without what importing it costs `--help`."""

    FP32 = "fp32"
    FP16 = "fp16"
    BF16 = "bf16"
    INT8 = "int8"
    FP8 = "fp8"


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
    target: Annotated[
        list[str] | None,
        typer.Option(help="A GPU generation such as sm89 (TensorRT-RTX); repeat it.  [default: sm80 sm86 sm89 sm120]"),
    ] = None,
    batch: Annotated[
        str, typer.Option(metavar="MIN:OPT:MAX", help="Faces at once: smallest, usual, largest; or one fixed number.")
    ] = "1:8:32",
    flavour: Annotated[
        str | None,
        typer.Option(help="tensorrt or tensorrt_rtx; default tensorrt where there is a GPU, tensorrt_rtx where not."),
    ] = None,
    version_compatible: Annotated[
        bool, typer.Option("--version-compatible", help="Later TensorRT and the lean runtime run it too (tensorrt).")
    ] = False,
    hardware_compatible: Annotated[
        bool, typer.Option("--hardware-compatible", help="GPUs from Ampere on run it too (tensorrt).")
    ] = False,
    workspace: Annotated[
        int | None, typer.Option(metavar="MB", help="Scratch memory of a layer at most; default TensorRT's own choice.")
    ] = None,
    strip: Annotated[bool, typer.Option("--strip", help="Leave the weights out: refused, with the reason.")] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Its folder.", show_default="engines/MODEL-PRECISION-...")
    ] = None,
    json: Json = False,
) -> None:
    """Compile a TensorRT engine and prove its precision; TensorRT-RTX does so on a machine without a GPU."""
    from edgefer.card import Precision
    from edgefer.engine.arithmetic import left_out
    from edgefer.engine.build import build_engine as build
    from edgefer.engine.calibrating import calibration_for
    from edgefer.engine.options import Options, check_options, parse_batch, refuse_strip
    from edgefer.engine.source import card_of, onnx_of
    from edgefer.engine.text import build_text
    from edgefer.engine.toolchain import toolchain
    from edgefer.export.checkpoint import checking_pixels
    from edgefer.runtime.find import find_student

    sizes = parse_batch(batch)
    wanted = Precision(precision.value)
    chosen, _, targets = toolchain(flavour, target or (), wanted)
    if not target and (note := left_out(wanted, chosen)):
        say(note)
    options = Options(version_compatible, hardware_compatible, workspace)
    check_options(options, chosen, targets)
    if strip:
        refuse_strip(chosen)
    if model is None:
        model, reason = find_student()
        say(f"{model}: {reason}")
    card = card_of(model)
    faces = calibration_for(card, wanted, calibration, model)
    with onnx_of(model) as onnx:
        result = build(
            onnx,
            wanted,
            out,
            calibration=faces,
            targets=target or (),
            batch=sizes,
            flavour=flavour,
            pixels=checking_pixels(card) if wanted is not Precision.FP32 else None,
            options=options,
            model=model,
        )
    emit(json, result.to_dict(), build_text(result))
    say(f"next: edgefer inspect {result.folder}")
