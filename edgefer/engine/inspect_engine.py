"""What is this engine? By its header, its card and what its build told; nothing is loaded, so no GPU is needed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from edgefer import paths
from edgefer.card import ModelCard, Passport
from edgefer.engine.description import Description
from edgefer.engine.details import Details, read_details
from edgefer.errors import ArtifactError, EdgeferError
from edgefer.trt import driver, passport
from edgefer.trt.plan import read_header


def describe_engine(path: Path) -> Description:
    """Facts of an engine file; raises ArtifactError when it is no engine.

    `weights bytes` and `activation bytes` are GPU memory, the latter of one execution context at the largest batch.
    `layers` are the fused layers in the order in which they run. All three only where the build told them.
    """
    header = read_header(path)
    card, details, problems = None, None, []
    sha256 = paths.sha256(path)
    try:
        card = ModelCard.beside(path)
        if problem := passport.disagreement(header, sha256, card.engine):
            problems.append(f"it {problem}")
        elif card.engine:
            details = read_details(path.parent, sha256)
    except ArtifactError as error:
        problems.append(error.what)
    facts: dict[str, Any] = {"flavour": header.flavour, "version": header.version}
    if card and card.engine:
        facts |= _passport(card.engine)
    facts["runs here"] = _runs_here(path)
    if details:
        facts |= _details(details)
    return Description("engine", path, header.size_bytes, facts, card, tuple(problems))


def _passport(found: Passport) -> dict[str, Any]:
    kinds = {
        "version compatible": found.version_compatible,
        "hardware compatible": found.hardware_compatible,
        "without weights": found.stripped,
    }
    return {
        "targets": list(found.targets),
        "batch": list(found.batch),
        **{name: "yes" for name, is_so in kinds.items() if is_so},
        "census": found.census,
        "built on": found.gpu or "no GPU",
    }


def _details(found: Details) -> dict[str, Any]:
    sizes = {"weights bytes": found.weights_bytes, "activation bytes": found.activation_bytes}
    layers = [{**asdict(layer), "arithmetic": layer.arithmetic} for layer in found.layers]
    return {**{name: size for name, size in sizes.items() if size is not None}, "layers": layers}


def _runs_here(path: Path) -> str:
    try:
        passport.verify(path, driver.probe())
    except EdgeferError as error:
        return f"no, it {error.what.removeprefix(f'{path} ')}"
    return "yes"
