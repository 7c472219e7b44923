"""The whole path in one run, on the drawn faces inside edgefer: teacher, student, ONNX, engines, measurements."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edgefer.benchmark.candidate import all_threads
from edgefer.benchmark.protocol import protocol_for
from edgefer.benchmark.result import BenchmarkResult
from edgefer.benchmark.run import benchmark_models
from edgefer.benchmark.variants import Wish
from edgefer.card import ModelCard, Precision
from edgefer.console import say
from edgefer.data.load import load_faces
from edgefer.data.preprocess import network_input
from edgefer.distill.run import Distilled, distill_once
from edgefer.distill.trainer import Run, read_run
from edgefer.engine.build import build_engine
from edgefer.engine.layout import INT8_ONNX
from edgefer.engine.result import BuildResult
from edgefer.errors import BackendError
from edgefer.evaluate.agreement import Agreement
from edgefer.evaluate.evaluate import Evaluation, evaluate
from edgefer.export.checkpoint import export_checkpoint
from edgefer.quantize.calibration import CalibrationSet, make_calibration_set
from edgefer.quantize.int8 import to_int8
from edgefer.quantize.source import training_pool
from edgefer.recipe import load
from edgefer.runtime.open import open_session
from edgefer.runtime.session import Array

RECIPE = "demo-c"
STAGES = 6
CALIBRATION_FACES = 256
BATCHES, ROUNDS, SECONDS, CALLS = (1, 32), 4, 1.0, 20


@dataclass(frozen=True)
class Quickstart:
    """What the run made. `evaluations` are by the name of what was evaluated, all on the same faces.

    `engines` is empty and `no_engines` says why where no TensorRT is installed.
    """

    folder: Path
    seconds: float
    distilled: Distilled
    teacher: Run
    onnx: Path
    card: ModelCard
    parity: Agreement
    calibration: CalibrationSet
    engines: tuple[BuildResult, ...]
    no_engines: str
    evaluations: dict[str, Evaluation]
    benchmark: BenchmarkResult


def quickstart(folder: Path, changes: tuple[str, ...] = ()) -> Quickstart:
    """Run every stage into `folder`. Networks that are trained there already, by the same recipe, are kept.

    changes: recipe values as `section.key=value`, such as `train.epochs=2` for a shorter run.
    """
    start = time.monotonic()
    stage = _counter()
    stage("distil student C from a small teacher, and train it alone beside")
    recipe = load(RECIPE, changes)
    distilled = distill_once(recipe, folder)
    student_folder = distilled.student.folder
    teacher = read_run(distilled.teachers[0].parent)

    stage("export to ONNX and compare with torch")
    exported = export_checkpoint(distilled.student.checkpoint)

    stage("draw a calibration set and quantise to INT8")
    pool = training_pool(exported.card, recipe.data.source, recipe.data.exclude)
    calibration = make_calibration_set(pool, exported.card, CALIBRATION_FACES, folder / "calibration")
    int8 = student_folder / INT8_ONNX
    to_int8(exported.path, calibration, int8)

    stage("build FP16 and INT8 engines")
    faces = load_faces(recipe.data.source, recipe.data.choose)
    engines, no_engines = _engines(exported.path, folder, calibration, network_input(faces.pixels, exported.card.input))

    stage("evaluate each step on the same faces")
    named = {
        "teacher": teacher.checkpoint,
        "student alone": distilled.alone.checkpoint if distilled.alone else None,
        "student distilled": distilled.student.checkpoint,
        "ONNX FP32": exported.path,
        "ONNX INT8": int8,
    }
    evaluations = {}
    for name, path in named.items():
        if path is not None:
            with open_session(path) as session:
                evaluations[name] = evaluate(session, faces)

    stage("benchmark the teacher, the student and every engine that runs here")
    models = [student_folder, *(built.folder for built in engines)]
    measured = benchmark_models(
        models,
        str(teacher.checkpoint),
        faces,
        how=protocol_for(BATCHES, ROUNDS, SECONDS, CALLS),
        wish=Wish(threads=(all_threads(),), compiled=False),
    )
    return Quickstart(
        folder=folder,
        seconds=time.monotonic() - start,
        distilled=distilled,
        teacher=teacher,
        onnx=exported.path,
        card=exported.card,
        parity=exported.parity,
        calibration=calibration,
        engines=engines,
        no_engines=no_engines,
        evaluations=evaluations,
        benchmark=measured,
    )


def _engines(
    onnx: Path, folder: Path, calibration: CalibrationSet, pixels: Array
) -> tuple[tuple[BuildResult, ...], str]:
    built = []
    for precision in (Precision.FP16, Precision.INT8):
        out = folder / f"engine-{precision.value}"
        try:
            built.append(build_engine(onnx, precision, out, calibration=calibration, pixels=pixels))
        except BackendError as error:
            say(f"no engines: {error}")
            return (), str(error)
    return tuple(built), ""


def _counter() -> Callable[[str], None]:
    number = 0

    def stage(what: str) -> None:
        nonlocal number
        number += 1
        say(f"[{number}/{STAGES}] {what}")

    return stage
