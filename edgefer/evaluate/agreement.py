"""How closely two networks answer alike, such as a checkpoint and the ONNX file exported from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgefer import emotions
from edgefer.data.faces import FaceSet
from edgefer.errors import DataError
from edgefer.evaluate.classify import classify
from edgefer.runtime.session import Array, Session


@dataclass(frozen=True)
class Agreement:
    """same_label: share of faces given the same label, 0..1. Differences are absolute, over all logits."""

    faces: int
    same_label: float
    max_difference: float
    mean_difference: float


def compare_logits(first: Array, second: Array) -> Agreement:
    """Compare two float `[N, labels]` arrays in the same label order; raises DataError when shapes differ or N is 0."""
    if first.shape != second.shape or first.ndim != 2:
        raise DataError(f"logits of shape {list(first.shape)} cannot be compared with {list(second.shape)}")
    if not len(first):
        raise DataError("no faces to compare two models on")
    difference = np.abs(first.astype(np.float64) - second.astype(np.float64))
    return Agreement(
        faces=len(first),
        same_label=float((first.argmax(axis=1) == second.argmax(axis=1)).mean()),
        max_difference=float(difference.max()),
        mean_difference=float(difference.mean()),
    )


def agreement(first: Session, second: Session, faces: FaceSet, batch: int = 64) -> Agreement:
    """Run both sessions over the faces, each with its own preprocessing, and compare; labels are matched by name."""
    order = emotions.permutation(second.card.labels, first.card.labels)
    return compare_logits(classify(first, faces, batch), classify(second, faces, batch)[:, order])
