"""The people in front of a source: whom to look for, whom to ask the network about, and what is shown of each."""

from __future__ import annotations

import math

from edgefer.camera.detect import SURE, Detector, WholePicture
from edgefer.camera.frame import Frame
from edgefer.camera.read import probabilities, read_faces
from edgefer.camera.reading import FaceReading
from edgefer.camera.settings import Watching
from edgefer.camera.steady import Steady
from edgefer.camera.track import Followed, Tracker
from edgefer.runtime.session import Session

GOLDEN = (math.sqrt(5) - 1) / 2  # its multiples, modulo 1, are spread evenly however many there are


class People:
    """Reads the faces of frames that follow one another; see `Watching` for what `settings` hold."""

    def __init__(self, detector: Detector, session: Session, settings: Watching) -> None:
        # A picture that was cut to a face needs no second look.
        self._settings = settings.but(detect_every=1, confirm=1) if isinstance(detector, WholePicture) else settings
        self._detector = detector
        self._session = session
        self._tracker = Tracker(self._settings)
        self._steady: dict[int, Steady] = {}
        self._unseen = 0  # frames since the detector looked

    def read(self, frame: Frame) -> tuple[FaceReading, ...]:
        """Faces of the next frame, by number; the network sees all that are due in one batch."""
        followed = self._follow(frame)
        due = [one for one in followed if self._is_due(one.number, frame.time)]
        answers = probabilities(frame.picture, [one.face for one in due], self._session)
        raw = {one.number: answer for one, answer in zip(due, answers, strict=True)}
        for number, answer in raw.items():
            if number in self._steady:
                self._steady[number].update(answer, frame.time)
            else:
                self._steady[number] = Steady(self._settings, answer, frame.time)
        return tuple(self._reading(one, raw.get(one.number)) for one in followed)

    def _follow(self, frame: Frame) -> list[Followed]:
        """Look where it is time to, and in every frame while somebody is new or missing."""
        self._unseen += 1
        if self._unseen < self._settings.detect_every and self._tracker.settled and self._tracker.numbers:
            return self._tracker.follow(frame.time)
        self._unseen = 0
        followed = self._tracker.update(self._detector.detect(frame.picture), frame.time)
        for number in self._steady.keys() - self._tracker.numbers:
            del self._steady[number]
        return followed

    def _is_due(self, number: int, time: float) -> bool:
        """Whether the network is to be asked; people take turns, so that a crowd does not come all at once."""
        steady, every = self._steady.get(number), self._settings.infer_every
        if steady is None or not every:
            return True
        turn = number * GOLDEN
        return math.floor(time / every + turn) > math.floor(steady.time / every + turn)

    def _reading(self, one: Followed, raw: list[float] | None) -> FaceReading:
        labels, steady = self._session.card.labels, self._steady[one.number]
        return FaceReading(
            one.face.box,
            labels[steady.label],
            steady.probabilities[steady.label],
            dict(zip(labels, steady.probabilities, strict=True)),
            one.face.score,
            one.number,
            None if raw is None else dict(zip(labels, raw, strict=True)),
            steady.uncertain,
            one.detected,
        )


def strangers(frame: Frame, detector: Detector, session: Session, floor: float) -> tuple[FaceReading, ...]:
    """Faces of a picture that stands alone: the network's answers as they are, uncertain below `floor`."""
    faces = [face for face in detector.detect(frame.picture) if face.score is None or face.score >= SURE]
    return read_faces(frame.picture, faces, session, floor)
