"""`edgefer inspect`: says what a file is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgefer.cli.options import Json, emit


def inspect(
    artifact: Annotated[
        Path, typer.Argument(help="A checkpoint, ONNX file, engine, calibration set or data store, or its folder.")
    ],
    json: Json = False,
) -> None:
    """Say what a file is and whether it is sound; needs no GPU. Exits 1 when something is wrong with it."""
    from edgefer.engine.inspect import describe
    from edgefer.engine.inspect_text import description_text

    found = describe(artifact)
    emit(json, found.to_dict(), description_text(found))
    if found.problems:
        raise typer.Exit(1)
