"""The one command that builds an engine again, as complete as its card and this machine allow."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterable
from pathlib import Path

from edgefer.card import KEY, ModelCard, Passport, Precision
from edgefer.errors import ArtifactError
from edgefer.trt.driver import Driver
from edgefer.trt.flavour import Flavour, PlanName

ONNX = "model.onnx"
TORCH_TENSORRT = "torch_tensorrt"


def as_it_was(path: Path, card: ModelCard) -> str:
    """The command that builds an engine again as its card says that it was built."""
    passport = card.engine
    if passport is None:
        return _command(_source(path, card), card)
    # Standard TensorRT builds for the GPU that is there and takes no targets.
    targets = passport.targets if passport.flavour == "tensorrt_rtx" else ()
    return _command(_source(path, card), card, passport.flavour, targets)


def without_card(path: Path, flavour: PlanName) -> str:
    """The command for an engine of which only the plan is there, and the ONNX file beside it if it has a card."""
    import onnx
    from google.protobuf.message import DecodeError

    beside = path.parent / ONNX
    words = ["edgefer", "build-engine", str(beside) if beside.is_file() else "MODEL", "--flavour", flavour]
    # Whatever is wrong with the ONNX file is said when it is built from.
    with contextlib.suppress(OSError, ValueError, DecodeError, ArtifactError):
        metadata = {item.key: item.value for item in onnx.load(str(beside), load_external_data=False).metadata_props}
        words += ["--precision", ModelCard.from_json(metadata.get(KEY, ""), str(beside)).precision.value]
    return shlex.join(words)


def for_this_machine(path: Path, card: ModelCard, flavour: Flavour, driver: Driver) -> str:
    """How to build an engine again with a flavour that is installed, for what it was built for and this machine's GPU."""
    source, passport, gpu = _source(path, card), card.engine, driver.gpus[0]
    if card.precision is Precision.INT8 and not flavour.int8_convolutions:
        return f"{flavour.title} compiles no INT8 convolutions: pip install 'tensorrt-rtx>=1.7'"
    if not flavour.supports_targets:
        return f"build it again: {_command(source, card, 'tensorrt')}"
    before = [target for target in passport.targets if target in flavour.targets] if passport else []
    if any(covers(target, gpu.target, flavour.plans) for target in before):
        return f"build it again: {_command(source, card, flavour.plans, before)}"
    if gpu.target not in flavour.targets:
        return f"{flavour.title} has no {gpu.target}, so build it with the other flavour: {_command(source, card, 'tensorrt')}"
    targets = [target for target in flavour.targets if target in {*before, gpu.target}]
    return f"build it again: {_command(source, card, flavour.plans, targets)}"


def from_model(card: ModelCard) -> str:
    """The command that makes everything again from the model itself: the ONNX file beside has old ranges, or is lost."""
    passport = card.engine
    assert passport is not None
    targets = passport.targets if passport.flavour == "tensorrt_rtx" else ()
    return _command(passport.source or "MODEL", card, passport.flavour, targets)


def covers(target: str, gpu: str, flavour: PlanName, hardware_compatible: bool = False) -> bool:
    """Whether an engine for `target` runs on a GPU: both are compute capabilities such as `sm89`.

    A standard engine runs on its own, one for TensorRT-RTX also on later ones of the same generation, and one that was
    built hardware-compatible on all from Ampere on.
    """
    if target == gpu:
        return True
    (major, minor), (gpu_major, gpu_minor) = (divmod(int(text[2:]), 10) for text in (target, gpu))
    if flavour == "tensorrt_rtx":
        return major == gpu_major and minor <= gpu_minor
    return hardware_compatible and min(major, gpu_major) >= 8


def _command(source: str, card: ModelCard, flavour: PlanName | None = None, targets: Iterable[str] = ()) -> str:
    words = ["edgefer", "build-engine", source, "--precision", card.precision.value]
    words += ["--flavour", flavour] if flavour else []
    for target in targets:
        words += ["--target", target]
    if passport := card.engine:
        # The ONNX file beside an engine has its ranges and its layers already; from the model they are chosen anew, in
        # the same way.
        if passport.calibration and source in {passport.source, "MODEL"}:
            words += ["--calibration", str(Path(passport.calibration).parent)]
            words += _ranges(card, passport) if card.precision is Precision.INT8 else []
        sizes = passport.batch if len(set(passport.batch)) > 1 else passport.batch[:1]
        words += ["--batch", ":".join(map(str, sizes))]
        if flavour == "tensorrt":
            words += ["--torch-tensorrt"] if TORCH_TENSORRT in card.tools else []
            words += ["--version-compatible"] if passport.version_compatible else []
            words += ["--hardware-compatible"] if passport.hardware_compatible else []
            words += ["--strip"] if passport.stripped else []
    return shlex.join(words)


def _ranges(card: ModelCard, passport: Passport) -> list[str]:
    """How INT8's ranges were chosen, and within which limits."""
    method = card.tools.get("calibration", "").partition(" ")[0]
    limits = {"--max-drop": passport.max_drop, "--max-class-drop": passport.max_class_drop}
    held = [word for name, points in limits.items() if points is not None for word in (name, f"{points:g}")]
    return [*(["--calibration-method", method] if method else []), *held]


def _source(path: Path, card: ModelCard) -> str:
    """The ONNX file beside an engine, if that was compiled, else the model it was built from, else a word to replace."""
    beside = path.parent / ONNX
    if beside.is_file() and TORCH_TENSORRT not in card.tools:
        return str(beside)
    return (card.engine.source if card.engine else "") or "MODEL"
