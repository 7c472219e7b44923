"""A GPU of straw: a driver, the part of the CUDA module that edgefer calls, and a TensorRT (tests/fake_tensorrt.py).

Device memory is host memory at other addresses.
"""

from __future__ import annotations

import ctypes
import sys
from enum import Enum
from types import ModuleType

import numpy as np

from edgefer.trt import driver as driver_module
from edgefer.trt import logger
from edgefer.trt.driver import Driver, Gpu
from tests.fake_tensorrt import TensorRT, plan_bytes

__all__ = ["NONE", "ORIN", "RTX4090", "VERSIONS", "Cuda", "TensorRT", "install", "plan_bytes"]

RTX4090 = Driver((Gpu("NVIDIA GeForce RTX 4090", "sm89", 24 << 30),), "580.65.06", "13.0")
ORIN = Driver((Gpu("Orin", "sm87", 8 << 30),), "540.4.0", "12.6")
NONE = Driver(problem="no NVIDIA driver is installed")
# Every TensorRT that edgefer meets, but the lean one: JetPack 6 has 10.3, JetPack 7 has 10.13.
VERSIONS = [
    ("tensorrt", "10.3.0"),
    ("tensorrt", "10.7.0"),
    ("tensorrt", "10.13.3.9"),
    ("tensorrt", "10.16.1.11"),
    ("tensorrt", "11.4.0.106"),
    ("tensorrt_rtx", "1.5.0.114"),
    ("tensorrt_rtx", "1.7.1.116"),
]


class CudaError(Enum):
    cudaSuccess = 0  # noqa: N815 - CUDA's names
    cudaErrorInvalidValue = 1  # noqa: N815
    cudaErrorMemoryAllocation = 2  # noqa: N815
    cudaErrorInvalidResourceHandle = 400  # noqa: N815
    cudaErrorNotReady = 600  # noqa: N815
    cudaErrorStreamCaptureUnsupported = 900  # noqa: N815
    cudaErrorStreamCaptureInvalidated = 901  # noqa: N815


class Cuda(ModuleType):
    """cuda.bindings.runtime: every call returns a tuple that begins with an error code.

    What is asked of a stream is done at once, except while the stream is captured: then it is kept for launches. Each
    step takes as much of the GPU's time as `costs` says, milliseconds.
    """

    cudaError_t = CudaError  # noqa: N815
    cudaStreamCaptureMode = Enum(  # noqa: N815
        "cudaStreamCaptureMode",
        ["cudaStreamCaptureModeGlobal", "cudaStreamCaptureModeThreadLocal", "cudaStreamCaptureModeRelaxed"],
    )
    cudaMemcpyKind = Enum("cudaMemcpyKind", ["cudaMemcpyHostToDevice", "cudaMemcpyDeviceToHost"])  # noqa: N815

    def __init__(self, room: int = 1 << 30) -> None:
        super().__init__("cuda.bindings.runtime")
        self.room = room
        self.host, self.device, self.streams, self.calls = {}, {}, set(), []
        self.events, self.graphs, self.ready = {}, {}, {}
        self.now, self.costs = 0.0, {"upload": 1.0, "run": 10.0, "download": 0.5}
        self.capturing, self.spoilt, self.kept = None, False, []

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
        if self.capturing == stream:
            self.spoilt = True
            return (CudaError.cudaErrorStreamCaptureUnsupported,)
        self.calls.append("synchronise")
        return (CudaError.cudaSuccess,)

    def _do(self, name, work):
        """Do it now, or keep it while the stream is captured."""
        if self.capturing is not None:
            self.kept.append((name, work))
            return
        work()
        self.now += self.costs[name]

    def cudaEventCreate(self):
        event = Event(len(self.events) + 900)
        self.events[event] = None
        return CudaError.cudaSuccess, event

    def cudaEventDestroy(self, event):
        del self.events[event]
        return (CudaError.cudaSuccess,)

    def cudaEventRecord(self, event, stream):
        assert stream in self.streams
        self.events[event] = self.now
        return (CudaError.cudaSuccess,)

    def cudaEventSynchronize(self, event):
        assert event in self.events
        self.calls.append("wait")
        return (CudaError.cudaSuccess,)

    def cudaEventElapsedTime(self, start, end):
        if None in (self.events[start], self.events[end]):
            return CudaError.cudaErrorInvalidResourceHandle, 0.0
        if self.calls[-1] not in {"wait", "synchronise"}:
            return CudaError.cudaErrorNotReady, 0.0
        return CudaError.cudaSuccess, self.events[end] - self.events[start]

    def cudaStreamBeginCapture(self, stream, mode):
        assert stream in self.streams
        assert isinstance(mode, self.cudaStreamCaptureMode)
        self.capturing, self.spoilt, self.kept = stream, False, []
        return (CudaError.cudaSuccess,)

    def cudaStreamEndCapture(self, stream):
        if self.capturing != stream:
            return CudaError.cudaErrorInvalidValue, None
        self.capturing = None
        if self.spoilt:
            return CudaError.cudaErrorStreamCaptureInvalidated, None
        graph = Graph(len(self.graphs) + 500)
        self.graphs[graph] = tuple(self.kept)
        self.calls.append("capture")
        return CudaError.cudaSuccess, graph

    def cudaGraphInstantiate(self, graph, flags):
        assert flags == 0
        ready = GraphExec(len(self.ready) + 700)
        self.ready[ready] = self.graphs[graph]
        return CudaError.cudaSuccess, ready

    def cudaGraphDestroy(self, graph):
        del self.graphs[graph]
        return (CudaError.cudaSuccess,)

    def cudaGraphExecDestroy(self, ready):
        del self.ready[ready]
        return (CudaError.cudaSuccess,)

    def cudaGraphLaunch(self, ready, stream):
        assert stream in self.streams
        self.calls.append("launch")
        for name, work in self.ready[ready]:
            self._do(name, work)
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
        name = "upload" if up else "download"
        self._do(name, lambda: ctypes.memmove(to, source, size))
        self.calls.append(name)
        return (CudaError.cudaSuccess,)


class Stream(int):
    """cudaStream_t: `int()` gives its handle."""


class Event(int):
    """cudaEvent_t."""


class Graph(int):
    """cudaGraph_t."""


class GraphExec(int):
    """cudaGraphExec_t."""


def install(monkeypatch, *, name="tensorrt", version="10.13.3.9", driver=RTX4090, room=1 << 30):
    """Put a fake flavour, CUDA and driver in place of the real ones; returns (TensorRT, Cuda)."""
    tensorrt, cuda, package = TensorRT(name, version, driver.present), Cuda(room), ModuleType("cuda.bindings")
    package.runtime = tensorrt.cuda = cuda
    monkeypatch.setitem(sys.modules, name, tensorrt)
    monkeypatch.setitem(sys.modules, "cuda", ModuleType("cuda"))
    monkeypatch.setitem(sys.modules, "cuda.bindings", package)
    monkeypatch.setitem(sys.modules, "cuda.bindings.runtime", cuda)
    monkeypatch.setattr(driver_module, "probe", lambda: driver)
    monkeypatch.setattr(logger, "_loggers", {})
    return tensorrt, cuda
