"""Run a checkpoint in PyTorch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgefer.card import ModelCard
from edgefer.errors import BackendError
from edgefer.runtime.session import Array, Session

if TYPE_CHECKING:
    from torch import nn


class TorchSession(Session):
    """A torch network in evaluation mode, in float32, on the GPU when there is one unless `device` says otherwise.

    `network` maps pixels 0..255 to logits. `threads` sets torch's process-wide number of CPU threads.
    """

    def __init__(
        self, network: nn.Module, card: ModelCard, device: str | None = None, threads: int | None = None
    ) -> None:
        import torch

        super().__init__(card)
        if threads:
            torch.set_num_threads(threads)
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.network = network.eval().to(self.device)
        self.backend = f"torch {self.device.type}"

    def _infer(self, pixels: Array) -> Array:
        import torch

        with torch.inference_mode():
            return np.asarray(self.network(torch.from_numpy(pixels).to(self.device)).float().cpu().numpy(), np.float32)


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
