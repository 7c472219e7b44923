"""The stages of a build, each in two halves: what is there already and why it will not do, and the work itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgefer.card import FILE, Measurement, ModelCard, Precision
from edgefer.data.faces import FaceSet
from edgefer.distill.run import distill_once, train_once
from edgefer.distill.trainer import Run
from edgefer.engine.existing import find_existing
from edgefer.engine.measure import elsewhere, measure
from edgefer.engine.once import build_once
from edgefer.engine.request import Request, resolve
from edgefer.errors import ArtifactError
from edgefer.paths import write_text
from edgefer.pipeline.order import EnginePlan, Order, SetPlan
from edgefer.quantize.calibration import CalibrationSet, make_calibration_set
from edgefer.quantize.source import fitting_set
from edgefer.recipe import Recipe
from edgefer.trt.rebuild import ONNX

# The parts of `build_engine`'s work that end in the ONNX file that is compiled.
CONVERTING = {"calibration set", "holding limits", "converting", "comparing"}


@dataclass(frozen=True)
class Engine:
    """An engine, its ONNX file at its precision, and its card with the passport."""

    folder: Path
    engine: Path
    onnx: Path
    card: ModelCard


def onnx_of(run: Path, card: ModelCard) -> Path:
    """Where the network in a run's folder is exported to, as `edgefer export` does."""
    return run / f"{card.name}.onnx"


def train(recipe: Recipe, folder: Path) -> Run:
    """The recipe's network, with its teachers where it has any; goes on with a run that was stopped."""
    if recipe.teacher is None:
        return train_once(recipe, folder)
    return distill_once(recipe, folder, baseline=False).student


def find_set(wanted: SetPlan, card: ModelCard, model: Path) -> tuple[CalibrationSet | None, str]:
    """The set that is wanted, or None, and what was found in a few words; `model` is the file that it will calibrate."""
    folder = wanted.folder
    if not folder.exists():
        return None, "not there"
    try:
        made = fitting_set(folder, card, model)
    except ArtifactError as error:
        return None, error.what
    listed = made.manifest.exclude.sha256 if made.manifest.exclude else ""
    if listed != wanted.pool.exclude_sha256:
        return None, "drawn by another exclusion list"
    if len(made) != wanted.count:
        return None, f"{len(made):,} faces, not {wanted.count:,}"
    return made, f"{len(made):,} faces that fit"


def make_set(wanted: SetPlan, card: ModelCard) -> CalibrationSet:
    """Draw the set that is wanted."""
    return make_calibration_set(wanted.pool, card, wanted.count, wanted.folder)


def request_of(wanted: EnginePlan, order: Order, onnx: Path, calibration: CalibrationSet | None) -> Request:
    """What `edgefer build-engine` would be asked for."""
    return Request(
        model=onnx,
        precision=wanted.precision,
        calibration=calibration.folder if calibration and wanted.calibrated else None,
        targets=order.targets,
        batch=order.batch,
        flavour=order.flavour,
        out=wanted.folder,
        options=wanted.options,
        measure=False,
    )


def find_engine(request: Request, calibration: CalibrationSet | None) -> tuple[Engine | None, str]:
    """The engine that is asked for, or None, and what was found in a few words."""
    task = resolve(request)
    found = find_existing(task.folder, task.inputs(calibration.sha256 if request.calibration and calibration else ""))
    if found.engine is None:
        return None, "no engine is there"
    if found.why or found.card is None:
        return None, "; ".join(found.why)
    return Engine(task.folder, found.engine, task.folder / ONNX, found.card), "made of the very same"


def make_engine(request: Request) -> tuple[Engine, dict[str, float]]:
    """Convert and compile; the folder is replaced as a whole. With it come the seconds that each part took."""
    result = build_once(request, force=True)
    return Engine(result.folder, result.engine, result.onnx, result.card), result.parts


def find_accuracy(engine: Engine) -> tuple[Measurement, Measurement] | None:
    """The float32 file's and the engine's accuracy, where its card has both."""
    passport = engine.card.engine
    if passport is None or passport.before is None or passport.after is None:
        return None
    return passport.before, passport.after


def accuracy_why(engine: Engine, faces: FaceSet | None) -> tuple[bool, str]:
    """Whether an engine's accuracy on `faces` is known, and that in words; None for faces that are not here."""
    found = find_accuracy(engine)
    if found is None:
        return False, "no accuracy is in it"
    others = elsewhere(found[1], faces)
    return not others, others or "the accuracy is in it"


def evaluate(engine: Engine, onnx: Path, faces: FaceSet, before: Measurement | None) -> Engine:
    """Measure an engine's ONNX file, and the float32 one unless `before` is its accuracy; both go into the card.

    An engine that is not converted is its float32 file.
    """
    passport = engine.card.engine
    assert passport is not None
    if before is None:
        before, after = measure(engine.onnx if engine.card.precision is Precision.FP32 else onnx, engine.onnx, faces)
    else:
        _, after = measure(None, engine.onnx, faces)
    card = engine.card.but(engine=passport.model_copy(update={"before": before, "after": after}))
    write_text(engine.folder / FILE, card.to_json(indent=2) + "\n")
    return Engine(engine.folder, engine.engine, engine.onnx, card)
