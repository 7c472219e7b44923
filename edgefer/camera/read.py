"""Emotions of the faces of one picture, all in one batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgefer.camera.detect import Face
from edgefer.camera.frame import Picture
from edgefer.camera.opencv import quiet
from edgefer.camera.reading import FaceReading
from edgefer.data import preprocess
from edgefer.runtime.prediction import infer_finite
from edgefer.runtime.session import Array, Session, softmax


def read_faces(
    picture: Picture, faces: Sequence[Face], session: Session, floor: float = 0.0
) -> tuple[FaceReading, ...]:
    """Read the emotion of each face of a picture, uint8 `[H, W, 3]` BGR, in the order of `faces`.

    floor: below this probability, 0..1, of the strongest emotion a reading is uncertain.
    """
    labels = session.card.labels
    readings = []
    for face, row in zip(faces, probabilities(picture, faces, session), strict=True):
        named = dict(zip(labels, row, strict=True))
        label = max(named, key=named.__getitem__)
        readings.append(
            FaceReading(face.box, label, named[label], named, face.score, raw=named, uncertain=named[label] < floor)
        )
    return tuple(readings)


def probabilities(picture: Picture, faces: Sequence[Face], session: Session) -> list[list[float]]:
    """What the network says of each face, 0..1 in the order of the card's labels; without faces it is not asked.

    Raises ArtifactError when it answers with numbers that are not finite.
    """
    if not faces:
        return []
    answers: list[list[float]] = softmax(infer_finite(session, network_inputs(picture, faces, session))).tolist()
    return answers


def network_inputs(picture: Picture, faces: Sequence[Face], session: Session) -> Array:
    """Crop each face as the model's card says: float32 `[N, C, h, w]`, pixels 0..255."""
    cv2 = quiet()
    spec = session.card.input
    inputs = np.empty((len(faces), *spec.shape), np.float32)
    for index, face in enumerate(faces):
        crop = preprocess.crop(picture, face.box, 0.0 if face.cropped else spec.crop_margin)
        rgb = np.asarray(cv2.cvtColor(crop, cv2.COLOR_BGR2RGB), np.uint8)
        inputs[index] = preprocess.to_planes(rgb[None], spec)[0]
    return inputs
