"""One way to run anything: a session."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType

import numpy as np
import numpy.typing as npt

from edgefer.card import ModelCard
from edgefer.errors import DataError

Array = npt.NDArray[np.float32]


class Session(ABC):
    """A network ready to run, whatever runs it. Use as a context manager, or call `close`.

    backend: what runs it, such as `torch cpu`, `onnxruntime cpu` or `tensorrt_rtx`.
    """

    backend: str

    def __init__(self, card: ModelCard) -> None:
        self.card = card

    def infer(self, pixels: Array) -> Array:
        """Logits, float32 `[N, labels]` in the card's label order, for pixels, float32 `[N, C, H, W]` in 0..255."""
        if pixels.ndim != 4 or pixels.shape[1:] != self.card.input.shape:
            expected = ", ".join(str(size) for size in self.card.input.shape)
            raise DataError(
                f"{self.card.name} takes pixels [N, {expected}], not {list(pixels.shape)}",
                "prepare faces with edgefer.data.preprocess.network_input",
            )
        if not len(pixels):
            return np.empty((0, len(self.card.labels)), np.float32)
        return self._infer(np.ascontiguousarray(pixels, np.float32))

    @abstractmethod
    def _infer(self, pixels: Array) -> Array:
        """`infer` after its checks."""

    def close(self) -> None:  # noqa: B027
        """Free what the session holds; it must not be used afterwards."""

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def softmax(logits: Array) -> Array:
    """Probabilities over the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), np.float32)
