"""What a session says of pictures of faces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from edgefer.data.preprocess import to_planes
from edgefer.errors import ArtifactError, DataError
from edgefer.runtime.session import Array, Session, softmax

if TYPE_CHECKING:
    from edgefer.card import InputSpec

_AT_ONCE = 64
_FIX = "give uint8 pictures, [H, W] gray or [H, W, 3] BGR as OpenCV has them"


@dataclass(frozen=True)
class Prediction:
    """The emotion of one face. score: its probability, 0..1. probabilities: 0..1 by label name, summing to 1."""

    emotion: str
    score: float
    probabilities: Mapping[str, float]


def predict(session: Session, faces: npt.NDArray[Any] | Iterable[npt.NDArray[Any]]) -> list[Prediction]:
    """The emotion of each face, in order; see `Session.predict`."""
    given = enumerate([faces] if isinstance(faces, np.ndarray) and _is_picture(faces) else faces)
    found: list[Prediction] = []
    while block := list(islice(given, _AT_ONCE)):
        found += _predict(session, np.stack([_planes(face, index, session.card.input) for index, face in block]))
    return found


def _is_picture(array: npt.NDArray[Any]) -> bool:
    return array.ndim == 2 or (array.ndim == 3 and array.shape[-1] == 3)


def _planes(face: Any, index: int, spec: InputSpec) -> npt.NDArray[np.float32]:
    if not isinstance(face, np.ndarray):
        raise DataError(f"face {index} is of type {type(face).__name__}", _FIX)
    if face.dtype != np.uint8 or not _is_picture(face) or not face.size:
        raise DataError(f"face {index} is {face.dtype} {list(face.shape)}", _FIX)
    rgb = face if face.ndim == 2 else np.ascontiguousarray(face[..., ::-1])
    return np.asarray(to_planes(rgb[None], spec)[0], np.float32)


def infer_finite(session: Session, pixels: Array) -> Array:
    """`Session.infer`, and ArtifactError where its logits are not finite."""
    logits = session.infer(pixels)
    if not np.isfinite(logits).all():
        raise ArtifactError(
            f"{session.card.name} ({session.backend}) answers with numbers that are not finite",
            "its weights or its precision are broken: train or export it again",
        )
    return logits


def _predict(session: Session, pixels: Array) -> Iterator[Prediction]:
    labels = session.card.labels
    for row in softmax(infer_finite(session, pixels)).tolist():
        named = dict(zip(labels, row, strict=True))
        emotion = max(named, key=named.__getitem__)
        yield Prediction(emotion, named[emotion], named)
