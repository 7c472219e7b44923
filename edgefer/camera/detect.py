"""Face detectors: a picture in, boxes out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from edgefer.camera import yunet
from edgefer.camera.choices import DETECT_WIDTH, DetectorKind
from edgefer.camera.frame import Picture, Source
from edgefer.camera.opencv import quiet
from edgefer.data.preprocess import Box
from edgefer.errors import ArtifactError, BackendError, UsageError

# YuNet's own default of 0.9 misses faces that look down; 0.6 begins to see them in hands and patterns.
SURE = 0.7
# A weaker face is believed where a person is followed already: somebody who turns away is not lost at once.
SCORE = 0.5
OVERLAP = 0.3
# With 32 rows or fewer OpenCV 4 returns faces made of uninitialised memory (seen with 4.8.1 and 4.11.0, not with 5.0.0).
SMALLEST = 64
CASCADE = "haarcascade_frontalface_default.xml"


@dataclass(frozen=True)
class Face:
    """One face in a picture.

    box: x, y, width, height in pixels of the picture; it may reach over its edge.
    score: how sure the detector is, 0..1, or None where it does not say.
    landmarks: x, y of right eye, left eye, nose, right and left corner of the mouth, or empty.
    cropped: the picture was cut to the face before, so that no margin is to be added.
    """

    box: Box
    score: float | None = None
    landmarks: tuple[tuple[float, float], ...] = ()
    cropped: bool = False

    def at(self, box: Box) -> Face:
        """The same face elsewhere; without landmarks, which are not followed."""
        return replace(self, box=box, landmarks=())


class Detector(Protocol):
    """Finds faces. name: what to call it in a message."""

    name: str

    def detect(self, picture: Picture) -> list[Face]:
        """Faces in a picture, uint8 `[H, W, 3]` BGR, best first; those with a score below `SURE` are doubtful."""


class YuNet:
    """`cv2.FaceDetectorYN`. Pictures whose longer side is above `width` pixels are scaled down first.

    It was trained on faces of 10 to 300 pixels; at half the width it takes about a quarter of the time.
    """

    def __init__(self, model: Path, width: int = DETECT_WIDTH) -> None:
        cv2 = quiet()
        self.name = "YuNet"
        self._width = width
        self._size = (0, 0)
        try:
            self._net = cv2.FaceDetectorYN.create(str(model), "", (width, width), SCORE, OVERLAP)
            self._net.setInputSize((SMALLEST, SMALLEST))
            self._net.detect(np.zeros((SMALLEST, SMALLEST, 3), np.uint8))  # another ONNX file loads, but fails here
        except cv2.error as error:
            raise ArtifactError(f"{model} is not the YuNet detector", f"get it with: {yunet.GET}") from error

    def detect(self, picture: Picture) -> list[Face]:
        small, scale = _shrunk(picture, self._width)
        small = _padded(small)
        size = (small.shape[1], small.shape[0])
        if size != self._size:
            self._net.setInputSize(size)
            self._size = size
        rows = self._net.detect(small)[1]
        return [] if rows is None else [_face(row, scale) for row in rows.tolist()]


class Haar:
    """OpenCV's frontal-face cascade (Viola and Jones, 2001), for installations without YuNet's file."""

    def __init__(self, width: int = DETECT_WIDTH) -> None:
        cascade = _cascade()
        if cascade is None:
            raise BackendError(
                f"OpenCV {quiet().__version__} carries no Haar cascade", f"use YuNet; get it with: {yunet.GET}"
            )
        self.name = "Haar"
        self._width = width
        self._cascade = cascade

    def detect(self, picture: Picture) -> list[Face]:
        cv2 = quiet()
        small, scale = _shrunk(picture, self._width)
        gray = cv2.equalizeHist(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY))
        boxes = self._cascade.detectMultiScale(gray, scaleFactor=1.1, minNeighbors=5, minSize=(24, 24))
        return [Face(_scaled(box, scale)) for box in sorted(map(tuple, boxes), key=lambda box: -box[2])]


class WholePicture:
    """Takes each picture as a face that was cut out before."""

    name = "no detector"

    def detect(self, picture: Picture) -> list[Face]:
        return [Face((0, 0, picture.shape[1], picture.shape[0]), cropped=True)]


def open_detector(
    kind: DetectorKind, model: Path | None = None, width: int = DETECT_WIDTH, source: Source | None = None
) -> Detector:
    """Open a detector; `model` is YuNet's file when it is not where `yunet.find` looks. source: may know its faces itself.

    Raises BackendError when this machine has none, ArtifactError when YuNet's file is damaged.
    """
    if model is not None and kind in (DetectorKind.HAAR, DetectorKind.NONE):
        raise UsageError(
            f"--detector-model names YuNet's file, but --detector is {kind.value}", "leave one of them out"
        )
    if kind is DetectorKind.NONE:
        return WholePicture()
    if kind is DetectorKind.HAAR:
        return Haar(width)
    if found := yunet.find(model):
        return YuNet(found.path, width)
    if kind is DetectorKind.AUTO and source is not None and (own := source.detector()) is not None:
        return own
    if kind is DetectorKind.AUTO and _cascade() is not None:
        return Haar(width)
    why = "" if kind is DetectorKind.YUNET else f", and OpenCV {quiet().__version__} carries no Haar cascade"
    raise BackendError(f"the YuNet face detector is not on this machine{why}", f"get it with: {yunet.GET}")


def _cascade() -> Any:
    """A loaded Haar cascade, or None: OpenCV 5 has neither the class nor the file."""
    cv2 = quiet()
    if not hasattr(cv2, "CascadeClassifier"):
        return None
    # The wheels name their folder; a system OpenCV (JetPack) does not.
    wheel = getattr(getattr(cv2, "data", None), "haarcascades", "")
    for folder in (wheel, "/usr/share/opencv4/haarcascades", "/usr/share/opencv/haarcascades"):
        file = Path(folder) / CASCADE
        if folder and file.is_file():
            cascade = cv2.CascadeClassifier(str(file))
            if not cascade.empty():
                return cascade
    return None


def _shrunk(picture: Picture, width: int) -> tuple[Picture, float]:
    """The picture with its longer side at most `width`, and the factor back to its own size."""
    longer = max(picture.shape[:2])
    if longer <= width:
        return picture, 1.0
    scale = width / longer
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    cv2 = quiet()
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8), longer / width


def _padded(picture: Picture) -> Picture:
    """At least `SMALLEST` rows and columns, black ones added below and at the right."""
    rows, columns = (max(0, SMALLEST - side) for side in picture.shape[:2])
    if not rows and not columns:
        return picture
    return np.asarray(np.pad(picture, ((0, rows), (0, columns), (0, 0))), np.uint8)


def _face(row: list[float], scale: float) -> Face:
    points = [value * scale for value in row[4:14]]
    landmarks = tuple(zip(points[::2], points[1::2], strict=True))
    return Face(_scaled(row[:4], scale), min(1.0, row[14]), landmarks)


def _scaled(box: Any, scale: float) -> Box:
    x, y, width, height = (round(float(value) * scale) for value in box)
    return x, y, max(1, width), max(1, height)
