"""Run a checkpoint in PyTorch."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from edgefer.card import ModelCard, Precision
from edgefer.errors import BackendError, UsageError
from edgefer.runtime.session import Array, PartTimes, Session

if TYPE_CHECKING:
    from torch import Tensor, nn

    from edgefer.runtime.torch_graph import Captured

_AMPERE = (8, 0)


class TorchSession(Session):
    """A torch network in evaluation mode, on the GPU when there is one unless `device` says otherwise.

    `network` maps pixels 0..255 to logits, in the card's precision. `threads` sets torch's process-wide number of CPU
    threads. compiled: by `torch.compile`, anew for each number of faces, and for one face now. cuda_graph: replay a
    captured graph, one for each number of faces. Raises UsageError for a CUDA graph without a GPU.
    """

    def __init__(
        self,
        network: nn.Module,
        card: ModelCard,
        device: str | None = None,
        threads: int | None = None,
        compiled: bool = False,
        cuda_graph: bool = False,
    ) -> None:
        import torch

        super().__init__(card)
        if threads:
            torch.set_num_threads(threads)
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        if cuda_graph and self.device.type != "cuda":
            raise UsageError(f"a CUDA graph needs an NVIDIA GPU, not the {self.device.type}", "run it without")
        self.network = network.eval().to(self.device)
        self.backend = f"torch {self.device.type}"
        self.place = "cpu" if self.device.type == "cpu" else f"{self.device.type}:{self.device.index or 0}"
        self.cuda_graph = cuda_graph
        self._graphs: dict[int, Captured] = {}
        if compiled:
            self._compile()

    def _compile(self) -> None:
        import torch

        begin = time.perf_counter()
        # One program a number of faces, as TensorRT has them: the fastest that torch.compile makes.
        self.network = cast("nn.Module", torch.compile(self.network, dynamic=False))
        self._network(torch.zeros((1, *self.card.input.shape), device=self.device))
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        self.compiled, self.compile_seconds = True, time.perf_counter() - begin

    @property
    def arithmetic(self) -> str:
        """`tf32` where torch computes float32 convolutions in it, as it does by default on GPUs that can."""
        import torch

        if self.card.precision is not Precision.FP32:
            return self.card.precision.value
        rounds = self.device.type == "cuda" and torch.backends.cudnn.allow_tf32
        return "tf32" if rounds and torch.cuda.get_device_capability(self.device) >= _AMPERE else "fp32"

    @property
    def weights_bytes(self) -> int:
        """Parameters and buffers, bytes."""
        held = [*self.network.parameters(), *self.network.buffers()]
        return sum(one.numel() * one.element_size() for one in held)

    def _infer(self, pixels: Array) -> Array:
        import torch

        with torch.inference_mode():
            logits = self._answer(self._upload(pixels)).float().cpu()
        return np.asarray(logits.numpy(), np.float32)

    def parts(self, pixels: Array) -> PartTimes | None:
        """As in `Session`: by CUDA events where there is a GPU."""
        import torch

        if self.device.type != "cuda":
            return None
        start, uploaded, computed, end = (torch.cuda.Event(enable_timing=True) for _ in range(4))
        with torch.inference_mode():
            start.record()
            values = self._upload(pixels)
            uploaded.record()
            begin = time.perf_counter()
            logits = self._answer(values)
            queued = time.perf_counter()
            computed.record()
            logits.float().cpu()
            end.record()
        end.synchronize()
        return PartTimes(
            h2d_ms=start.elapsed_time(uploaded),
            compute_ms=uploaded.elapsed_time(computed),
            d2h_ms=computed.elapsed_time(end),
            enqueue_ms=1000 * (queued - begin),
        )

    def _upload(self, pixels: Array) -> Tensor:
        import torch

        return torch.from_numpy(pixels).to(self.device)

    def _answer(self, values: Tensor) -> Tensor:
        """Logits on the device for float32 pixels on the device."""
        if not self.cuda_graph:
            return self._network(values)
        if len(values) not in self._graphs:
            from edgefer.runtime.torch_graph import capture

            self._graphs[len(values)] = capture(self._network, values)
        return self._graphs[len(values)](values)

    def _network(self, values: Tensor) -> Tensor:
        import torch

        with torch.inference_mode():
            logits: Tensor = self.network(values)
        return logits

    def close(self) -> None:
        """Free the captured graphs; the network is whoever's made it."""
        self._graphs.clear()


def open_checkpoint(path: Path, threads: int | None = None) -> TorchSession:
    """A session for a checkpoint; raises BackendError when torch is not installed."""
    try:
        import safetensors  # noqa: F401
        import torch  # noqa: F401
    except ImportError as error:
        raise BackendError(
            f"{path} is a checkpoint and needs PyTorch, which is not installed",
            "pip install 'edgefer[train]', or run an ONNX file or an engine",
        ) from error
    from edgefer.models.checkpoint import load

    network, card = load(path)
    return TorchSession(network, card, threads=threads)
