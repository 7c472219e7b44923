"""PyTorch, ONNX Runtime, and the packages that train and export."""

from __future__ import annotations

import importlib.util
from typing import Any

from edgefer.doctor.finding import Finding, Group, Mark, Purpose
from edgefer.doctor.packages import installed, oldest, too_old
from edgefer.doctor.probe import BUILD, RUN, TRAIN
from edgefer.errors import EdgeferError
from edgefer.runtime.find import DEFAULT, shipped_students
from edgefer.trt import driver

_TRAIN = "pip install 'edgefer[train]'"
# Each of these owns the folder `onnxruntime`, and the last one installed wrote it.
_ONNX_RUNTIMES = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-openvino", "onnxruntime-directml")
_GPU_PROVIDERS = ("CUDAExecutionProvider",)


def torch() -> list[Finding]:
    """PyTorch, and whether it computes on the GPU."""
    if importlib.util.find_spec("torch") is None:
        return [Finding(Group.RUNTIMES, "PyTorch", Mark.MISSING, "not installed", _TRAIN, (TRAIN,))]
    import torch as module

    version, cuda = str(module.__version__), module.version.cuda
    details: dict[str, Any] = {"version": version, "cuda": cuda, "gpu": False}
    if old := too_old("torch", version.partition("+")[0]):
        fix = f"pip install --upgrade 'torch>={oldest('torch')}'"
        return [Finding(Group.RUNTIMES, "PyTorch", Mark.MISSING, f"{version}, {old}", fix, (TRAIN,), details)]
    if module.cuda.is_available():
        details["gpu"] = True
        fact = f"{version}, on the {module.cuda.get_device_name(0)} by CUDA {cuda}"
        return [Finding(Group.RUNTIMES, "PyTorch", Mark.OK, fact, "", (TRAIN,), details)]
    fact = f"{version}, on the processor"
    if not driver.probe().present:
        return [Finding(Group.RUNTIMES, "PyTorch", Mark.OK, fact, "", (TRAIN,), details)]
    from edgefer.benchmark.jetson import is_jetson  # pydantic, which takes longer than most probes

    why = f"does not see the GPU through CUDA {cuda}" if cuda else "is built without CUDA"
    fix = (
        "install the PyTorch that NVIDIA builds for your JetPack: https://docs.nvidia.com/deeplearning/frameworks"
        if is_jetson()
        else "pip install --force-reinstall torch"
    )
    return [Finding(Group.RUNTIMES, "PyTorch", Mark.WARNING, f"{fact}: it {why}", fix, (TRAIN,), details)]


def onnxruntime() -> list[Finding]:
    """ONNX Runtime with its providers; whether it opens the student that edgefer carries."""
    needed = (BUILD, RUN)
    there = installed(_ONNX_RUNTIMES)
    if importlib.util.find_spec("onnxruntime") is None:
        fix = "pip install onnxruntime"
        return [Finding(Group.RUNTIMES, "ONNX Runtime", Mark.MISSING, "not installed", fix, needed)]
    import onnxruntime as module

    clash = f"pip uninstall -y {' '.join(there)} && pip install {'onnxruntime-gpu' if 'onnxruntime-gpu' in there else 'onnxruntime'}"
    providers = [name.removesuffix("ExecutionProvider") for name in module.get_available_providers()]
    version = str(module.__version__)
    details = {"version": version, "providers": providers, "packages": there}
    fact = f"{version}, computes with {', '.join(providers)}"
    if old := too_old("onnxruntime", version):
        fix = f"pip install --upgrade 'onnxruntime>={oldest('onnxruntime')}'"
        return [Finding(Group.RUNTIMES, "ONNX Runtime", Mark.MISSING, f"{version}, {old}", fix, needed, details)]
    if why := _refuses("CPUExecutionProvider"):
        fix = clash if there else "pip install --force-reinstall onnxruntime"
        return [Finding(Group.RUNTIMES, "ONNX Runtime", Mark.MISSING, f"{version}: {why}", fix, needed, details)]
    if len(there) > 1:
        fact = f"{fact}; {' and '.join(there)} are both installed and overwrite each other"
        return [Finding(Group.RUNTIMES, "ONNX Runtime", Mark.WARNING, fact, clash, needed, details)]
    for name in _GPU_PROVIDERS:
        if name in module.get_available_providers() and driver.probe().present and (why := _refuses(name)):
            fix = "pip install 'onnxruntime-gpu[cuda,cudnn]'"
            fact = f"{fact}; {why}"
            return [Finding(Group.RUNTIMES, "ONNX Runtime", Mark.WARNING, fact, fix, needed, details)]
    return [Finding(Group.RUNTIMES, "ONNX Runtime", Mark.OK, fact, "", needed, details)]


def onnx() -> list[Finding]:
    """ONNX, and its converter to half precision, which engines need."""
    import onnx as module

    version = str(module.__version__)
    there = installed(("onnxconverter-common",))
    found = Finding(Group.RUNTIMES, "ONNX", Mark.OK, version, "", (BUILD, RUN), {"version": version})
    if there:
        fact, mark, fix = there["onnxconverter-common"], Mark.OK, ""
    else:
        fact, mark, fix = "not installed", Mark.MISSING, "pip install onnxconverter-common"
    return [found, Finding(Group.RUNTIMES, "ONNX converter", mark, fact, fix, (BUILD,))]


def numpy() -> list[Finding]:
    """NumPy."""
    import numpy as module

    version = str(module.__version__)
    needed = (TRAIN, BUILD, RUN)
    details = {"version": version}
    if old := too_old("numpy", version):
        fix = f"pip install --upgrade 'numpy>={oldest('numpy')}'"
        return [Finding(Group.RUNTIMES, "NumPy", Mark.MISSING, f"{version}, {old}", fix, needed, details)]
    return [Finding(Group.RUNTIMES, "NumPy", Mark.OK, version, "", needed, details)]


def training() -> list[Finding]:
    """The other packages of edgefer's extra `train`."""
    needed: tuple[Purpose, ...] = (TRAIN,)
    names = ("safetensors", "onnxscript", "matplotlib")
    there = installed(names)
    lacks = [name for name in names if name not in there]
    fact = ", ".join(f"{name} {version}" for name, version in there.items())
    if "safetensors" in lacks:
        fact = f"lacks {', '.join(lacks)}"
        return [Finding(Group.RUNTIMES, "training", Mark.MISSING, fact, _TRAIN, needed, {"lacks": lacks})]
    if lacks:
        fact = (
            f"{fact}; lacks {', '.join(lacks)}: {'no export' if 'onnxscript' in lacks else 'reports without pictures'}"
        )
        return [Finding(Group.RUNTIMES, "training", Mark.WARNING, fact, _TRAIN, needed, {"lacks": lacks})]
    return [Finding(Group.RUNTIMES, "training", Mark.OK, fact, "", needed, {"lacks": lacks})]


def _refuses(provider: str) -> str:
    """Why the student that edgefer carries cannot be opened with a provider; empty when it can."""
    from edgefer.runtime.onnx import open_graph

    students = shipped_students()
    try:
        open_graph(students[DEFAULT], threads=1, provider=provider)
    except EdgeferError as error:
        return error.what
    return ""
