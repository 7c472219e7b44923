"""A GPU of straw: the parts of the TensorRT and CUDA modules that edgefer calls, with their arity, computing for real.

Device memory is host memory at other addresses. A fake plan is a header and JSON; running it gives, for face `n` and
label `k`, `mean(pixels[n]) * (k + 1)`. Attributes follow the API matrix of each version, so that a call which that
version lacks fails.
"""

from __future__ import annotations

import ctypes
import json
from enum import Enum
from types import ModuleType, SimpleNamespace

import numpy as np

from edgefer.trt.driver import Driver, Gpu

RTX4090 = Driver((Gpu("NVIDIA GeForce RTX 4090", "sm89", 24 << 30),), "580.65.06", "13.0")
ORIN = Driver((Gpu("Orin", "sm87", 8 << 30),), "540.4.0", "12.6")
NONE = Driver(problem="no NVIDIA driver is installed")
TAGS = {"tensorrt": b"ftrt", "tensorrt_rtx": b"vtrt"}


def plan_bytes(flavour="tensorrt", version="10.13.3.9", shape=(1, 32, 32), labels=7, profile=(1, 8, 32)) -> bytes:
    head = TAGS[flavour] + bytes(20) + bytes(int(part) for part in version.split(".")) + bytes(36)
    return head + json.dumps({"shape": shape, "labels": labels, "profile": profile}).encode()


class CudaError(Enum):
    cudaSuccess = 0  # noqa: N815 - CUDA's names
    cudaErrorMemoryAllocation = 2  # noqa: N815


class Cuda(ModuleType):
    """cuda.bindings.runtime: every call returns a tuple that begins with an error code."""

    cudaError_t = CudaError  # noqa: N815
    cudaMemcpyKind = Enum("cudaMemcpyKind", ["cudaMemcpyHostToDevice", "cudaMemcpyDeviceToHost"])  # noqa: N815

    def __init__(self, room: int = 1 << 30) -> None:
        super().__init__("cuda.bindings.runtime")
        self.room = room
        self.host, self.device, self.streams, self.calls = {}, {}, set(), []

    def _new(self, table, size):
        memory = np.full(size, 0xAB, np.uint8)
        table[memory.ctypes.data] = memory
        return memory.ctypes.data

    def cudaStreamCreate(self):
        stream = Stream(70 + len(self.streams))
        self.streams.add(stream)
        return CudaError.cudaSuccess, stream

    def cudaStreamDestroy(self, stream):
        self.streams.remove(stream)
        return (CudaError.cudaSuccess,)

    def cudaStreamSynchronize(self, stream):
        assert stream in self.streams
        self.calls.append("synchronise")
        return (CudaError.cudaSuccess,)

    def cudaMallocHost(self, size):
        return CudaError.cudaSuccess, self._new(self.host, size)

    def cudaMalloc(self, size):
        if size > self.room:
            return CudaError.cudaErrorMemoryAllocation, None
        return CudaError.cudaSuccess, self._new(self.device, size)

    def cudaFreeHost(self, pointer):
        del self.host[pointer]
        return (CudaError.cudaSuccess,)

    def cudaFree(self, pointer):
        del self.device[pointer]
        return (CudaError.cudaSuccess,)

    def cudaMemcpyAsync(self, to, source, size, kind, stream):
        assert stream in self.streams
        up = kind is self.cudaMemcpyKind.cudaMemcpyHostToDevice
        sources, targets = (self.host, self.device) if up else (self.device, self.host)
        assert size <= len(sources[source])
        assert size <= len(targets[to])
        ctypes.memmove(to, source, size)
        self.calls.append("upload" if up else "download")
        return (CudaError.cudaSuccess,)


class Stream(int):
    """cudaStream_t: `int()` gives its handle."""


Severity = Enum("Severity", ["INTERNAL_ERROR", "ERROR", "WARNING", "INFO", "VERBOSE"])
TensorIOMode = Enum("TensorIOMode", ["NONE", "INPUT", "OUTPUT"])
DataType = Enum("DataType", ["FLOAT", "HALF", "INT8"])


class ILogger:
    Severity = Severity


class IProgressMonitor:
    pass


class Context:
    def __init__(self, engine) -> None:
        self.engine, self.module, self.addresses, self.shape = engine, engine.module, {}, None

    def set_tensor_address(self, name, address):
        self.module.calls.append(f"address {name}")
        self.addresses[name] = address
        return True

    def set_input_shape(self, name, shape):
        smallest, _, largest = self.engine.plan["profile"]
        self.module.calls.append(f"shape {tuple(shape)}")
        self.shape = tuple(shape)
        return name == "pixels" and smallest <= shape[0] <= largest

    def execute_async_v3(self, stream_handle):
        assert type(stream_handle) is int, "TensorRT takes the stream's handle"
        self.module.calls.append(f"run {self.shape[0]}")
        if self.module.broken == "run":
            self.engine.logger.log(Severity.ERROR, "an illegal memory access")
            return False
        means = _floats(self.addresses["pixels"], self.shape).mean(axis=(1, 2, 3))
        labels = self.engine.plan["labels"]
        _floats(self.addresses["logits"], (len(means), labels))[:] = means[:, None] * np.arange(1, labels + 1)
        return True


class ICudaEngine:
    module: TensorRT
    num_io_tensors = 2
    device_memory_size_v2 = 4096

    def __init__(self, plan, logger) -> None:
        self.plan, self.logger = plan, logger

    def get_tensor_name(self, index):
        return ("pixels", "logits")[index]

    def get_tensor_mode(self, name):
        return TensorIOMode.INPUT if name == "pixels" else TensorIOMode.OUTPUT

    def get_tensor_dtype(self, name):
        return DataType.FLOAT

    def get_tensor_shape(self, name):
        return [-1, *(self.plan["shape"] if name == "pixels" else [self.plan["labels"]])]

    def get_tensor_profile_shape(self, name, profile_index):
        assert (name, profile_index) == ("pixels", 0)
        return [[size, *self.plan["shape"]] for size in self.plan["profile"]]

    def create_execution_context(self, *config):
        self.module.calls.append(f"context {len(config)}")
        if self.module.broken == "context":
            return None
        if config:
            assert config[0].dynamic_shapes_kernel_specialization_strategy == "eager"
        return Context(self)

    def create_engine_inspector(self):
        return SimpleNamespace(get_engine_information=lambda form: self.module.layer_table)


class Runtime:
    module: TensorRT

    def __init__(self, logger) -> None:
        assert isinstance(logger, ILogger)
        self.logger = logger

    def deserialize_cuda_engine(self, plan):
        self.module.calls.append("deserialise")
        if self.module.broken == "deserialise":
            self.logger.log(Severity.ERROR, "IRuntime::deserializeCudaEngine: Error Code 1\n  Serialization")
            return None
        return self.module.ICudaEngine(json.loads(bytes(plan)[64:]), self.logger)


class IBuilderConfig:
    def __init__(self) -> None:
        self.profiles, self.targets = [], {}

    def add_optimization_profile(self, profile):
        self.profiles.append(profile.shapes)
        return 0


def _set_compute_capability(self, compute_capability, index):
    self.targets[index] = compute_capability.name
    return index < self.num_compute_capabilities


class Builder:
    module: TensorRT

    def __init__(self, logger) -> None:
        assert isinstance(logger, ILogger)

    def create_network(self, flags):
        assert flags == 1 << 1, "networks are strongly typed"
        pixels = SimpleNamespace(name="pixels", shape=[-1, 1, 32, 32])
        return SimpleNamespace(get_input=lambda index: pixels)

    def create_builder_config(self):
        return self.module.IBuilderConfig()

    def create_optimization_profile(self):
        profile = SimpleNamespace(shapes={})
        profile.set_shape = lambda name, *sizes: profile.shapes.update({name: sizes})
        return profile

    def build_serialized_network(self, network, config):
        self.module.built.append(config)
        monitor = config.progress_monitor
        monitor.phase_start("Building engine", None, 2)
        for step in range(2):
            if not monitor.step_complete("Building engine", step):
                return None
        monitor.phase_finish("Building engine")
        return plan_bytes(self.module.__name__, self.module.__version__)


class OnnxParser:
    num_errors = 0

    def __init__(self, network, logger) -> None:
        assert isinstance(logger, ILogger)

    def parse(self, model):
        return bool(model)


class TensorRT(ModuleType):
    """A flavour. calls: what was called; built: the configurations of its builds; broken: the call that fails."""

    ILogger = Logger = ILogger
    IProgressMonitor, OnnxParser = IProgressMonitor, OnnxParser
    TensorIOMode, DataType = TensorIOMode, DataType
    NetworkDefinitionCreationFlag = SimpleNamespace(STRONGLY_TYPED=1)
    ProfilingVerbosity = SimpleNamespace(DETAILED="detailed")
    LayerInformationFormat = SimpleNamespace(JSON="json")

    def __init__(self, name: str, version: str) -> None:
        super().__init__(name)
        self.__version__ = version
        self.calls, self.built, self.broken = [], [], ""
        self.layer_table = '{"Layers": []}'
        for kind in (ICudaEngine, Runtime, Builder, IBuilderConfig):
            setattr(self, kind.__name__, type(kind.__name__, (kind,), {"module": self}))
        rtx = name == "tensorrt_rtx"
        numbers = tuple(int(part) for part in version.split(".")[:2])
        if rtx:
            self.ComputeCapability = Enum("ComputeCapability", ["NONE", "CURRENT", "SM75", "SM89", "SM120"])
            self.DynamicShapesKernelSpecializationStrategy = SimpleNamespace(EAGER="eager", LAZY="lazy")
            self.IBuilderConfig.set_compute_capability = _set_compute_capability
        if rtx or numbers >= (10, 13):
            self.ICudaEngine.create_runtime_config = lambda self: SimpleNamespace()
        if rtx or numbers >= (10, 16):
            self.EngineStat = SimpleNamespace(TOTAL_WEIGHTS_SIZE="weights")
            self.ICudaEngine.get_engine_stat = lambda self, stat: {"weights": 1234}[stat]


def _floats(address, shape):
    return np.ctypeslib.as_array((ctypes.c_float * int(np.prod(shape))).from_address(address)).reshape(shape)


def install(monkeypatch, *, name="tensorrt", version="10.13.3.9", driver=RTX4090, room=1 << 30):
    """Put a fake flavour, CUDA and driver in place of the real ones; returns (TensorRT, Cuda)."""
    import sys

    from edgefer.trt import driver as driver_module
    from edgefer.trt import logger

    tensorrt, cuda, package = TensorRT(name, version), Cuda(room), ModuleType("cuda.bindings")
    package.runtime = cuda
    monkeypatch.setitem(sys.modules, name, tensorrt)
    monkeypatch.setitem(sys.modules, "cuda", ModuleType("cuda"))
    monkeypatch.setitem(sys.modules, "cuda.bindings", package)
    monkeypatch.setitem(sys.modules, "cuda.bindings.runtime", cuda)
    monkeypatch.setattr(driver_module, "probe", lambda: driver)
    monkeypatch.setattr(logger, "_loggers", {})
    return tensorrt, cuda
