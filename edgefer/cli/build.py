"""`edgefer build`: from a recipe to engines in one command."""

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
from edgefer.cli.train import Changes, RecipeName
from edgefer.console import say
from edgefer.errors import Interrupted

if TYPE_CHECKING:
    from edgefer.pipeline.order import Order


def build(
    recipe: RecipeName,
    precision: Annotated[
        list[PrecisionChoice] | None,
        typer.Option(help="The arithmetic of an engine; repeat it for several.  [default: fp16]", show_default=False),
    ] = None,
    changes: Changes = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            help="A GPU generation such as sm89 (TensorRT-RTX); repeat it.  [default: sm80 sm86 sm89 sm120]",
            show_default=False,
        ),
    ] = None,
    batch: BatchSizes = BATCH,
    flavour: Flavour = None,
    calibration_faces: Annotated[
        int | None, typer.Option(min=1, help="How many faces calibrate int8 and fp8.", show_default="512")
    ] = None,
    calibration_method: CalibrationMethod = None,
    max_drop: MaxDrop = None,
    max_class_drop: MaxClassDrop = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="All of it in one folder.", show_default="runs/, calibration/ and engines/"),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Do all but the training again, even what is there, made of the same.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say which stages would run, and why.")] = False,
    json: Json = False,
) -> None:
    """Train by a recipe, export, calibrate, quantise, compile, evaluate: each stage unless its result is there.

    Stopped or killed, the same command goes on where it was.
    """
    try:
        from edgefer.card import Precision
        from edgefer.distill.asked import recipe_of, require_torch

        require_torch()
        from edgefer.engine.cpu import for_cpu
        from edgefer.engine.options import Options, parse_batch
        from edgefer.errors import UsageError
        from edgefer.paths import RUNS
        from edgefer.pipeline.order import Order, Places, left_out_of
        from edgefer.quantize.exclusion import Limits

        wanted = recipe_of(recipe, changes, None)
        if for_cpu(target or ()):
            file = (out or RUNS) / wanted.name / f"{wanted.name}.onnx"
            raise UsageError(
                "--target cpu is no engine",
                f"build it afterwards: edgefer build-engine {file} --precision int8 --target cpu",
            )
        limits = None if max_drop is None and max_class_drop is None else Limits(max_drop, max_class_drop)
        order = Order(
            recipe=wanted,
            precisions=tuple(Precision(one.value) for one in precision or [PrecisionChoice.FP16]),
            places=Places.inside(out) if out else Places(),
            targets=tuple(target or ()),
            batch=parse_batch(batch),
            flavour=flavour,
            options=Options(method=calibration_method, limits=limits),
            faces=calibration_faces,
            force=force,
        )
        for note in left_out_of(order):
            say(note)
        if dry_run:
            _look(order, json)
        else:
            _build(order, json)
    except KeyboardInterrupt as error:
        raise Interrupted("stopped; every finished stage is kept", "the same command goes on from there") from error


def _look(order: Order, json: bool) -> None:
    from dataclasses import asdict

    from edgefer.pipeline.build_text import look_text
    from edgefer.pipeline.look import look

    found = look(order)
    emit(json, {"schema": 1, "stages": [asdict(stage) for stage in found]}, look_text(found))


def _build(order: Order, json: bool) -> None:
    from edgefer.cli.training import write_curves
    from edgefer.pipeline.build import build as run
    from edgefer.pipeline.build_text import build_text

    result = run(order)
    if not result.stages[0].kept:
        write_curves(result.run.folder, {result.run.card.name: result.run})
    emit(json, result.to_dict(), build_text(result))
    say(f"next: edgefer inspect {result.engines[-1].folder}")
