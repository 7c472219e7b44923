"""What makes an engine: the facts that are the same whenever a build would give the same engine again.

A build writes them into the passport; the next one compares. Whatever a user may choose that changes the engine belongs
here, or an engine is taken for another.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import edgefer
from edgefer.card import Precision
from edgefer.engine.options import Batch, Options
from edgefer.paths import sha256
from edgefer.runtime.open import CHECKPOINTS
from edgefer.trt.driver import Driver
from edgefer.trt.flavour import Flavour

Inputs = dict[str, str]

JUDGES = "judges"

# Facts that are hashes, and what it means when they differ.
_HASHES = {
    "model": "another model file",
    "calibration": "other calibration faces",
    JUDGES: "other faces to hold the limits on",
}


def inputs_of(
    model: Path,
    precision: Precision,
    flavour: Flavour,
    machine: Driver,
    targets: Sequence[str],
    batch: Batch,
    options: Options,
    calibration_sha256: str = "",
    judges_sha256: str = "",
) -> Inputs:
    """The facts of a build from the file `model`, a checkpoint or an ONNX file.

    calibration_sha256: of the faces; empty where none are needed. judges_sha256: of the faces that say whether limits of
    accuracy hold; empty without limits.
    """
    tools = f"edgefer {edgefer.__version__}"
    if model.suffix in CHECKPOINTS:
        tools += f", torch {metadata.version('torch')}"
    return {
        "model": sha256(model),
        "precision": precision.value,
        "flavour": f"{flavour.name} {flavour.version}",
        "targets": "+".join(targets),
        # What names its targets does not look at the GPU.
        "gpu": "" if flavour.supports_targets else machine.gpus[0].name,
        "batch": ":".join(map(str, batch)),
        "options": ", ".join(options.words()),
        "calibration": calibration_sha256,
        JUDGES: judges_sha256,
        "tools": tools,
    }


def differing(before: Inputs, now: Inputs) -> tuple[str, ...]:
    """How the facts of an engine differ from those of a build, in words; empty when they are the same."""
    changed = {
        name: (before.get(name) or "none", now.get(name) or "none")
        for name in {**now, **before}
        if before.get(name, "") != now.get(name, "")
    }
    return tuple(_HASHES.get(name, f"{name} was {old}, now {new}") for name, (old, new) in changed.items())
