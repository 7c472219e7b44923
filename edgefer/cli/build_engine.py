"""`edgefer build-engine`: checkpoint or ONNX -> TensorRT engine."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgefer.cli.options import Json, emit
from edgefer.console import say

if TYPE_CHECKING:
    from edgefer.card import ModelCard, Precision
    from edgefer.engine.build import BuildResult
    from edgefer.quantize.calibration import CalibrationSet


class PrecisionChoice(str, Enum):
    """`edgefer.card.Precision` without what importing it costs `--help`."""

    FP32 = "fp32"
    FP16 = "fp16"
    INT8 = "int8"


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
        typer.Option(metavar="DIR", help="Calibration set for int8; default one from what it was trained on."),
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
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Its folder.", show_default="engines/MODEL-PRECISION-...")
    ] = None,
    json: Json = False,
) -> None:
    """Compile a TensorRT engine and prove its precision; TensorRT-RTX does so on a machine without a GPU."""
    from edgefer.card import Precision
    from edgefer.engine.build import build_engine as build
    from edgefer.engine.build import parse_batch, toolchain
    from edgefer.engine.source import card_of, onnx_of
    from edgefer.export.checkpoint import checking_pixels
    from edgefer.runtime.find import find_student

    sizes = parse_batch(batch)
    toolchain(flavour, target or ())
    if model is None:
        model, reason = find_student()
        say(f"{model}: {reason}")
    wanted = Precision(precision.value)
    card = card_of(model)
    faces = _calibration(card, wanted, calibration, model)
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
        )
    emit(json, result.to_dict(), _text(result))
    say(f"next: edgefer inspect {result.folder}")


def _calibration(card: ModelCard, precision: Precision, folder: Path | None, model: Path) -> CalibrationSet | None:
    from edgefer.card import Precision
    from edgefer.quantize.source import default_set, fitting_set

    if precision is not Precision.INT8 or card.precision is Precision.INT8:
        return None
    if folder is not None:
        return fitting_set(folder, card, model)
    made, existed = default_set(card, model)
    say(f"calibration set {made.folder}: {len(made)} faces of {made.manifest.dataset}{', as before' * existed}")
    return made


def _text(result: BuildResult) -> str:
    passport = result.card.engine
    assert passport is not None
    census = passport.census
    witness = "engine" if any(key.startswith("engine") for key in census) else "onnx"
    products = [(key.split(" ", 2)[1:], number) for key, number in census.items() if key.startswith(witness)]
    layers = ", ".join(f"{number} {kind} {types}" for (kind, types), number in products if kind != "other")
    lines = [
        f"{result.engine}: {result.engine.stat().st_size / 1e6:.2f} MB, compiled in {result.seconds:.1f} s",
        f"  for {passport.flavour} {passport.version}, {'+'.join(passport.targets)}, batch {':'.join(map(str, passport.batch))}",
        f"  computes in: {layers}",
    ]
    if result.agreement:
        near = result.agreement
        lines.append(
            f"  in ONNX Runtime, {near.same_label:.1%} of {near.faces} faces get the same label as in float32,"
            f" largest logit difference {near.max_difference:.2g}"
        )
    return "\n".join(lines)
