"""What a user asks of a build, and what follows from it before anything is made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgefer import paths
from edgefer.card import ModelCard, Precision
from edgefer.engine.holding import check_limits, judges_sha256
from edgefer.engine.inputs import Inputs, inputs_of
from edgefer.engine.layout import OWN, folder_name
from edgefer.engine.options import (
    BATCH,
    PLAIN,
    Batch,
    Options,
    check_method,
    check_network,
    check_options,
    checked_batch,
)
from edgefer.engine.past import kind_of
from edgefer.engine.precision import check_learned, check_source
from edgefer.engine.source import card_of, file_of
from edgefer.engine.toolchain import toolchain
from edgefer.trt.driver import Driver
from edgefer.trt.flavour import Flavour


@dataclass(frozen=True)
class Request:
    """model: a checkpoint, a run's folder, an ONNX file or an engine. calibration: a set's folder; None for the model's own.

    targets, flavour, out: empty or None for the defaults. measure: whether accuracy is measured where faces are at hand.
    """

    model: Path
    precision: Precision
    calibration: Path | None = None
    targets: tuple[str, ...] = ()
    batch: Batch = BATCH
    flavour: str | None = None
    out: Path | None = None
    options: Options = PLAIN
    measure: bool = True


@dataclass(frozen=True)
class Task:
    """A request that can be met as far as is known: with what, for what, and where to.

    file: what the engine is built from, an ONNX file or a checkpoint, and its card.
    """

    request: Request
    file: Path
    card: ModelCard
    flavour: Flavour
    machine: Driver
    targets: tuple[str, ...]
    folder: Path

    @property
    def kind(self) -> str:
        """Builds of one kind take about as long."""
        held = " within limits" if self.request.options.limits else ""
        return kind_of(self.card.architecture, self.request.precision, self.flavour, self.targets) + held

    def inputs(self, calibration_sha256: str = "") -> Inputs:
        """The facts of the build. calibration_sha256: of the faces; empty where none are needed."""
        asked = self.request
        return inputs_of(
            self.file,
            asked.precision,
            self.flavour,
            self.machine,
            self.targets,
            asked.batch,
            asked.options,
            calibration_sha256,
            judges_sha256(asked.options, self.card),
        )


def resolve(request: Request) -> Task:
    """Find what a request needs and refuse what cannot be, in a moment; nothing is exported, drawn or compiled.

    Raises as `edgefer.engine.build.build_engine`, but for what shows only on the way.
    """
    checked_batch(request.batch)
    flavour, machine, targets = toolchain(request.flavour, request.targets, request.precision)
    check_options(request.options, flavour, targets)
    file = file_of(request.model)
    check_network(request.options, file)
    card = card_of(file)
    check_method(request.options, request.precision, card)
    check_limits(request.options, request.precision, card)
    check_learned(card, request.precision, request.calibration, request.options)
    check_source(file, card, request.precision, flavour, targets)
    name = folder_name(card.name, request.precision, flavour, targets, request.options, request.batch)
    folder = request.out or paths.ENGINES / name
    paths.refuse_foreign(folder, OWN, "an engine")
    return Task(request, file, card, flavour, machine, targets, folder)
