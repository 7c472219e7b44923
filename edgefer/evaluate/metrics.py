"""Classification metrics as pure functions of labels, logits and confusion matrices.

What a class without faces does: its recall and F1 have no value (`None`, never NaN) and it is left out of balanced
accuracy and macro-F1, which are means over the emotions that stand in the set. An emotion that stands in the set but
is never predicted has recall 0, F1 0 and no precision.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgefer.errors import DataError

Confusion = npt.NDArray[np.int64]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class EmotionScore:
    """One emotion's figures, fractions 0..1; `None` where nothing defines them (see the module's text)."""

    faces: int
    precision: float | None
    recall: float | None
    f1: float | None


def confusion_matrix(truth: Labels, predicted: Labels, classes: int) -> Confusion:
    """Counts, int64 `[classes, classes]`, indexed `[true, predicted]`, from two int64 `[N]` arrays in 0..classes-1."""
    if truth.shape != predicted.shape or truth.ndim != 1:
        raise DataError(f"truth has shape {list(truth.shape)} but the predictions {list(predicted.shape)}")
    counts = np.bincount(truth * classes + predicted, minlength=classes * classes)
    return np.asarray(counts.reshape(classes, classes), np.int64)


def emotion_scores(confusion: Confusion) -> tuple[EmotionScore, ...]:
    """Precision, recall and F1 of every class of a `[true, predicted]` matrix."""
    right = np.diagonal(confusion)
    return tuple(
        EmotionScore(
            faces=int(faces),
            precision=float(hits / claimed) if claimed else None,
            recall=float(hits / faces) if faces else None,
            f1=float(2 * hits / (faces + claimed)) if faces else None,
        )
        for hits, faces, claimed in zip(right, confusion.sum(axis=1), confusion.sum(axis=0), strict=True)
    )


def accuracy(confusion: Confusion) -> float:
    """Share of faces on the diagonal, 0..1; the matrix must hold at least one face."""
    return float(np.trace(confusion) / confusion.sum())


def mean_of(values: list[float | None]) -> float:
    """Mean of the values that exist; 0 when none does."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else 0.0


def negative_log_likelihood(logits: npt.NDArray[np.float32], truth: Labels) -> float:
    """Mean of -log p(true label) in nats over `[N, classes]` logits; computed in float64, N at least 1."""
    wide = logits.astype(np.float64)
    peak = wide.max(axis=1)
    total = peak + np.log(np.exp(wide - peak[:, None]).sum(axis=1))
    return float((total - wide[np.arange(len(truth)), truth]).mean())


def brier(logits: npt.NDArray[np.float32], truth: Labels) -> float:
    """Mean over faces of the squared distance between probabilities and truth, 0 (sure and right) .. 2 (sure and wrong).

    Brier 1950, over `[N, classes]` logits; computed in float64, N at least 1.
    """
    wide = logits.astype(np.float64)
    odds = np.exp(wide - wide.max(axis=1, keepdims=True))
    errors = odds / odds.sum(axis=1, keepdims=True)
    errors[np.arange(len(truth)), truth] -= 1
    return float((errors**2).sum(axis=1).mean())
