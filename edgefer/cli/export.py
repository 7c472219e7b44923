"""`edgefer export`: checkpoint -> ONNX."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgefer.cli.options import Json, emit
from edgefer.console import say


def export(
    model: Annotated[
        Path | None,
        typer.Argument(metavar="[MODEL]", help="A checkpoint or a run's folder; default the newest student."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The ONNX file; default beside the checkpoint.")] = None,
    data: Annotated[
        str | None,
        typer.Option(help="Faces for the check: demo, a store's name or folder; default what it was trained on."),
    ] = None,
    json: Json = False,
) -> None:
    """Export a checkpoint as one trimmed ONNX file with its model card inside, and check it on real faces."""
    from dataclasses import asdict

    from edgefer.export.checkpoint import export_checkpoint
    from edgefer.export.onnx import describe
    from edgefer.runtime.find import find_student

    if model is None:
        model, reason = find_student()
        say(f"{model}: {reason}")
    result = export_checkpoint(model, out, data)
    size = result.path.stat().st_size
    text = f"{result.path}: {size / 1e6:.2f} MB, {result.card.parameters:,} parameters; {describe(result.parity)}"
    values = {"path": str(result.path), "bytes": size, "card": result.card.model_dump(mode="json")}
    emit(json, values | {"parity": asdict(result.parity)}, text)
    say(f"next: edgefer build-engine {result.path} --precision fp16")
