"""From a recipe to engines in one run; killed at any moment, the same again goes on where it stopped.

Each stage looks for what it would make. What is there, made of the very same inputs (their hashes are in the run, the
record beside the ONNX file, the calibration set's manifest and the engine's passport), is kept. Everything is written
under a temporary name first, so that whatever is found is whole.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from edgefer.card import FILE, Measurement
from edgefer.console import say
from edgefer.data.faces import FaceSet
from edgefer.distill.standing import standing
from edgefer.distill.trainer import BEST, Run
from edgefer.engine.measure import judging_faces
from edgefer.export.checkpoint import Exported
from edgefer.export.once import export_recorded, find_exported
from edgefer.pipeline import stages
from edgefer.pipeline.order import EnginePlan, Order, Plan, plan
from edgefer.pipeline.stage import FORCED, Stage, engine_stages, evaluate_stage, train_stage
from edgefer.pipeline.stages import CONVERTING, Engine
from edgefer.quantize.calibration import CalibrationSet


@dataclass(frozen=True)
class Built:
    """What a build made or kept. unmeasured: why accuracy could not be measured; empty when it could."""

    stages: tuple[Stage, ...]
    run: Run
    exported: Exported
    engines: tuple[Engine, ...]
    unmeasured: str

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "schema": 1,
            "stages": [asdict(stage) for stage in self.stages],
            "checkpoint": str(self.run.checkpoint),
            "onnx": str(self.exported.path),
            "engines": [
                {"folder": str(one.folder), "engine": str(one.engine), "card": one.card.model_dump(mode="json")}
                for one in self.engines
            ],
            "unmeasured": self.unmeasured,
        }


class _Log:
    """The stages so far; each is told as it begins."""

    def __init__(self) -> None:
        self.stages: list[Stage] = []

    def keep(self, name: str, made: object, why: str) -> None:
        say(f"{name}: {made}: kept, {why}")
        self.stages.append(Stage(name, str(made), True, why))

    @contextlib.contextmanager
    def run(self, name: str, made: object, why: str) -> Iterator[None]:
        say(f"{name}: {made}: {why}")
        start = time.monotonic()
        yield
        self.stages.append(Stage(name, str(made), False, why, time.monotonic() - start))


def build(order: Order) -> Built:
    """Run every stage whose result is not there, made of the same.

    Raises as `plan` before anything is trained, and as the stages do; what finished before is kept.
    """
    wanted, log = plan(order), _Log()
    run = _train(order, log)
    exported = _export(order, run, log)
    calibration = _calibrate(wanted, exported, log)
    faces, unmeasured = judging_faces(exported.card, order.recipe.data.source)
    engines: list[Engine] = []
    before: Measurement | None = None
    for one in wanted.engines:
        engine = _compile(wanted, one, exported, calibration, log)
        engine = _evaluate(engine, exported, faces, before, log)
        measured = stages.find_accuracy(engine)
        before = measured[0] if measured else before
        engines.append(engine)
    return Built(tuple(log.stages), run, exported, tuple(engines), unmeasured)


def _train(order: Order, log: _Log) -> Run:
    recipe, runs = order.recipe, order.places.runs
    name, found = train_stage(recipe), standing(recipe, runs)
    if found.run is not None:
        log.keep(name, found.run.checkpoint, found.why)
        return found.run
    with log.run(name, found.folder / BEST, found.why):
        return stages.train(recipe, runs)


def _export(order: Order, run: Run, log: _Log) -> Exported:
    onnx = stages.onnx_of(run.folder, run.card)
    found = find_exported(run.checkpoint, onnx)
    if found.exported is not None and not order.force:
        log.keep("export", onnx, found.why)
        return found.exported
    with log.run("export", onnx, FORCED if found.exported else found.why):
        return export_recorded(run.checkpoint, onnx, order.recipe.data.source)


def _calibrate(wanted: Plan, exported: Exported, log: _Log) -> CalibrationSet | None:
    if wanted.calibration is None:
        return None
    made, why = stages.find_set(wanted.calibration, exported.card, exported.path)
    folder = wanted.calibration.folder
    if made is not None and not wanted.order.force:
        log.keep("calibrate", folder, why)
        return made
    with log.run("calibrate", folder, FORCED if made else why):
        return stages.make_set(wanted.calibration, exported.card)


def _compile(
    wanted: Plan, one: EnginePlan, exported: Exported, calibration: CalibrationSet | None, log: _Log
) -> Engine:
    """Both stages that fill an engine's folder; it is replaced as a whole, so neither runs alone."""
    convert, compiled = engine_stages(one.precision)
    request = stages.request_of(one, wanted.order, exported.path, calibration)
    found, why = stages.find_engine(request, calibration)
    if found is not None and not wanted.order.force:
        say(f"{convert}, {compiled}: {one.folder}: kept, {why}")
        log.stages += [Stage(convert, str(found.onnx), True, why), Stage(compiled, str(found.engine), True, why)]
        return found
    why = FORCED if found else why
    say(f"{convert}, {compiled}: {one.folder}: {why}")
    engine, parts = stages.make_engine(request)
    converting = sum(seconds for name, seconds in parts.items() if name in CONVERTING)
    log.stages += [
        Stage(convert, str(engine.onnx), False, why, converting),
        Stage(compiled, str(engine.engine), False, why, sum(parts.values()) - converting),
    ]
    return engine


def _evaluate(
    engine: Engine, exported: Exported, faces: FaceSet | None, before: Measurement | None, log: _Log
) -> Engine:
    name, made = evaluate_stage(engine.card.precision), engine.folder / FILE
    known, why = stages.accuracy_why(engine, faces)
    if known:
        log.keep(name, made, why)
    if known or faces is None:
        return engine
    with log.run(name, made, why):
        return stages.evaluate(engine, exported.path, faces, before)
