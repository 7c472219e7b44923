"""`edgefer bundle`: a model as another program, or another machine, takes it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgefer.bundle.target import Target
from edgefer.cli.options import Json, emit
from edgefer.console import say


def bundle(
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="[MODEL]",
            help="A checkpoint, ONNX file, engine, a folder of one, or a shipped student's name; default the newest student.",
            show_default=False,
        ),
    ] = None,
    target: Annotated[
        Target | None, typer.Option("--for", help="Who runs it; edge is edgefer itself.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", help="Its folder; for edge its .tar.gz file.", show_default="bundles/MODEL-TARGET"
        ),
    ] = None,
    batch: Annotated[
        str | None,
        typer.Option(
            metavar="MIN:OPT:MAX",
            help="Faces at once, of an ONNX file; an engine has its own.",
            show_default="1:8:32",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Bundle a model for Triton, DeepStream, trtexec, or as one file for an edge device; read back before it is kept."""
    from edgefer.bundle.make import make_bundle
    from edgefer.bundle.material import find_model
    from edgefer.engine.options import parse_batch
    from edgefer.errors import UsageError

    if target is None:
        raise UsageError("bundle needs to know for whom", f"add --for {'|'.join(one.value for one in Target)}")
    path, reason = find_model(model)
    if reason:
        say(f"{path}: {reason}")
    made = make_bundle(path, target, out, parse_batch(batch) if batch else None)
    size = sum(file.stat().st_size for file in made.path.rglob("*") if file.is_file()) or made.path.stat().st_size
    text = [f"{made.path}: {made.model} for {made.target.value}, {len(made.files)} files, {size / 1e6:.2f} MB"]
    emit(json, made.to_dict(), "\n".join([*text, *(f"  {name}" for name in made.files)]))
    place = made.path.parent if target is Target.EDGE else made.path
    say(f"in {place}:\n{made.run}")
