"""`edgefer calibrate`: faces of the Training split -> calibration set, or how many of them INT8 needs."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgefer.cli.options import Json, emit
from edgefer.console import say
from edgefer.errors import Interrupted, UsageError

if TYPE_CHECKING:
    from edgefer.quantize.curve import Curve
    from edgefer.quantize.pool import Pool


def calibrate(
    model: Annotated[
        Path | None,
        typer.Argument(metavar="[MODEL]", help="The checkpoint or ONNX file to calibrate; default the newest student."),
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="Faces: demo, a store's name or folder; default what it was trained on.")
    ] = None,
    count: Annotated[
        int | None,
        typer.Option(
            min=1, help="Number of faces; of the largest set with --curve.", show_default="512, with --curve 2048"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Which faces are drawn; the first seed with --curve.")] = 0,
    exclude: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Faces to leave out, as data audit lists them.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Its folder.", show_default="calibration/MODEL-DATA-COUNT")
    ] = None,
    curve: Annotated[
        bool, typer.Option("--curve", help="Keep no set; show INT8 accuracy against the number of faces.")
    ] = False,
    split: Annotated[
        str | None, typer.Option(help="With --curve: the faces that judge.", show_default="PublicTest")
    ] = None,
    repeats: Annotated[
        int | None,
        typer.Option(min=1, help="With --curve: draws of each size up to 256, larger ones have one.", show_default="3"),
    ] = None,
    png: Annotated[Path | None, typer.Option(metavar="FILE", help="With --curve: also draw it there.")] = None,
    json: Json = False,
) -> None:
    """Draw a calibration set for INT8: Training faces, even over emotions and brightness, free of copies."""
    from edgefer.engine.source import card_of
    from edgefer.quantize import text
    from edgefer.quantize.calibration import COUNT, make_calibration_set
    from edgefer.quantize.curve import curve_plan
    from edgefer.quantize.source import default_folder, training_pool
    from edgefer.runtime.find import find_student

    _only_with_curve(curve, out, {"--split": split, "--repeats": repeats, "--png": png})
    if model is None:
        model, reason = find_student()
        say(f"{model}: {reason}")
    card = card_of(model)
    pool = training_pool(card, data, exclude)
    if curve:
        measured = _measure(model, pool, split or "PublicTest", curve_plan(pool.left, count, repeats, seed))
        emit(json, measured.to_dict(), text.curve_text(measured))
        if png is not None:
            _draw(measured, png)
        return
    count = count or min(COUNT, pool.left)
    made = make_calibration_set(pool, card, count, out or default_folder(card, pool.faces, count), seed)
    values = {"schema": 1, "path": str(made.folder), "manifest": made.manifest.model_dump(mode="json")}
    emit(json, values, text.set_text(made))
    words = ["edgefer", "build-engine", str(model), "--precision", "int8", "--calibration", str(made.folder)]
    say(f"next: {shlex.join(words)}")


def _only_with_curve(curve: bool, out: Path | None, options: dict[str, object]) -> None:
    given = [name for name, value in options.items() if value is not None]
    if given and not curve:
        raise UsageError(f"{given[0]} goes with --curve", f"add --curve, or leave {given[0]} out")
    if out is not None and curve:
        raise UsageError("--curve keeps no set to put in --out", "leave one of them out")


def _measure(model: Path, pool: Pool, split: str, plan: list[tuple[int, int]]) -> Curve:
    from edgefer.data.load import load_faces
    from edgefer.engine.source import onnx_of
    from edgefer.quantize.curve import calibration_curve

    judged = load_faces(pool.source, split, pool.exclude)
    try:
        with onnx_of(model) as onnx:
            return calibration_curve(onnx, pool, judged, plan)
    except KeyboardInterrupt as error:
        fix = "--repeats 1 or a smaller --count is quicker"
        raise Interrupted("the curve was stopped, nothing was kept", fix) from error


def _draw(measured: Curve, file: Path) -> None:
    from edgefer.paths import atomic_file
    from edgefer.report.calibration_plots import calibration_curve

    drawn = calibration_curve(measured)
    with atomic_file(file) as temporary:
        temporary.write_bytes(drawn)
    say(f"wrote {file}")
