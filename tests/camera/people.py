"""Readings that tests of outputs make for themselves."""

from __future__ import annotations

import numpy as np

from edgefer.camera.frame import Frame
from edgefer.camera.reading import FaceReading, FrameReading
from edgefer.emotions import FER2013


def face(track: int | None = 1, label: str = "happy", box=(1, 2, 3, 4), **changes) -> FaceReading:
    """A face whose emotion has a probability of 0.7, of which the network itself says 0.64."""
    smooth = {name: 0.7 if name == label else 0.05 for name in FER2013}
    raw = {name: 0.64 if name == label else 0.06 for name in FER2013}
    return FaceReading(box, label, 0.7, smooth, 0.95, track, **({"raw": raw} | changes))


def reading(index: int, time: float, *faces: FaceReading, shape=(4, 4), live=False, name="") -> FrameReading:
    """A black frame with faces; a live one is 12.5 ms old, after three that were dropped."""
    frame = Frame(index, time, np.zeros((*shape, 3), np.uint8), 1.0 if live else None, 3 if live else 0, name)
    return FrameReading(frame, faces, 12.5 if live else None, 30.0)
