"""Emotions of the faces of one picture, all in one batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgefer.camera.detect import Face
from edgefer.camera.frame import Picture
from edgefer.camera.opencv import quiet
from edgefer.camera.reading import FaceReading
from edgefer.data import preprocess
from edgefer.runtime.session import Array, Session, softmax


def read_faces(picture: Picture, faces: Sequence[Face], session: Session) -> tuple[FaceReading, ...]:
    """Read the emotion of each face of a picture, uint8 `[H, W, 3]` BGR, in the order of `faces`."""
    if not faces:
        return ()
    labels = session.card.labels
    probabilities = softmax(session.infer(network_inputs(picture, faces, session))).tolist()
    readings = []
    for face, row in zip(faces, probabilities, strict=True):
        named = dict(zip(labels, row, strict=True))
        label = max(named, key=named.__getitem__)
        readings.append(FaceReading(face.box, label, named[label], named, face.score, raw=named))
    return tuple(readings)


def network_inputs(picture: Picture, faces: Sequence[Face], session: Session) -> Array:
    """Crop each face as the model's card says: float32 `[N, C, h, w]`, pixels 0..255."""
    cv2 = quiet()
    spec = session.card.input
    inputs = []
    for face in faces:
        crop = preprocess.crop(picture, face.box, 0.0 if face.cropped else spec.crop_margin)
        rgb = np.asarray(cv2.cvtColor(crop, cv2.COLOR_BGR2RGB), np.uint8)
        inputs.append(preprocess.network_input(rgb[None], spec))
    return np.concatenate(inputs)
