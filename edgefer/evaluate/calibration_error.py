"""Whether a network is right as often as it is sure: the reliability diagram and its expected calibration error.

Guo et al., "On Calibration of Modern Neural Networks", ICML 2017: confidence is the probability of the label that is
given, 0..1 is cut into 15 equal bins, and the error is the mean of |accuracy - confidence| of the bins, weighted by
their faces.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgefer.errors import DataError
from edgefer.runtime.session import Array

BINS = 15
Floats = npt.NDArray[np.float64]
Right = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Reliability:
    """By bin, from the least sure: faces, mean confidence and share labelled right; the last two 0 in empty bins."""

    faces: npt.NDArray[np.int64]
    confidence: Floats
    accuracy: Floats

    def __post_init__(self) -> None:
        if not self.faces.shape == self.confidence.shape == self.accuracy.shape or not self.faces.sum():
            raise DataError("a reliability diagram needs faces, confidence and accuracy of each bin")

    @property
    def error(self) -> float:
        """Expected calibration error, 0..1."""
        return float((self.faces * np.abs(self.accuracy - self.confidence)).sum() / self.faces.sum())


def reliability(confidence: Floats, right: Right, bins: int = BINS) -> Reliability:
    """Sort faces into bins. confidence: `[N]`, 0..1; right: bool `[N]`."""
    where = bin_of(confidence, bins)
    faces = np.bincount(where, minlength=bins)
    divisor = np.maximum(faces, 1)
    return Reliability(
        faces=faces.astype(np.int64),
        confidence=np.bincount(where, confidence, bins) / divisor,
        accuracy=np.bincount(where, right, bins) / divisor,
    )


def bin_of(confidence: Floats, bins: int = BINS) -> npt.NDArray[np.int64]:
    """Bin numbers 0..bins-1; bin b holds (b/bins, (b+1)/bins], the first one 0 too."""
    return np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)


def confidences(logits: Array) -> Floats:
    """The probability of each face's likeliest label, float64 `[N]`, from float32 `[N, labels]`."""
    wide = logits.astype(np.float64)
    return np.asarray(1 / np.exp(wide - wide.max(axis=1, keepdims=True)).sum(axis=1))
