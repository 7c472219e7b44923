"""Pictures that are as smooth as photographs and have nothing in common, and what happens to copies of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from edgefer.data.faces import FaceSet
from edgefer.emotions import FER2013

# Pixels around a picture that a shifted copy shows.
ROOM = 6


def wide(count: int, size: int = 48, seed: int = 0) -> np.ndarray:
    """uint8 `[count, size + 12, size + 12]`: pictures with room around them."""
    source = np.random.default_rng(seed)
    side = size + 2 * ROOM
    noise = source.standard_normal((count, side, side)).astype(np.float32)
    fine = np.stack([cv2.GaussianBlur(one, (0, 0), size / 24) for one in noise])
    coarse = np.stack([cv2.GaussianBlur(one, (0, 0), size / 8) for one in noise])
    mixed = fine / fine.std() + 1.5 * coarse / coarse.std()
    return np.clip(128 + 30 * mixed, 0, 255).astype(np.uint8)


def inner(picture: np.ndarray, down: int = 0, right: int = 0) -> np.ndarray:
    """The middle of a wide picture, shifted by so many pixels."""
    size = picture.shape[0] - 2 * ROOM
    return np.ascontiguousarray(picture[ROOM + down : ROOM + down + size, ROOM + right : ROOM + right + size])


def pictures(count: int, size: int = 48, seed: int = 0) -> np.ndarray:
    """uint8 `[count, size, size]`."""
    return np.stack([inner(one) for one in wide(count, size, seed)])


def _jpeg(picture: np.ndarray) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", inner(picture), (cv2.IMWRITE_JPEG_QUALITY, 60))[1], cv2.IMREAD_GRAYSCALE)


def _zoomed(picture: np.ndarray) -> np.ndarray:
    size = picture.shape[0] - 2 * ROOM
    larger = cv2.resize(picture, None, fx=1.06, fy=1.06, interpolation=cv2.INTER_LINEAR)
    start = (larger.shape[0] - size) // 2
    return np.ascontiguousarray(larger[start : start + size, start : start + size])


def _relit(picture: np.ndarray) -> np.ndarray:
    return (255 * (inner(picture) / 255.0) ** 1.3).astype(np.uint8)


def _watermarked(picture: np.ndarray) -> np.ndarray:
    return cv2.putText(inner(picture), "stock", (6, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.35, 180, 1)


# What copies of one photograph differ by, each from a wide picture of 48 px.
COPIES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "jpeg": _jpeg,
    "shifted": lambda picture: inner(picture, 2, -1),
    "zoomed": _zoomed,
    "relit": _relit,
    "watermarked": _watermarked,
    "mirrored": lambda picture: np.ascontiguousarray(inner(picture)[:, ::-1]),
    "mirrored and shifted": lambda picture: np.ascontiguousarray(inner(picture, 2, 0)[:, ::-1]),
}


def face_set(pixels: np.ndarray, labels: Sequence[int] | np.ndarray | None = None, split: str = "Training") -> FaceSet:
    """Pictures as a split of a dataset called noise; labels in turn when there are none."""
    known = np.arange(len(pixels)) % 7 if labels is None else np.asarray(labels)
    return FaceSet.of("noise", split, FER2013, pixels, known.astype(np.int64))
