"""The few CUDA runtime calls that a session needs, through cuda.bindings: a stream, memory on both sides, events, graphs."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from edgefer.errors import BackendError


class Cuda:
    """The CUDA runtime. `call` raises BackendError where the C function returns a code; `close` frees what was made.

    Device memory is owned here and not by the objects that use it, so that a failure half-way frees everything.
    """

    def __init__(self) -> None:
        try:
            from cuda.bindings import runtime
        except ImportError as error:
            raise BackendError("running an engine needs cuda-bindings", "pip install cuda-bindings") from error
        self._runtime: Any = runtime
        self._undo: list[tuple[str, Any]] = []

    def call(self, function: str, *arguments: Any) -> Any:
        """Call a runtime function by name; returns its one result, or None when it has none."""
        code, *results = getattr(self._runtime, function)(*arguments)
        if code != self._runtime.cudaError_t.cudaSuccess:
            raise BackendError(
                f"CUDA reports {getattr(code, 'name', code)} in {function}",
                "check the GPU and its free memory with nvidia-smi",
            )
        return results[0] if results else None

    def stream(self) -> Any:
        """A new stream; `int(stream)` is its handle."""
        stream = self.call("cudaStreamCreate")
        self._undo.append(("cudaStreamDestroy", stream))
        return stream

    def buffer(self, values: int, stream: Any) -> Buffer:
        """Room for `values` float32 on the host (pinned) and on the device."""
        size = values * 4
        host = int(self.call("cudaMallocHost", size))
        self._undo.append(("cudaFreeHost", host))
        device = int(self.call("cudaMalloc", size))
        self._undo.append(("cudaFree", device))
        return Buffer(self, host, device, values, stream)

    def copy(self, to: int, source: int, size: int, direction: str, stream: Any) -> None:
        """Start copying `size` bytes; `direction` is the name of a cudaMemcpyKind."""
        self.call("cudaMemcpyAsync", to, source, size, getattr(self._runtime.cudaMemcpyKind, direction), stream)

    def event(self) -> Any:
        """A new event, which notes when a stream comes to it."""
        event = self.call("cudaEventCreate")
        self._undo.append(("cudaEventDestroy", event))
        return event

    def record(self, event: Any, stream: Any) -> None:
        """Queue an event."""
        self.call("cudaEventRecord", event, stream)

    def milliseconds(self, begin: Any, end: Any) -> float:
        """The GPU's time from one event to another, both over; its resolution is about 0.0005 ms."""
        return float(self.call("cudaEventElapsedTime", begin, end))

    def capture(self, work: Callable[[], None], stream: Any) -> Any:
        """What `work` queues on the stream, as a graph that `launch` queues at once; nothing of it is run now."""
        modes = self._runtime.cudaStreamCaptureMode
        self.call("cudaStreamBeginCapture", stream, modes.cudaStreamCaptureModeThreadLocal)
        try:
            work()
        except BaseException:
            # A stream that is left capturing would refuse all that comes after.
            self._runtime.cudaStreamEndCapture(stream)
            raise
        graph = self.call("cudaStreamEndCapture", stream)
        try:
            # CUDA 11 took five arguments here; cuda-bindings is of CUDA 12 or 13, which take two.
            ready = self.call("cudaGraphInstantiate", graph, 0)
        finally:
            self._runtime.cudaGraphDestroy(graph)
        self._undo.append(("cudaGraphExecDestroy", ready))
        return ready

    def launch(self, graph: Any, stream: Any) -> None:
        """Queue a captured graph."""
        self.call("cudaGraphLaunch", graph, stream)

    def forget(self, graph: Any) -> None:
        """Free a captured graph before `close` does."""
        self._undo.remove(("cudaGraphExecDestroy", graph))
        self.call("cudaGraphExecDestroy", graph)

    def close(self) -> None:
        """Free everything, newest first; freeing goes on when one call fails."""
        while self._undo:
            function, what = self._undo.pop()
            getattr(self._runtime, function)(what)


class Buffer:
    """The same float32 values in pinned host memory, as the array `host`, and on the device, at `address`."""

    def __init__(self, cuda: Cuda, host: int, device: int, values: int, stream: Any) -> None:
        self._cuda, self._stream = cuda, stream
        self._pinned, self.address = host, device
        pinned = (ctypes.c_float * values).from_address(host)
        self.host: npt.NDArray[np.float32] = np.ctypeslib.as_array(pinned)

    def upload(self, values: int) -> None:
        """Start copying the first `values` to the device."""
        self._cuda.copy(self.address, self._pinned, values * 4, "cudaMemcpyHostToDevice", self._stream)

    def download(self, values: int) -> None:
        """Start copying the first `values` back."""
        self._cuda.copy(self._pinned, self.address, values * 4, "cudaMemcpyDeviceToHost", self._stream)
