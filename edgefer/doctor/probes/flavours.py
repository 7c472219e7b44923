"""Each TensorRT flavour: installed, usable, and if not, why not."""

from __future__ import annotations

import importlib
import platform
from typing import Any

from edgefer.doctor.finding import Finding, Group, Mark, Purpose
from edgefer.errors import BackendError
from edgefer.trt import driver, flavour
from edgefer.trt.flavour import Flavour, FlavourName
from edgefer.trt.logger import listening, logger_for

_JETPACK = "sudo apt install python3-libnvinfer && python3 -m venv --system-site-packages .venv"
_PIP: dict[FlavourName, str] = {
    "tensorrt": "pip install 'edgefer[tensorrt]'",
    "tensorrt_rtx": "pip install 'edgefer[rtx]'",
    "tensorrt_lean": "pip install tensorrt-lean-cu13 cuda-bindings",
}
_PACKAGES: dict[FlavourName, str] = {
    "tensorrt": "tensorrt",
    "tensorrt_rtx": "tensorrt-rtx",
    "tensorrt_lean": "tensorrt-lean-cu13",
}


def standard() -> list[Finding]:
    """TensorRT."""
    return [_examined("tensorrt")]


def rtx() -> list[Finding]:
    """TensorRT-RTX."""
    return [_examined("tensorrt_rtx")]


def lean() -> list[Finding]:
    """The lean runtime, which builds nothing and is needed for nothing but the engines made for it."""
    return [_examined("tensorrt_lean")]


def _examined(name: FlavourName) -> Finding:
    fix = _JETPACK if name == "tensorrt" and _is_jetson() else _PIP[name]
    try:
        found = flavour.load(name)
    except BackendError as error:
        cause = error.__cause__
        if isinstance(cause, ModuleNotFoundError) and cause.name == name:
            return _finding(name, "not installed", "not installed", fix)
        return _finding(name, "broken", error.what, _anew(name, error))
    machine = driver.probe()
    details = {"version": found.version, "targets": list(found.targets), "int8": found.int8_convolutions}
    if not found.can_build_without_gpu and not machine.present:
        fact = f"{found.version}, of no use without a GPU: {machine.problem}"
        return _finding(
            name, "no GPU", fact, "install a GPU's driver, or build with: pip install 'edgefer[rtx]'", details
        )
    if why := _unusable(found):
        return _finding(name, "broken", f"{found.version} does not start: {why}", _driver_line(found), details)
    return _works(found, details)


def _works(found: Flavour, details: dict[str, Any]) -> Finding:
    """What it can do here, and what still keeps it from that."""
    machine = driver.probe()
    fact = f"{found.version}, {'runs version-compatible engines' if found.name == 'tensorrt_lean' else _builds(found)}"
    if not found.int8_convolutions:
        fix = "pip install --upgrade 'tensorrt-rtx>=1.7'"
        return _finding(found.name, "works", f"{fact}; compiles no INT8", fix, details, Mark.WARNING)
    if machine.present and (why := _no_cuda()):
        return _finding(
            found.name, "works", f"{fact}; runs none: {why}", "pip install cuda-bindings", details, Mark.WARNING
        )
    return _finding(found.name, "works", fact, "", details, Mark.OK)


def _builds(found: Flavour) -> str:
    """For which GPUs it builds."""
    machine = driver.probe()
    if not found.supports_targets:
        return f"builds for the {machine.gpus[0].name} here"
    able = f"builds for {', '.join(found.targets)}"
    if not machine.present:
        return f"{able}, no GPU needed"
    from edgefer.trt.rebuild import covers

    target = machine.gpus[0].target
    return (
        able if any(covers(one, target, found.plans) for one in found.targets) else f"{able}, not for the {target} here"
    )


def _unusable(found: Flavour) -> str:
    """Why none of its objects can be made, which a driver too old or half a library shows first; empty when one can."""
    trt = found.module
    with listening(found) as messages:
        logger = logger_for(found)
        try:
            made = trt.Runtime(logger) if found.name == "tensorrt_lean" else trt.Builder(logger)
        except Exception as error:  # noqa: BLE001  its bindings raise TypeError, RuntimeError and their own
            return messages.reason() if messages.errors else f"{type(error).__name__}: {error}"
        return "" if made is not None else messages.reason()


def _no_cuda() -> str:
    try:
        importlib.import_module("cuda.bindings.runtime")
    except ImportError as error:
        return f"cuda-bindings cannot be loaded ({(str(error).splitlines() or ['no reason given'])[0]})"
    return ""


def _driver_line(found: Flavour) -> str:
    cuda = driver.probe().cuda.partition(".")[0]
    if found.name == "tensorrt" and cuda and not _is_jetson():
        # The plain package is of the newest CUDA, which an older driver does not start.
        return f"pip uninstall -y tensorrt && pip install tensorrt-cu{cuda}"
    return _anew(found.name)


def _anew(name: FlavourName, error: BackendError | None = None) -> str:
    """The newest version in place of one that is too old or half there."""
    if name == "tensorrt" and _is_jetson():
        too_old = error is not None and error.__cause__ is None
        return "flash JetPack 6.1 or later" if too_old else "sudo apt install --reinstall python3-libnvinfer"
    return f"pip install --upgrade --force-reinstall {_PACKAGES[name]}"


def _is_jetson() -> bool:
    if platform.machine() != "aarch64":
        return False
    from edgefer.benchmark.jetson import is_jetson  # pydantic, which takes longer than most probes

    return is_jetson()


def _finding(
    name: FlavourName, state: str, fact: str, fix: str, details: dict[str, Any] | None = None, mark: Mark | None = None
) -> Finding:
    """mark: set where it works; else what the flavour is needed for decides, and later the other flavours."""
    lean = name == "tensorrt_lean"
    idle = Mark.ABSENT if state in ("not installed", "no GPU") else Mark.WARNING
    mark = mark or (idle if lean else Mark.MISSING)
    needed = () if lean else (Purpose.BUILD,)
    shown = "" if mark is Mark.ABSENT else fix
    return Finding(Group.TENSORRT, flavour.title(name), mark, fact, shown, needed, {"state": state, **(details or {})})
