"""Faces with labels, in memory or memory-mapped: what every reader returns and every consumer takes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgefer.errors import DataError

Pixels = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]
Targets = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64] | npt.NDArray[np.bool_]

_BLOCK = 4096


def content_sha256(pixels: Pixels, labels: Labels, emotions: Sequence[str], targets: Targets | None = None) -> str:
    """Hex SHA-256 of pixels, labels, emotion names and target distributions: the identity of a set of faces.

    It does not depend on how the set is stored; of a memory-mapped array no more than a block is in memory at once.
    """
    digest = hashlib.sha256(f"{pixels.shape} {','.join(emotions)}\n".encode())
    digest.update(np.ascontiguousarray(labels, np.int64).data)
    if targets is not None:
        digest.update(np.ascontiguousarray(targets, np.float32).data)
    for start in range(0, len(pixels), _BLOCK):
        digest.update(np.ascontiguousarray(pixels[start : start + _BLOCK]).data)
    return digest.hexdigest()


@dataclass(frozen=True)
class FaceSet:
    """Faces of one split.

    pixels: uint8 `[N, H, W]` gray or `[N, H, W, 3]` RGB. labels: int64 `[N]`, indices into `emotions`.
    targets: float32 `[N, classes]`, what several people said of each face as a distribution, or None where a face has
    its label alone. name, split: where they come from. sha256: `content_sha256` of all of it.
    """

    name: str
    split: str
    emotions: tuple[str, ...]
    pixels: Pixels
    labels: Labels
    sha256: str
    targets: Targets | None = None

    def __post_init__(self) -> None:
        if self.pixels.dtype != np.uint8 or self.pixels.ndim not in (3, 4):
            raise DataError(
                f"{self.name}: faces must be uint8 [N, H, W] or [N, H, W, 3], not {self.pixels.dtype} {self.pixels.shape}"
            )
        if self.pixels.ndim == 4 and self.pixels.shape[3] != 3:
            raise DataError(f"{self.name}: colour faces need 3 channels, not {self.pixels.shape[3]}")
        if self.labels.shape != (len(self.pixels),):
            raise DataError(f"{self.name}: {len(self.pixels)} faces but labels of shape {self.labels.shape}")
        if len(self.labels) and not 0 <= self.labels.min() <= self.labels.max() < len(self.emotions):
            raise DataError(f"{self.name}: a label is outside 0..{len(self.emotions) - 1}")
        if self.targets is not None and self.targets.shape != (len(self.labels), len(self.emotions)):
            raise DataError(
                f"{self.name}: {len(self.labels)} faces of {len(self.emotions)} emotions but targets of shape {self.targets.shape}"
            )

    @classmethod
    def of(
        cls,
        name: str,
        split: str,
        emotions: Sequence[str],
        pixels: Pixels,
        labels: Labels,
        targets: Targets | None = None,
    ) -> FaceSet:
        """A set with its hash computed."""
        order = tuple(emotions)
        return cls(name, split, order, pixels, labels, content_sha256(pixels, labels, order, targets), targets)

    def take(self, index: Index) -> FaceSet:
        """The faces at `index`, int64 `[n]` positions or bool `[N]`, as a set with a hash of its own."""
        targets = None if self.targets is None else self.targets[index]
        return FaceSet.of(self.name, self.split, self.emotions, self.pixels[index], self.labels[index], targets)

    def __len__(self) -> int:
        return len(self.labels)

    def counts(self) -> dict[str, int]:
        """Faces per emotion name, in the set's order."""
        numbers = np.bincount(self.labels, minlength=len(self.emotions))
        return dict(zip(self.emotions, numbers.tolist(), strict=True))
