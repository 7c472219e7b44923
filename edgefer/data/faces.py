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


def content_sha256(pixels: Pixels, labels: Labels, emotions: Sequence[str]) -> str:
    """Hex SHA-256 of pixels, labels and emotion names: the identity of a set of faces, however it is stored."""
    digest = hashlib.sha256(f"{pixels.shape} {','.join(emotions)}\n".encode())
    digest.update(np.ascontiguousarray(labels, np.int64).data)
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()


@dataclass(frozen=True)
class FaceSet:
    """Faces of one split.

    pixels: uint8 `[N, H, W]` gray or `[N, H, W, 3]` RGB. labels: int64 `[N]`, indices into `emotions`.
    name, split: where they come from. sha256: hash of pixels, labels and emotion names.
    """

    name: str
    split: str
    emotions: tuple[str, ...]
    pixels: Pixels
    labels: Labels
    sha256: str

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

    @classmethod
    def of(cls, name: str, split: str, emotions: Sequence[str], pixels: Pixels, labels: Labels) -> FaceSet:
        """A set with its hash computed."""
        order = tuple(emotions)
        return cls(name, split, order, pixels, labels, content_sha256(pixels, labels, order))

    def __len__(self) -> int:
        return len(self.labels)

    def counts(self) -> dict[str, int]:
        """Faces per emotion name, in the set's order."""
        numbers = np.bincount(self.labels, minlength=len(self.emotions))
        return dict(zip(self.emotions, numbers.tolist(), strict=True))
