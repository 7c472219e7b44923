"""`edgefer sensitivity`: which convolutions INT8 hurts, and for which emotions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgefer.cli.options import Json, emit
from edgefer.console import say
from edgefer.errors import Interrupted, UsageError
from edgefer.quantize.method import DEFAULT, Method


def sensitivity(
    model: Annotated[
        Path | None,
        typer.Argument(
            metavar="[MODEL]", help="A checkpoint, a run's folder or an ONNX file; default the newest student."
        ),
    ] = None,
    calibration: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Calibration set; default one from what it was trained on.")
    ] = None,
    calibration_method: Annotated[
        Method, typer.Option(help="How the ranges follow from the calibration faces.")
    ] = DEFAULT,
    count: Annotated[
        int | None,
        typer.Option(min=1, help="Labelled faces to ask about, none of the calibration set.", show_default="1024"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Which faces are drawn.")] = 0,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write a page with bar charts.")] = None,
    json: Json = False,
) -> None:
    """Rank a model's convolutions by what INT8 in each alone does to its answers, and to each emotion."""
    from edgefer.card import Precision
    from edgefer.engine.calibrating import calibration_for
    from edgefer.engine.source import card_of, onnx_of
    from edgefer.quantize.search import find_sensitivity
    from edgefer.quantize.sensitivity_text import sensitivity_text
    from edgefer.runtime.find import find_student

    if model is None:
        model, reason = find_student()
        say(f"{model}: {reason}")
    card = card_of(model)
    if card.precision is not Precision.FP32:
        raise UsageError(f"{model} is {card.precision.value} already", "name the float32 file or the checkpoint")
    faces = calibration_for(card, Precision.INT8, calibration, model)
    assert faces is not None
    try:
        with onnx_of(model) as onnx:
            found = find_sensitivity(onnx, faces, count, seed, calibration_method)
    except KeyboardInterrupt as error:
        raise Interrupted("stopped, nothing was kept", "a smaller --count is quicker") from error
    emit(json, found.to_dict(), sensitivity_text(found))
    if html is not None:
        from edgefer.report.sensitivity import write

        write(html, found)
        say(f"wrote {html}")
