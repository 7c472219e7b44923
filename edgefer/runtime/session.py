"""One way to run anything: a session."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from edgefer.card import ModelCard
from edgefer.errors import DataError

if TYPE_CHECKING:
    from edgefer.runtime.prediction import Prediction

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class PartTimes:
    """Milliseconds of one call's parts on a GPU, by its own clock (CUDA events), except for `enqueue_ms`.

    h2d: pixels to the GPU. compute: the network. d2h: logits back. enqueue: host time to queue the network's work.
    """

    h2d_ms: float
    compute_ms: float
    d2h_ms: float
    enqueue_ms: float


class Session(ABC):
    """A network ready to run, whatever runs it. Use as a context manager, or call `close`.

    backend: what runs it, such as `torch cpu`, `onnxruntime cpu` or `tensorrt_rtx`.
    place: the device that computes, `cpu` or `cuda:0`.
    cuda_graph: whether calls replay a captured CUDA graph. compiled: by `torch.compile`.
    compile_seconds: how much of opening it was compiling code for this machine, where the runtime tells.
    """

    backend: str
    place: str = "cpu"
    cuda_graph: bool = False
    compiled: bool = False
    compile_seconds: float | None = None

    def __init__(self, card: ModelCard) -> None:
        self.card = card

    @property
    def labels(self) -> tuple[str, ...]:
        """The emotions that it tells apart, in the order of its logits."""
        return self.card.labels

    def predict(self, faces: npt.NDArray[Any] | Iterable[npt.NDArray[Any]]) -> list[Prediction]:
        """The emotion of each face, in the order given.

        faces: pictures that are cut to one face each, uint8 `[H, W]` gray or `[H, W, 3]` BGR as OpenCV has them, of any
        sizes; one picture or any iterable of them. They get the one preprocessing (`edgefer.data.preprocess`) and are
        asked in batches. Raises DataError for what is no such picture, ArtifactError when the network's answers are not
        finite.
        """
        from edgefer.runtime.prediction import predict

        return predict(self, faces)

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

    def parts(self, pixels: Array) -> PartTimes | None:  # noqa: ARG002
        """Run `infer` once and tell where its time went; None where that is not known, as on CPUs.

        pixels: as for `infer`, checked by an `infer` of the same shape before, and no more than are run at once.
        """
        return None

    @property
    def arithmetic(self) -> str:
        """What the network computes in, such as `fp32`, `tf32` or `int8`."""
        return self.card.precision.value

    @property
    def weights_bytes(self) -> int | None:
        """Parameters and buffers, bytes, where the runtime tells."""
        return None

    @property
    def activation_bytes(self) -> int | None:
        """What one call needs besides weights, input and output, bytes, where the runtime tells."""
        return None

    def io_bytes(self, batch: int) -> int:
        """Input and output of one call with `batch` faces, bytes."""
        return 4 * batch * (math.prod(self.card.input.shape) + len(self.card.labels))

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
