"""What `edgefer build` is asked for, and all that can be refused before anything is trained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from edgefer import paths
from edgefer.card import ModelCard, Precision
from edgefer.distill.describe import input_spec, model_card
from edgefer.distill.parallel import check_batch
from edgefer.distill.run import faces_of
from edgefer.engine.arithmetic import left_out
from edgefer.engine.holding import check_limits
from edgefer.engine.layout import OWN, folder_name
from edgefer.engine.options import BATCH, PLAIN, Batch, Options, check_method, check_options, checked_batch
from edgefer.engine.precision import check_learned, check_source, learned
from edgefer.engine.toolchain import toolchain
from edgefer.errors import UsageError
from edgefer.quantize.calibration import COUNT, FACES
from edgefer.quantize.manifest import MANIFEST
from edgefer.quantize.pool import Pool
from edgefer.quantize.source import default_folder, training_pool
from edgefer.ranks import world
from edgefer.recipe import Recipe


@dataclass(frozen=True)
class Places:
    """The folders that runs, calibration sets and engines are put into."""

    runs: Path = paths.RUNS
    calibration: Path = paths.CALIBRATION
    engines: Path = paths.ENGINES

    @classmethod
    def inside(cls, folder: Path) -> Places:
        """All of it in one folder."""
        return cls(folder, folder / paths.CALIBRATION, folder / paths.ENGINES)


@dataclass(frozen=True)
class Order:
    """faces: how many calibrate; None for as many as `edgefer calibrate` takes. options: for the precisions they fit.

    targets, flavour: empty or None for the defaults. force: do all but the training again.
    """

    recipe: Recipe
    precisions: tuple[Precision, ...]
    places: Places = Places()
    targets: tuple[str, ...] = ()
    batch: Batch = BATCH
    flavour: str | None = None
    options: Options = PLAIN
    faces: int | None = None
    force: bool = False


@dataclass(frozen=True)
class SetPlan:
    """The calibration set of a build: how many faces of which, and where it belongs."""

    pool: Pool
    count: int
    folder: Path


@dataclass(frozen=True)
class EnginePlan:
    """An engine of a build: where it belongs, and what is asked of it. calibrated: whether it needs a calibration set."""

    precision: Precision
    calibrated: bool
    options: Options
    folder: Path


@dataclass(frozen=True)
class Plan:
    """An order that can be met as far as is known. card: as the network's will be, but for what training measures.

    calibration: None where no precision needs one.
    """

    order: Order
    card: ModelCard
    calibration: SetPlan | None
    engines: tuple[EnginePlan, ...]


def plan(order: Order) -> Plan:
    """Look at the faces, the compiler and the folders, and refuse what cannot be; makes nothing.

    Raises UsageError under torchrun, and as the stages would raise: what the recipe names is not here, a target lacks the
    precision, more calibration faces are asked for than there are, a folder holds other things.
    """
    if world() > 1:
        name = order.recipe.name
        raise UsageError(
            "one process builds engines", f"train with torchrun first; then edgefer build {name} takes the finished run"
        )
    checked_batch(order.batch)
    recipe, faces = order.recipe, faces_of(order.recipe)
    check_batch(recipe, len(faces.training))
    card = model_card(
        recipe, faces.training, faces.choosing, input_spec(recipe, faces.training), 1, recipe.train.epochs
    )
    engines = tuple(_engine(order, card, precision) for precision in dict.fromkeys(order.precisions))
    calibrated = any(engine.calibrated for engine in engines)
    if order.faces is not None and not calibrated:
        raise UsageError(
            f"{' and '.join(engine.precision.value for engine in engines)} is not calibrated",
            "leave --calibration-faces out, or add --precision int8",
        )
    return Plan(order, card, _calibration(order, card) if calibrated else None, engines)


def left_out_of(order: Order) -> list[str]:
    """Which default targets the precisions leave out and why, for people."""
    if order.targets:
        return []
    notes = [left_out(one, toolchain(order.flavour, (), one)[0]) for one in dict.fromkeys(order.precisions)]
    return [note for note in notes if note]


def _engine(order: Order, card: ModelCard, precision: Precision) -> EnginePlan:
    flavour, _, targets = toolchain(order.flavour, order.targets, precision)
    options = order.options
    if precision is not Precision.INT8 and Precision.INT8 in order.precisions:
        # They are for the INT8 engine among several.
        options = replace(options, method=None, limits=None)
    check_options(options, flavour, targets)
    check_method(options, precision, card)
    check_limits(options, precision, card)
    check_learned(card, precision, None, options)
    check_source(Path(f"{card.name}.onnx"), card, precision, flavour, targets)
    folder = order.places.engines / folder_name(card.name, precision, flavour, targets, options, order.batch)
    paths.refuse_foreign(folder, OWN, "an engine")
    calibrated = precision.calibrated and not learned(card, precision, None)
    return EnginePlan(precision, calibrated, options, folder)


def _calibration(order: Order, card: ModelCard) -> SetPlan:
    data = order.recipe.data
    pool = training_pool(card, data.source, data.exclude)
    count = min(COUNT, pool.left) if order.faces is None else order.faces
    if not 0 < count <= pool.left:
        raise UsageError(
            f"{count:,} calibration faces were asked for, and {pool.faces.name} {pool.faces.split} has {pool.left:,}",
            f"use --calibration-faces with 1 to {pool.left}",
        )
    folder = order.places.calibration / default_folder(card, pool.faces, count).name
    paths.refuse_foreign(folder, (FACES, MANIFEST), "a calibration set")
    return SetPlan(pool, count, folder)
