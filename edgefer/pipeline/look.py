"""What a build would do and why, without doing it: `edgefer build --dry-run`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from edgefer.card import FILE
from edgefer.data.faces import FaceSet
from edgefer.distill.standing import standing
from edgefer.distill.trainer import BEST
from edgefer.engine.measure import judging_faces
from edgefer.export.once import find_exported
from edgefer.pipeline import stages
from edgefer.pipeline.order import EnginePlan, Order, Plan, plan
from edgefer.pipeline.stage import FORCED, Stage, engine_stages, evaluate_stage, train_stage
from edgefer.quantize.calibration import CalibrationSet


def look(order: Order) -> tuple[Stage, ...]:
    """The stages of `edgefer.pipeline.build.build` as they would go; makes nothing and raises as `plan`.

    A stage after one that would run would run too, unless that one gives the very same again.
    """
    return tuple(_stages(plan(order)))


def _stages(wanted: Plan) -> Iterator[Stage]:
    order = wanted.order
    trained = standing(order.recipe, order.places.runs)
    yield _stage(train_stage(order.recipe), trained.folder / BEST, trained.run is not None, trained.why)
    onnx, after = stages.onnx_of(trained.folder, wanted.card), train_stage(order.recipe)
    if trained.run is None:
        export = _stage("export", onnx, False, f"after {after}")
    else:
        exported = find_exported(trained.run.checkpoint, onnx)
        export = _stage("export", onnx, exported.exported is not None, exported.why, order.force)
    yield export
    after = "" if export.kept else "export"
    calibration = None
    if wanted.calibration is not None:
        # Nothing that training adds to a card matters to a calibration set.
        calibration, why = stages.find_set(wanted.calibration, wanted.card, onnx)
        calibrate = _stage("calibrate", wanted.calibration.folder, calibration is not None, why, order.force)
        yield calibrate
        after = after or ("" if calibrate.kept else "calibrate")
    faces, _ = judging_faces(wanted.card, order.recipe.data.source)
    for one in wanted.engines:
        needed = after if after == "export" or one.calibrated else ""
        yield from _engine(one, order, onnx, calibration, needed, faces)


def _engine(
    one: EnginePlan, order: Order, onnx: Path, calibration: CalibrationSet | None, after: str, faces: FaceSet | None
) -> Iterator[Stage]:
    convert, compiled = engine_stages(one.precision)
    engine, why = None, f"after {after}"
    if not after:
        engine, why = stages.find_engine(stages.request_of(one, order, onnx, calibration), calibration)
    kept = engine is not None
    yield _stage(convert, one.folder, kept, why, order.force)
    build = _stage(compiled, one.folder, kept, why, order.force)
    yield build
    name = evaluate_stage(one.precision)
    if not build.kept and faces is not None:
        yield _stage(name, one.folder / FILE, False, f"after {compiled}")
    elif engine is not None and (faces is not None or stages.find_accuracy(engine)):
        yield _stage(name, one.folder / FILE, *stages.accuracy_why(engine, faces))


def _stage(name: str, made: Path, kept: bool, why: str, force: bool = False) -> Stage:
    return Stage(name, str(made), kept and not force, FORCED if kept and force else why)
