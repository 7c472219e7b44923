"""What viewers see of a reading: the overlay as a JPEG, small enough for a network, and its figures as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from edgefer.camera.frame import Frame
from edgefer.camera.interval import Interval
from edgefer.camera.marks import Placed
from edgefer.camera.opencv import quiet
from edgefer.camera.overlay import draw
from edgefer.camera.reading import FaceReading, FrameReading
from edgefer.errors import BackendError

LONGEST = 1280  # pixels of the longer side
SHOWN = 60.0  # seconds of the timeline
QUALITY = 80  # of JPEG, 0..100


def jpeg(reading: FrameReading) -> bytes:
    """The frame with what was read drawn on it; large ones are scaled down before anything is drawn."""
    cv2 = quiet()
    ok, data = cv2.imencode(".jpg", draw(_small(reading)), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not ok:
        raise BackendError("this OpenCV cannot write JPEG pictures", "install opencv-python from PyPI")
    return bytes(data)


def figures(reading: FrameReading, marks: Sequence[Placed] = ()) -> bytes:
    """`time`, `fps`, `age_ms` and `dropped` (null for files), and of each face what the timeline shows.

    marks: of the session that is recorded; those of the last minute are shown.
    """
    live = reading.age_ms is not None
    return _json(
        {
            "time": round(reading.time, 3),
            "fps": round(reading.fps, 1),
            "age_ms": round(reading.age_ms) if reading.age_ms is not None else None,
            "dropped": reading.frame.dropped if live else None,
            "faces": [
                {"track": face.track, "emotion": face.emotion, "score": round(face.score, 3)} for face in reading.faces
            ],
            "marks": [_mark(mark) for mark in marks if mark.time > reading.time - SHOWN],
        }
    )


def totals(interval: Interval, marks: Sequence[Placed] = ()) -> bytes:
    """An interval, which tells nothing about a single person, and the marks that were set in it."""
    inside = [mark for mark in marks if interval.start <= mark.time < interval.start + interval.seconds]
    return _json({**interval.to_json(), "marks": [_mark(mark) for mark in inside]})


def _mark(mark: Placed) -> dict[str, object]:
    return {"time": mark.time, "text": mark.text, "kind": mark.kind.value}


def _json(record: object) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode()


def _small(reading: FrameReading) -> FrameReading:
    rows, columns = reading.picture.shape[:2]
    scale = LONGEST / max(rows, columns)
    if scale >= 1:
        return reading
    cv2 = quiet()
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    picture = cv2.resize(reading.picture, size, interpolation=cv2.INTER_AREA)
    frame: Frame = replace(reading.frame, picture=picture)
    return replace(reading, frame=frame, faces=tuple(_shrunk(face, scale) for face in reading.faces))


def _shrunk(face: FaceReading, scale: float) -> FaceReading:
    x, y, width, height = (round(value * scale) for value in face.box)
    return replace(face, box=(x, y, width, height))
