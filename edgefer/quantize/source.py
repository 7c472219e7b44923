"""The calibration set that a command uses when it is not told one."""

from __future__ import annotations

import re
from pathlib import Path

from edgefer.card import ModelCard
from edgefer.data.faces import FaceSet
from edgefer.data.load import load_faces
from edgefer.errors import ArtifactError, UsageError
from edgefer.paths import CALIBRATION
from edgefer.quantize.calibration import COUNT, SPLIT, CalibrationSet, make_calibration_set, open_calibration_set


def training_faces(card: ModelCard, source: str | None = None) -> FaceSet:
    """Faces to calibrate a model on: the Training split of `source`, else of what the model was trained on.

    Raises UsageError when the card does not say, or the faces are not on this machine.
    """
    name = source or card.provenance.dataset
    if not name:
        raise UsageError(
            f"{card.name} does not say which faces it was trained on, and INT8 needs some of them",
            "name them: edgefer calibrate MODEL --data fer2013 (or demo)",
        )
    return load_faces(name, SPLIT)


def default_folder(card: ModelCard, faces: FaceSet, count: int) -> Path:
    """Such as `calibration/mini-c-fer2013-512`."""
    return CALIBRATION / re.sub(r"[^\w.+-]+", "-", f"{card.name}-{faces.name}-{count}")


def default_set(card: ModelCard) -> tuple[CalibrationSet, bool]:
    """The model's own set in its default folder, and whether it was there already.

    It is made, or made again, when it is missing, damaged, or from other faces or for other preprocessing than now.
    """
    faces = training_faces(card)
    count = min(COUNT, len(faces))
    folder = default_folder(card, faces, count)
    if folder.is_dir():
        try:
            existing = open_calibration_set(folder)
            existing.check(card)
        except ArtifactError:
            existing = None
        if existing and existing.manifest.data_sha256 == faces.sha256:
            return existing, True
    return make_calibration_set(faces, card.input, count, folder), False
