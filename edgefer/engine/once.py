"""An engine from whatever names a model: built, or kept when the same was built before."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

from edgefer.card import Precision
from edgefer.console import say
from edgefer.data.faces import FaceSet
from edgefer.engine.build import build_engine
from edgefer.engine.calibrating import calibration_for
from edgefer.engine.display import seconds_text
from edgefer.engine.existing import Existing, find_existing
from edgefer.engine.measure import judging_faces
from edgefer.engine.parts import Parts
from edgefer.engine.past import Past, recall, remember
from edgefer.engine.precision import learned
from edgefer.engine.request import Request, Task, resolve
from edgefer.engine.result import BuildResult
from edgefer.engine.source import onnx_of
from edgefer.errors import Interrupted
from edgefer.export.checkpoint import checking_pixels
from edgefer.paths import remove_unfinished
from edgefer.quantize.calibration import CalibrationSet
from edgefer.trt.rebuild import ONNX


def build_once(request: Request, force: bool = False) -> BuildResult:
    """Build the engine that is asked for, unless it is in its folder already, made of the same; `force` builds anyway.

    Makes the model's own calibration set where one is needed and none is named. Says on stderr what it does and about
    how long that will take. Raises as `resolve`, `calibration_for` and `build_engine`.
    """
    task = resolve(request)
    try:
        return _once(task, force)
    except KeyboardInterrupt as error:
        raise Interrupted(f"stopped before {task.folder} was written", "the same command starts it again") from error


def _once(task: Task, force: bool) -> BuildResult:
    request, parts = task.request, Parts()
    remove_unfinished(task.folder.parent)
    calibration = None
    if learned(task.card, request.precision, request.calibration):
        say(f"{task.card.name} learned its INT8 ranges in training: no calibration set is needed")
    else:
        with parts.part("calibration set"):
            calibration = calibration_for(task.card, request.precision, request.calibration, request.model)
    with parts.part("finding faces"):
        faces, unmeasured = judging_faces(task.card) if request.measure else (None, "--no-measure was given")
    with parts.part("looking for the same"):
        found = find_existing(task.folder, task.inputs(calibration.sha256 if calibration else ""), faces)
    if not force and found.same:
        return _kept(task, found, parts)
    if not force and found.why:
        say(f"{task.folder} is built again: {'; '.join(found.why)}")
    last = recall(task.kind)
    if last is not None:
        say(f"about {seconds_text(last.seconds(request.measure))}, as the last {task.kind} took")
    result = replace(_built(task, calibration, faces, last, parts), unmeasured=unmeasured)
    if result.compiled is not None:
        remember(task.kind, Past(parts=result.parts, compiled=result.compiled))
    return result


def _kept(task: Task, found: Existing, parts: Parts) -> BuildResult:
    assert found.engine is not None
    assert found.card is not None
    say(f"{task.folder} was built from the very same: kept; --force builds it again")
    return BuildResult(task.folder, found.engine, task.folder / ONNX, found.card, None, parts.seconds)


def _built(
    task: Task, calibration: CalibrationSet | None, faces: FaceSet | None, last: Past | None, parts: Parts
) -> BuildResult:
    request = task.request
    with parts.part("finding faces"):
        pixels = checking_pixels(task.card) if request.precision is not Precision.FP32 else None
    with ExitStack() as stack:
        with parts.part("exporting"):
            onnx = stack.enter_context(onnx_of(task.file))
        result = build_engine(
            onnx,
            request.precision,
            task.folder,
            calibration=calibration,
            targets=request.targets,
            batch=request.batch,
            flavour=request.flavour,
            pixels=pixels,
            options=request.options,
            model=request.model,
            faces=faces,
            last=last,
        )
    return replace(result, parts={**parts.seconds, **result.parts})
