"""May this engine be run here? Asked before it is deserialised, because an engine is executable code.

Each refusal names the fact that differs and the one command that builds the engine again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from edgefer.card import FILE, ModelCard, Passport
from edgefer.errors import ArtifactError, BackendError, UntrustedError
from edgefer.trt import flavour as flavours
from edgefer.trt.driver import Driver
from edgefer.trt.flavour import Flavour
from edgefer.trt.plan import PlanHeader, read_header, same_version

ONNX = "model.onnx"


@dataclass(frozen=True)
class Verified:
    """An engine that may be run here: its card, the flavour that runs it, and the very bytes that were checked."""

    card: ModelCard
    flavour: Flavour
    plan: bytes


def verify(path: Path, driver: Driver, trust: bool = False) -> Verified:
    """Check an engine against its card, this machine's TensorRT and its GPU.

    trust: run a plan that its card does not vouch for. Labels and preprocessing still come from the card beside it.
    Raises ArtifactError for a file that is no engine, UntrustedError for a stranger's or an altered plan, BackendError
    for one that this machine cannot run.
    """
    header = read_header(path)
    card = _card(path, trust)
    plan = path.read_bytes()
    problem = disagreement(header, hashlib.sha256(plan).hexdigest(), card.engine)
    if problem and not trust:
        raise UntrustedError(
            f"{path} {problem}, and an engine can execute code",
            f"build it again: {_command(path, card)}, or add --trust if you know where it comes from",
        )
    if not driver.present:
        raise BackendError(f"{path} needs an NVIDIA GPU, and {driver.problem}", _without_gpu(path))
    flavour = flavours.load(header.flavour)
    if not same_version(header.version, flavour.version):
        raise BackendError(
            f"{path} was built by {header.flavour} {header.version}, but {flavour.version} is installed here",
            rebuild(path, card, flavour, driver),
        )
    gpu = driver.gpus[0]
    if card.engine and not any(_fits(target, gpu.target, flavour) for target in card.engine.targets):
        raise BackendError(
            f"{path} was built for {'+'.join(card.engine.targets)}, but this GPU ({gpu.name}) is {gpu.target}",
            rebuild(path, card, flavour, driver),
        )
    return Verified(card, flavour, plan)


def disagreement(header: PlanHeader, sha256: str, passport: Passport | None) -> str:
    """How a plan differs from its passport, in words; empty when it is the file that the passport describes."""
    if passport is None:
        return f"has a {FILE} beside it that describes no engine"
    if passport.flavour != header.flavour:
        return f"is a {header.flavour} plan, but its {FILE} describes one of {passport.flavour}"
    if not same_version(header.version, passport.version):
        return f"is of version {header.version}, but its {FILE} says {passport.version}"
    if sha256 != passport.plan_sha256:
        return f"is not the file that its {FILE} describes (the SHA-256 differs)"
    return ""


def rebuild(path: Path, card: ModelCard, flavour: Flavour, driver: Driver) -> str:
    """The command that builds an engine again for this machine, with a word of introduction."""
    command, target = _command(path, card), driver.gpus[0].target
    if not flavour.supports_targets:
        return f"build it again: {command} --flavour {flavour.name}"
    if target in flavour.targets:
        return f"build it again: {command} --flavour {flavour.name} --target {target}"
    return f"{flavour.title} has no {target}, so build it with the other flavour: {command} --flavour tensorrt"


def _card(path: Path, trust: bool) -> ModelCard:
    if (path.parent / FILE).is_file():
        return ModelCard.beside(path)
    if trust:
        raise ArtifactError(
            f"{path} has no {FILE} beside it, so its labels and preprocessing are unknown",
            f"copy the {FILE} of the model that it was built from to {path.parent / FILE}",
        )
    raise UntrustedError(
        f"{path} has no {FILE} beside it: nobody vouches for it, and an engine can execute code",
        "build it here with: edgefer build-engine",
    )


def _fits(target: str, gpu: str, flavour: Flavour) -> bool:
    """A standard plan runs on its own compute capability; an RTX plan also on later ones of the same generation."""
    if target == gpu:
        return True
    (major, minor), (gpu_major, gpu_minor) = (divmod(int(text[2:]), 10) for text in (target, gpu))
    return flavour.supports_targets and major == gpu_major and minor <= gpu_minor


def _command(path: Path, card: ModelCard) -> str:
    source = path.parent / ONNX
    name = str(source) if source.is_file() else "MODEL.onnx"
    return f"edgefer build-engine {name} --precision {card.precision.value}"


def _without_gpu(path: Path) -> str:
    source = path.parent / ONNX
    return f"run the ONNX file beside it: {source}" if source.is_file() else "run its ONNX file instead"
