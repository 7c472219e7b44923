"""Run a TensorRT engine."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from edgefer.errors import ArtifactError, BackendError, EdgeferError
from edgefer.runtime.session import Array, PartTimes, Session
from edgefer.trt import driver
from edgefer.trt.caches import Kernels, compiled_before
from edgefer.trt.cuda import Cuda
from edgefer.trt.logger import Messages, listening, logger_for
from edgefer.trt.passport import Verified, verify
from edgefer.trt.rebuild import for_this_machine, from_model
from edgefer.trt.refit import refit


def open_engine(path: Path, trust: bool = False, cuda_graph: bool = False) -> EngineSession:
    """A session for an engine, after its passport was checked. Raises as `edgefer.trt.passport.verify`."""
    return EngineSession(path, verify(path, driver.probe(), trust), cuda_graph)


def runs_here(path: Path) -> bool:
    """Whether this machine would run the engine, by its passport; nothing is deserialised."""
    try:
        verify(path, driver.probe())
    except EdgeferError:
        return False
    return True


class EngineSession(Session):
    """An engine on the first visible GPU, float32 in and out, any batch: larger ones than its profile are split.

    activation_bytes: what one execution context needs on the GPU besides weights and input and output.
    weights_bytes: all weights; None where this TensorRT does not tell (before 10.16).
    largest_batch: what is run at once.
    cuda_graph: queue a call's kernels as one captured graph. Each change of the number of faces captures it anew, which
    takes two calls' time, so it pays only where that number seldom changes.
    """

    place = "cuda:0"

    def __init__(self, path: Path, verified: Verified, cuda_graph: bool = False) -> None:
        super().__init__(verified.card)
        self.backend = verified.flavour.name
        self.cuda_graph = cuda_graph
        self._graph: Any = None
        self._events: list[Any] = []
        self._flavour = verified.flavour
        self._cuda = Cuda()
        self._kernels: Kernels | None = None
        try:
            with listening(self._flavour) as messages:
                self._load(path, verified, messages)
        except BaseException:
            self.close()
            raise

    def _load(self, path: Path, verified: Verified, messages: Messages) -> None:
        self._runtime = self._flavour.module.Runtime(logger_for(self._flavour))
        self._engine = self._runtime.deserialize_cuda_engine(verified.plan)
        if self._engine is None:
            raise BackendError(
                f"{self._flavour.title} cannot load {path}: {messages.reason()}",
                for_this_machine(path, self.card, self._flavour, driver.probe()),
            )
        if verified.weights and (problem := refit(self._flavour, self._engine, verified.weights, messages)):
            raise BackendError(
                f"{self._flavour.title} cannot give {path} its weights back: {problem}",
                f"build it again: {from_model(self.card)}",
            )
        self._input, self._output = self._tensors(path)
        self._context = self._create_context(verified.plan)
        if self._context is None:
            raise BackendError(
                f"{self._flavour.title} cannot prepare {path} to run: {messages.reason()}",
                "check the GPU's free memory with nvidia-smi",
            )
        self._stream = self._cuda.stream()
        self._smallest, self.largest_batch = self._batches()
        self._shape: tuple[int, ...] = ()
        self._pixels = self._cuda.buffer(self.largest_batch * int(np.prod(self.card.input.shape)), self._stream)
        self._logits = self._cuda.buffer(self.largest_batch * len(self.card.labels), self._stream)
        self._context.set_tensor_address(self._input, self._pixels.address)
        self._context.set_tensor_address(self._output, self._logits.address)

    def _tensors(self, path: Path) -> tuple[str, str]:
        """Names of the one input and the one output, which must be what the card says."""
        trt, engine = self._flavour.module, self._engine
        names = [engine.get_tensor_name(index) for index in range(engine.num_io_tensors)]
        inputs = [name for name in names if engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT]
        outputs = [name for name in names if name not in inputs]
        expected = [(inputs, self.card.input.shape), (outputs, (len(self.card.labels),))]
        for found, shape in expected:
            right = (
                len(found) == 1
                and tuple(engine.get_tensor_shape(found[0]))[1:] == shape
                and engine.get_tensor_dtype(found[0]) == trt.DataType.FLOAT
            )
            if not right:
                kinds = ", ".join(f"{name} {tuple(engine.get_tensor_shape(name))}" for name in found) or "nothing"
                raise ArtifactError(
                    f"{path} does not fit its card: it has {kinds} where float [batch, {', '.join(map(str, shape))}] belongs",
                    "put the right card.json beside it, or build it again with: edgefer build-engine",
                )
        return inputs[0], outputs[0]

    def _create_context(self, plan: bytes) -> Any:
        if not self._flavour.specialises_shapes:
            return self._engine.create_execution_context()
        # By default RTX answers the first calls of a shape with slow fallback kernels while it compiles better ones,
        # so the same call takes different times and may round differently. Compile at once instead.
        config = self._engine.create_runtime_config()
        strategy = self._flavour.module.DynamicShapesKernelSpecializationStrategy
        config.dynamic_shapes_kernel_specialization_strategy = strategy.EAGER
        if self.cuda_graph and self._flavour.captures_itself:
            config.cuda_graph_strategy = self._flavour.module.CudaGraphStrategy.WHOLE_GRAPH_CAPTURE
        kernels = compiled_before(self._flavour, driver.probe(), plan, config)
        begin = time.perf_counter()
        context = self._engine.create_execution_context(config)
        self.compile_seconds = time.perf_counter() - begin
        self._kernels = kernels if context is not None else None
        return context

    def _batches(self) -> tuple[int, int]:
        """Smallest and largest batch that the engine takes."""
        fixed = self._engine.get_tensor_shape(self._input)[0]
        if fixed > 0:
            return fixed, fixed
        smallest, _, largest = self._engine.get_tensor_profile_shape(self._input, 0)
        return smallest[0], largest[0]

    @property
    def activation_bytes(self) -> int:
        """GPU memory of one execution context, bytes; without weights, input, output and CUDA's own."""
        return int(self._engine.device_memory_size_v2)

    @property
    def weights_bytes(self) -> int | None:
        """GPU memory of the weights, bytes, where this TensorRT tells."""
        if not self._flavour.reports_weights:
            return None
        return int(self._engine.get_engine_stat(self._flavour.module.EngineStat.TOTAL_WEIGHTS_SIZE))

    def io_bytes(self, batch: int) -> int:
        """GPU memory of input and output, bytes: at the largest batch, whatever `batch` is."""
        del batch
        return super().io_bytes(self.largest_batch)

    def _infer(self, pixels: Array) -> Array:
        step = self.largest_batch
        if len(pixels) <= step:
            return self._run(pixels)
        parts = [self._run(pixels[start : start + step]) for start in range(0, len(pixels), step)]
        return np.concatenate(parts)

    def _run(self, pixels: Array) -> Array:
        """Logits of at most `largest_batch` faces."""
        batch = self._fill(pixels)
        self._upload(batch)
        self._queue()
        self._logits.download(batch * len(self.card.labels))
        self._cuda.call("cudaStreamSynchronize", self._stream)
        logits = self._logits.host[: batch * len(self.card.labels)].reshape(batch, -1)
        return np.array(logits[: len(pixels)], np.float32)

    def _fill(self, pixels: Array) -> int:
        """Put pixels where uploads begin and make the context ready for their shape; returns the batch that is run."""
        # Fewer faces than the profile's smallest batch run beside whatever lies in the buffer; those rows are dropped.
        batch = max(len(pixels), self._smallest)
        shape = (batch, *pixels.shape[1:])
        self._pixels.host[: pixels.size] = pixels.ravel()
        if shape != self._shape:
            self._reshape(shape)
        return batch

    def _reshape(self, shape: tuple[int, ...]) -> None:
        # A graph holds the shape that it was captured with.
        if self._graph is not None:
            graph, self._graph = self._graph, None
            self._cuda.forget(graph)
        self._shape = ()
        if not self._context.set_input_shape(self._input, shape):
            raise BackendError(f"the engine refuses a batch of {shape[0]}", "build it with a larger --batch")
        if self.cuda_graph and not self._flavour.captures_itself:
            # The first call after a change of shape does work that cannot be captured.
            self._upload(shape[0])
            self._enqueue()
            self._cuda.call("cudaStreamSynchronize", self._stream)
            self._graph = self._cuda.capture(self._enqueue, self._stream)
        self._shape = shape

    def _upload(self, batch: int) -> None:
        self._pixels.upload(batch * int(np.prod(self.card.input.shape)))

    def _queue(self) -> None:
        """Queue the network's work on the stream."""
        if self._graph is not None:
            self._cuda.launch(self._graph, self._stream)
        else:
            self._enqueue()

    def _enqueue(self) -> None:
        if not self._context.execute_async_v3(int(self._stream)):
            reason = logger_for(self._flavour).messages.latest()
            raise BackendError(f"the engine failed to run: {reason}", "check the GPU with nvidia-smi")

    def parts(self, pixels: Array) -> PartTimes | None:
        """As in `Session`; None for more than `largest_batch` faces."""
        if len(pixels) > self.largest_batch:
            return None
        batch = self._fill(np.ascontiguousarray(pixels, np.float32))
        if not self._events:
            self._events = [self._cuda.event() for _ in range(4)]
        start, uploaded, computed, end = self._events
        self._cuda.record(start, self._stream)
        self._upload(batch)
        self._cuda.record(uploaded, self._stream)
        begin = time.perf_counter()
        self._queue()
        queued = time.perf_counter()
        self._cuda.record(computed, self._stream)
        self._logits.download(batch * len(self.card.labels))
        self._cuda.record(end, self._stream)
        self._cuda.call("cudaEventSynchronize", end)
        return PartTimes(
            h2d_ms=self._cuda.milliseconds(start, uploaded),
            compute_ms=self._cuda.milliseconds(uploaded, computed),
            d2h_ms=self._cuda.milliseconds(computed, end),
            enqueue_ms=1000 * (queued - begin),
        )

    def close(self) -> None:
        """Free the context, the engine and all memory, and keep the compiled kernels; safe to call twice."""
        kernels, self._kernels = self._kernels, None
        try:
            if kernels is not None:
                kernels.keep()
        finally:
            # TensorRT wants them gone in this order, before the memory that they use.
            self._context = self._engine = self._runtime = None
            self._cuda.close()
