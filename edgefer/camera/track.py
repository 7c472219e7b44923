"""Follows faces from frame to frame, so that a person keeps one number.

A face that was found is given to the person who is expected there: all at once, so that the pairs are the best together.
Whoever is not found is expected to go on for a while, and has the number back where the face appears again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgefer.camera.assign import Scores, assign
from edgefer.camera.detect import SURE, Face
from edgefer.camera.motion import Motion
from edgefer.camera.settings import Watching
from edgefer.data.preprocess import Box

REACH = 0.7  # how far from where it is expected a face may be, in its own widths
SPREAD = 1.0  # by how much that grows in each second in which nobody saw it
FARTHEST = 1.5
LIKE = 0.5  # the smaller of two boxes has at least this share of the other's sides


@dataclass
class _Track:
    """hits: how often it was found. number: None until it is confirmed. found: whether it was, when last looked for."""

    face: Face
    motion: Motion
    seen: float
    hits: int = 1
    number: int | None = None
    found: bool = True


@dataclass(frozen=True)
class Followed:
    """A confirmed person in a frame. number: from 1, never used twice. detected: found in this frame, not followed."""

    number: int
    face: Face
    detected: bool


class Tracker:
    """Numbers faces, from 1. `settings` say how often a face must be found, and how long a number is kept."""

    def __init__(self, settings: Watching) -> None:
        self._settings = settings
        self._tracks: list[_Track] = []
        self._last = 0
        self._looked = False

    @property
    def settled(self) -> bool:
        """Whether everybody is confirmed and was found, so that one frame can do without a look."""
        return all(track.found and track.number is not None for track in self._tracks)

    @property
    def numbers(self) -> set[int]:
        """Of all who are followed, seen or waited for."""
        return {track.number for track in self._tracks if track.number is not None}

    def update(self, faces: Sequence[Face], time: float) -> list[Followed]:
        """Follow the faces that were found in the frame at `time` (seconds, not falling); the order is the tracks'.

        Faces below `SURE` keep somebody who is known, and make nobody new. The faces of the first frame need no
        confirmation: nobody can have seen them before.
        """
        patience = self._settings.patience
        self._tracks = [track for track in self._tracks if track.found or time - track.seen <= patience]
        pairs = self._pairs(faces, time)
        for index, track in enumerate(self._tracks):
            track.found = index in pairs
            if track.found:
                self._hit(track, faces[pairs[index]], time)
        # Who was seen in passing only, such as a pattern on a wall, is not waited for.
        self._tracks = [track for track in self._tracks if track.found or track.number is not None]
        taken = set(pairs.values())
        for index, face in enumerate(faces):
            if index not in taken and (face.score is None or face.score >= SURE):
                hits = 1 if self._looked else self._settings.confirm
                track = _Track(face, Motion(face.box, time), time, hits)
                self._confirm(track)
                self._tracks.append(track)
        self._looked = True
        return [
            Followed(track.number, track.face, True)
            for track in self._tracks
            if track.found and track.number is not None
        ]

    def follow(self, time: float) -> list[Followed]:
        """Where those who were found in the last look are at `time`, when nobody looks."""
        return [
            Followed(track.number, track.face.at(track.motion.at(time)), False)
            for track in self._tracks
            if track.found and track.number is not None
        ]

    def _pairs(self, faces: Sequence[Face], time: float) -> dict[int, int]:
        if not self._tracks or not faces:
            return {}
        expected = [track.motion.at(time) for track in self._tracks]
        reach = [min(FARTHEST, REACH + SPREAD * (time - track.seen)) for track in self._tracks]
        return assign(likeness(expected, [face.box for face in faces], reach))

    def _hit(self, track: _Track, face: Face, time: float) -> None:
        track.face, track.seen = face, time
        track.motion.found(face.box, time)
        track.hits += 1
        self._confirm(track)

    def _confirm(self, track: _Track) -> None:
        if track.number is None and track.hits >= self._settings.confirm:
            self._last += 1
            track.number = self._last


def likeness(expected: Sequence[Box], found: Sequence[Box], reach: Sequence[float]) -> Scores:
    """How well each box `[N]` that is expected fits each that was found `[M]`: `[N, M]`, from 0, not at all, to 1.

    How near their centres are times how alike their sizes; `reach` `[N]` is the farthest distance in widths of the face.
    """
    x, y, width, height = np.asarray(expected, np.float64).T[:, :, None]
    to_x, to_y, to_width, to_height = np.asarray(found, np.float64).T[:, None]
    wider, higher = np.maximum(width, to_width), np.maximum(height, to_height)
    apart = np.hypot(x - to_x + (width - to_width) / 2, y - to_y + (height - to_height) / 2)
    near = 1 - apart / (np.asarray(reach)[:, None] * (wider + higher) / 2)
    alike = np.minimum(np.minimum(width, to_width) / wider, np.minimum(height, to_height) / higher)
    return np.where(alike >= LIKE, np.maximum(near, 0) * alike, 0.0)
