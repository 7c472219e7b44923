"""`edgefer calibrate`: faces of the Training split -> calibration set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgefer.cli.options import Json, emit
from edgefer.console import say


def calibrate(
    model: Annotated[
        Path | None,
        typer.Argument(metavar="[MODEL]", help="The checkpoint or ONNX file to calibrate; default the newest student."),
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="Faces: demo, a store's name or folder; default what it was trained on.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="Number of faces.")] = 512,
    seed: Annotated[int, typer.Option(help="Which faces are drawn.")] = 0,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Its folder.", show_default="calibration/MODEL-DATA-COUNT")
    ] = None,
    json: Json = False,
) -> None:
    """Draw a calibration set for INT8: Training faces, as many of each emotion, with a manifest and hashes."""
    from edgefer.engine.source import card_of
    from edgefer.quantize.calibration import make_calibration_set
    from edgefer.quantize.source import default_folder, training_faces
    from edgefer.runtime.find import find_student

    if model is None:
        model, reason = find_student()
        say(f"{model}: {reason}")
    card = card_of(model)
    faces = training_faces(card, data)
    made = make_calibration_set(faces, card.input, count, out or default_folder(card, faces, count), seed)
    counts = ", ".join(f"{name} {number}" for name, number in made.manifest.counts.items())
    values = {"schema": 1, "path": str(made.folder), "manifest": made.manifest.model_dump(mode="json")}
    emit(json, values, f"{made.folder}: {len(made)} faces of {faces.name} {faces.split} ({counts})")
    say(f"next: edgefer build-engine {model} --precision int8 --calibration {made.folder}")
