"""Which ways of running a network this machine has, beside PyTorch and ONNX Runtime on its CPU."""

from __future__ import annotations

import importlib.util
import os
import shutil
from dataclasses import dataclass

from edgefer.benchmark.candidate import Provider, all_threads
from edgefer.benchmark.rows import NEEDS_TORCH, has_torch
from edgefer.engine.torch_compiler import load_torch_tensorrt
from edgefer.errors import EdgeferError
from edgefer.trt import driver


@dataclass(frozen=True)
class Abilities:
    """Each field but `cores` is the reason that something does not run here; empty where it does.

    cores: what this process may use. gpu: an NVIDIA GPU. torch_gpu: PyTorch on it. half: PyTorch in FP16 at a speed worth
    measuring. compiler: `torch.compile`. providers: of ONNX Runtime, on the GPU. torch_tensorrt: torch-tensorrt.
    """

    cores: int
    gpu: str
    torch_gpu: str
    half: str
    compiler: str
    providers: dict[Provider, str]
    torch_tensorrt: str


def probe() -> Abilities:
    """Look at this machine; imports PyTorch and ONNX Runtime where they are installed."""
    machine = driver.probe()
    gpu = "" if machine.present else machine.problem
    torch_gpu = gpu or _torch_gpu()
    return Abilities(
        cores=all_threads(),
        gpu=gpu,
        torch_gpu=torch_gpu,
        half="" if not torch_gpu else _half_on_cpu(),
        compiler=_compiler(on_gpu=not torch_gpu),
        providers={one: gpu or _provider(one) for one in (Provider.CUDA, Provider.TENSORRT)},
        torch_tensorrt=gpu or _torch_tensorrt(),
    )


def _torch_gpu() -> str:
    if not has_torch():
        return NEEDS_TORCH
    import torch

    return "" if torch.cuda.is_available() else f"the installed PyTorch {torch.__version__} does not see the GPU"


def _half_on_cpu() -> str:
    if not has_torch():
        return NEEDS_TORCH
    import torch

    # PyTorch asks oneDNN with it before it takes half-precision kernels; older versions do not have it.
    supported = getattr(torch.ops.mkldnn, "_is_mkldnn_fp16_supported", None)
    return "" if supported is not None and supported() else "this processor has no fast half precision in PyTorch"


def _compiler(on_gpu: bool) -> str:
    if not has_torch():
        return NEEDS_TORCH
    if on_gpu and importlib.util.find_spec("triton") is None:
        return "it needs Triton on a GPU: pip install triton"
    names = (os.environ.get("CC"), "gcc", "clang", "cc") if on_gpu else (os.environ.get("CXX"), "g++", "clang++")
    language = "C" if on_gpu else "C++"
    return "" if any(name and shutil.which(name) for name in names) else f"no {language} compiler is installed"


def _provider(provider: Provider) -> str:
    import onnxruntime as ort

    if provider.value in ort.get_available_providers():
        return ""
    return "the installed ONNX Runtime is without it: pip install onnxruntime-gpu in place of onnxruntime"


def _torch_tensorrt() -> str:
    try:
        load_torch_tensorrt()
    except EdgeferError as error:
        return error.what
    return ""
