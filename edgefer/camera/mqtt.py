"""What a broker is told: a state that it keeps, and events as people come, change and leave."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgefer.camera.broker_link import Link
from edgefer.camera.interval import Interval
from edgefer.camera.reading import SCHEMA, FaceReading, FrameReading

STATE_EVERY = 0.5  # seconds between two states at least


@dataclass
class _Person:
    since: float
    seen: float
    emotion: str


class MqttFaces:
    """`state`, retained: how many people show which emotion. `events`: new, update (another emotion shown), end.

    patience: seconds for which a person may be out of sight before the end is told. now: the time of day in seconds.
    """

    pictures = 0
    files: tuple[Path, ...] = ()

    def __init__(self, link: Link, patience: float, now: Callable[[], float] = time.time) -> None:
        self._link = link
        self._patience = patience
        self._now = now
        self._people: dict[int, _Person] = {}
        self._told: tuple[float, dict[str, int]] | None = None
        self._time = 0.0

    def take(self, reading: FrameReading) -> bool:
        self._time = reading.time
        for face in reading.faces:
            if face.track is not None:
                self._follow(face.track, face)
        for track, person in list(self._people.items()):
            if reading.time - person.seen > self._patience:
                self._end(track)
        emotions = dict(Counter(face.emotion for face in reading.faces))
        if self._told is None or (emotions != self._told[1] and not 0 <= reading.time - self._told[0] < STATE_EVERY):
            self._state(emotions)
        return True

    def close(self) -> None:
        for track in list(self._people):
            self._end(track)
        if self._told is not None and self._told[1]:
            self._state({})  # nobody's emotion stays with the broker
        self._link.close()

    def _follow(self, track: int, face: FaceReading) -> None:
        person = self._people.get(track)
        if person is None:
            self._people[track] = _Person(self._time, self._time, face.emotion)
            self._event("new", track, face)
            return
        person.seen = self._time
        if person.emotion != face.emotion:
            person.emotion = face.emotion
            self._event("update", track, face)

    def _event(self, kind: str, track: int, face: FaceReading) -> None:
        shown = {"emotion": face.emotion, "score": round(face.score, 4), "box": list(face.box)}
        self._link.send("events", {"schema": SCHEMA, "event": kind, **self._when(), "track": track, **shown})

    def _end(self, track: int) -> None:
        person = self._people.pop(track)
        seconds = round(person.seen - person.since, 3)
        last = {"emotion": person.emotion, "seconds": seconds}
        self._link.send("events", {"schema": SCHEMA, "event": "end", **self._when(), "track": track, **last})

    def _state(self, emotions: dict[str, int]) -> None:
        self._told = (self._time, emotions)
        people = sum(emotions.values())
        self._link.retain("state", {"schema": SCHEMA, **self._when(), "people": people, "emotions": emotions})

    def _when(self) -> dict[str, Any]:
        """`time` as in the JSON lines; `at`, the seconds since 1970, for messages that waited in the queue."""
        return {"time": round(self._time, 3), "at": round(self._now(), 3)}


class IntervalMqtt:
    """`state`, retained: the last interval, and nothing else."""

    files: tuple[Path, ...] = ()

    def __init__(self, link: Link) -> None:
        self._link = link

    def take(self, interval: Interval) -> bool:
        self._link.retain("state", interval.to_json())
        return True

    def close(self) -> None:
        self._link.close()
