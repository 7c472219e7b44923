"""May this engine be run here? Asked before it is deserialised, because an engine is executable code.

Each refusal names the fact that differs and the one command that builds the engine again.
"""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass
from pathlib import Path

from edgefer.card import FILE, ModelCard, Passport
from edgefer.errors import ArtifactError, BackendError, UntrustedError
from edgefer.paths import sha256
from edgefer.trt import flavour as flavours
from edgefer.trt.driver import Driver
from edgefer.trt.flavour import Flavour, FlavourName, title, version_parts
from edgefer.trt.plan import PlanHeader, read_header, same_version
from edgefer.trt.rebuild import ONNX, as_it_was, covers, for_this_machine, from_model, without_card


@dataclass(frozen=True)
class Verified:
    """An engine that may be run here: its card, the flavour that runs it, and the very bytes that were checked.

    weights: the ONNX file that has them, of a plan without; empty of any other.
    """

    card: ModelCard
    flavour: Flavour
    plan: bytes
    weights: bytes = b""


def verify(path: Path, driver: Driver, trust: bool = False) -> Verified:
    """Check an engine against its card, its calibration set, this machine's TensorRT and its GPU.

    trust: run a plan that its card does not vouch for, or whose calibration set has changed. Labels and preprocessing
    still come from the card beside it. Raises ArtifactError for a file that is no engine, UntrustedError for what
    `trust` would let pass, BackendError for one that this machine cannot run.
    """
    header = read_header(path)
    card = _card(path, header, trust)
    plan = path.read_bytes()
    if not trust:
        _vouched_for(path, header, card, plan)
    weights = _weights(path, card)
    if not driver.present:
        raise BackendError(f"{path} needs an NVIDIA GPU, and {driver.problem}", _without_gpu(path))
    flavour = _runtime(path, header, card, driver)
    gpu, passport = driver.gpus[0], card.engine
    if passport and not any(
        covers(target, gpu.target, flavour.plans, passport.hardware_compatible) for target in passport.targets
    ):
        raise BackendError(
            f"{path} was built for {'+'.join(passport.targets)}, but this GPU ({gpu.name}) is {gpu.target}",
            for_this_machine(path, card, flavour, driver),
        )
    return Verified(card, flavour, plan, weights)


def disagreement(header: PlanHeader, plan_sha256: str, passport: Passport | None) -> str:
    """How a plan differs from its passport, in words; empty when it is the file that the passport describes."""
    if passport is None:
        return f"has a {FILE} beside it that describes no engine"
    if passport.flavour != header.flavour:
        return f"is a {header.flavour} plan, but its {FILE} describes one of {passport.flavour}"
    if not same_version(header.version, passport.version):
        return f"is of version {header.version}, but its {FILE} says {passport.version}"
    if plan_sha256 != passport.plan_sha256:
        return f"is not the file that its {FILE} describes (the SHA-256 differs)"
    return ""


def stale_calibration(passport: Passport | None) -> str:
    """How the calibration set of an INT8 engine differs from the one that it was built with; empty when it does not.

    A set that is not on this machine is no difference.
    """
    if passport is None or not passport.calibration or not (faces := Path(passport.calibration)).is_file():
        return ""
    if sha256(faces) == passport.calibration_sha256:
        return ""
    return f"was calibrated on {faces}, which has changed since (the SHA-256 differs)"


def _card(path: Path, header: PlanHeader, trust: bool) -> ModelCard:
    if (path.parent / FILE).is_file():
        return ModelCard.beside(path)
    if trust:
        raise ArtifactError(
            f"{path} has no {FILE} beside it, so its labels and preprocessing are unknown",
            f"copy the {FILE} of the model that it was built from to {path.parent / FILE}",
        )
    raise UntrustedError(
        f"{path} has no {FILE} beside it: nobody vouches for it, and an engine can execute code",
        f"build it again: {without_card(path, header.flavour)}",
    )


def _vouched_for(path: Path, header: PlanHeader, card: ModelCard, plan: bytes) -> None:
    if problem := disagreement(header, hashlib.sha256(plan).hexdigest(), card.engine):
        raise UntrustedError(
            f"{path} {problem}, and an engine can execute code",
            f"build it again: {as_it_was(path, card)}, or add --trust if you know where it comes from",
        )
    if problem := stale_calibration(card.engine):
        raise UntrustedError(
            f"{path} {problem}", f"build it again: {from_model(card)}, or add --trust to run it as it is"
        )


def _weights(path: Path, card: ModelCard) -> bytes:
    """The ONNX file beside a plan without weights. Trust cannot replace it: other weights give other answers."""
    if card.engine is None or not card.engine.stripped:
        return b""
    source = path.parent / ONNX
    try:
        weights = source.read_bytes()
    except OSError as error:
        raise ArtifactError(
            f"{path} was built without its weights, and {source}, which has them, cannot be read: {error.strerror}",
            f"put it there, or build both again: {from_model(card)}",
        ) from error
    if hashlib.sha256(weights).hexdigest() != card.engine.onnx_sha256:
        raise ArtifactError(
            f"{path} was built without its weights, and {source} is not the file that has them (the SHA-256 differs)",
            f"put that one there, or build both again: {from_model(card)}",
        )
    return weights


def _runtime(path: Path, header: PlanHeader, card: ModelCard, driver: Driver) -> Flavour:
    """The installed flavour that runs a plan: of its own version, always."""
    lean = card.engine is not None and card.engine.version_compatible
    # A version-compatible plan is built without a runtime of its own, and full TensorRT has none for it either.
    name: FlavourName = "tensorrt_lean" if lean else header.flavour
    needed = f"{title(name)} {header.version}"
    try:
        flavour = flavours.load(name)
    except BackendError as error:
        fix = _lean_line(header, driver) if lean else _other(path, card, driver) or error.fix
        raise BackendError(f"{path} needs {needed}: {error.what}", fix) from error
    if same_version(header.version, flavour.version):
        return flavour
    older = version_parts(header.version) < version_parts(flavour.version)
    raise BackendError(
        f"{path} was built by {title(header.flavour)} {header.version}, {'older' if older else 'newer'} than the"
        f" {flavour.title} that is installed here, and an engine runs on its own version alone",
        _lean_line(header, driver) if lean else for_this_machine(path, card, flavour, driver),
    )


def _other(path: Path, card: ModelCard, driver: Driver) -> str:
    """How to build an engine again with the flavour that is installed instead of its own; empty when there is none."""
    names: tuple[FlavourName, ...] = ("tensorrt", "tensorrt_rtx")
    for name in names:
        with contextlib.suppress(BackendError):
            return for_this_machine(path, card, flavours.load(name), driver)
    return ""


def _lean_line(header: PlanHeader, driver: Driver) -> str:
    cuda = driver.cuda.partition(".")[0] or "13"
    return f"pip install tensorrt-lean-cu{cuda}=={header.version}"


def _without_gpu(path: Path) -> str:
    source = path.parent / ONNX
    return f"run the ONNX file beside it: {source}" if source.is_file() else "run its ONNX file instead"
