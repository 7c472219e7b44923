"""Follows faces from frame to frame and steadies their labels.

Faces are matched to tracks by the overlap of their boxes. Probabilities are averaged per track with weights that decay
by a time constant in seconds, so that a label behaves the same at 10 and at 60 frames a second; the label changes only
when another emotion is clearly ahead.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from edgefer.camera.reading import FaceReading
from edgefer.data.preprocess import Box

MIN_OVERLAP = 0.3
KEEP = 1.0  # seconds that a track waits for its face to come back
LEAD = 0.05  # by how much another emotion must be ahead


@dataclass
class _Track:
    number: int
    face: FaceReading
    seen: float


class Tracker:
    """Numbers faces, from 1, and smooths their probabilities over `smooth` seconds (0 leaves them as they are)."""

    def __init__(self, smooth: float) -> None:
        self._smooth = smooth
        self._tracks: list[_Track] = []
        self._next = 1

    def update(self, faces: Sequence[FaceReading], time: float) -> tuple[FaceReading, ...]:
        """Give the faces of the frame at `time` (seconds, not falling) their tracks, in the same order."""
        self._tracks = [track for track in self._tracks if time - track.seen <= KEEP]
        pairs = match([track.face.box for track in self._tracks], [face.box for face in faces])
        followed = []
        for index, face in enumerate(faces):
            if index in pairs:
                track = self._tracks[pairs[index]]
                track.face = self._steady(track, face, time)
            else:
                track = _Track(self._next, replace(face, track=self._next), time)
                self._tracks.append(track)
                self._next += 1
            track.seen = time
            followed.append(track.face)
        return tuple(followed)

    def _steady(self, track: _Track, face: FaceReading, time: float) -> FaceReading:
        if self._smooth <= 0:
            return replace(face, track=track.number)
        before = track.face
        weight = 1 - math.exp(-(time - track.seen) / self._smooth)
        mixed = {
            name: before.probabilities[name] + weight * (value - before.probabilities[name])
            for name, value in face.probabilities.items()
        }
        best = max(mixed, key=mixed.__getitem__)
        label = best if mixed[best] > mixed[before.label] + LEAD else before.label
        return replace(face, label=label, score=mixed[label], probabilities=mixed, track=track.number)


def match(tracks: Sequence[Box], faces: Sequence[Box]) -> dict[int, int]:
    """Pair faces with tracks, largest overlap first: face index -> track index; pairs below `MIN_OVERLAP` stay out."""
    if not tracks or not faces:
        return {}
    overlaps = overlap(np.asarray(faces, np.float64), np.asarray(tracks, np.float64))
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for flat in np.argsort(-overlaps, axis=None, kind="stable").tolist():
        face, track = divmod(flat, len(tracks))
        if overlaps[face, track] < MIN_OVERLAP:
            break
        if face not in pairs and track not in taken:
            pairs[face] = track
            taken.add(track)
    return pairs


def overlap(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Intersection over union of boxes `[N, 4]` and `[M, 4]` (x, y, width, height): `[N, M]`, 0..1."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, :2] + a[:, None, 2:], b[None, :, :2] + b[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    areas = np.prod(a[:, 2:], axis=1)[:, None] + np.prod(b[:, 2:], axis=1)[None, :]
    return np.asarray(shared / (areas - shared), np.float64)
