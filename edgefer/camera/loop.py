"""The loop: frames in, readings out, and a receipt at the end."""

from __future__ import annotations

import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import FrameType

import numpy as np

from edgefer.camera.detect import Detector
from edgefer.camera.frame import Source
from edgefer.camera.people import People, strangers
from edgefer.camera.reading import FrameReading, counted
from edgefer.camera.settings import Watching
from edgefer.camera.sinks import Sink
from edgefer.console import say
from edgefer.runtime.prediction import infer_finite
from edgefer.runtime.session import Session

DEFAULT = Watching()
# Windows has no SIGHUP.
_ENDINGS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
NOTICE = "emotion estimates are not facts; tell the people you film"


@dataclass(frozen=True)
class Receipt:
    """What a run did: frames and faces read, seconds, frames dropped by a live source, what was stored."""

    frames: int
    faces: int
    seconds: float
    dropped: int
    pictures_written: int
    files: tuple[Path, ...]

    def __str__(self) -> str:
        rate = f", {self.frames / self.seconds:.1f} fps" if self.seconds > 0 and self.frames > 1 else ""
        dropped = f", {self.dropped} dropped" if self.dropped else ""
        files = ", ".join(str(file) for file in self.files) or "none"
        return (
            f"read {counted(self.frames, 'frame')} in {self.seconds:.1f} s{rate}{dropped}; "
            f"{counted(self.faces, 'face')}; frames written: {self.pictures_written}; files made: {files}"
        )


def watch(source: Source, detector: Detector, session: Session, settings: Watching = DEFAULT) -> Iterator[FrameReading]:
    """Read every frame of a source; people are followed where its frames show one scene.

    Raises SourceError when the source ends before its time, ArtifactError when the network's answers are not finite.
    """
    warm_up(session)
    yield from _watch(source, detector, session, settings)


def warm_up(session: Session) -> None:
    """Run a network once, because the first time is slow; ArtifactError when its answer is not finite."""
    infer_finite(session, np.zeros((1, *session.card.input.shape), np.float32))


def _watch(source: Source, detector: Detector, session: Session, settings: Watching) -> Iterator[FrameReading]:
    people = People(detector, session, settings)
    rate = _Rate()
    for frame in source:
        faces = people.read(frame) if source.continuous else strangers(frame, detector, session, settings.floor)
        yield FrameReading(frame, faces, frame.age_ms, rate.tick())


def run(
    source: Source,
    detector: Detector,
    session: Session,
    sinks: Sequence[Sink],
    settings: Watching = DEFAULT,
    max_frames: int | None = None,
) -> Receipt:
    """Give every reading to every sink until the source ends, a sink or a signal (INT, TERM) stops it.

    The session is to be warm (`warm_up`) before, as the sinks may make files of what it says.
    The sinks are closed and the receipt is said in every case, also when the source raises SourceError.
    """
    say(f"watching {source.description}; faces by {detector.name}; {session.card.name} on {session.backend}")
    say(NOTICE)
    frames = faces = dropped = 0
    start = time.monotonic()
    try:
        with ExitStack() as closing, _until_signal(source.stop):
            for sink in sinks:
                closing.callback(sink.close)
            for reading in islice(_watch(source, detector, session, settings), max_frames):
                frames += 1
                faces += len(reading.faces)
                dropped = reading.frame.dropped
                wanted = [sink.take(reading) for sink in sinks]  # every sink gets it before one may stop the loop
                if not all(wanted):
                    break
    finally:
        seconds = time.monotonic() - start
        pictures = sum(sink.pictures for sink in sinks)
        files = tuple(file for sink in sinks for file in sink.files)
        receipt = Receipt(frames, faces, seconds, dropped, pictures, files)
        say(str(receipt))
    return receipt


class _Rate:
    """Frames a second over the last thirty."""

    def __init__(self) -> None:
        self._ticks: deque[float] = deque(maxlen=31)

    def tick(self) -> float:
        self._ticks.append(time.monotonic())
        passed = self._ticks[-1] - self._ticks[0]
        return (len(self._ticks) - 1) / passed if passed > 0 else 0.0


@contextmanager
def _until_signal(stop: Callable[[], None]) -> Iterator[None]:
    """Turn the first SIGINT, SIGTERM or SIGHUP into a call of `stop`; a second one acts as it did before.

    A closed terminal sends SIGHUP; what was told to outlive it (`nohup`) ignores it, and goes on ignoring it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {number: signal.getsignal(number) for number in _ENDINGS}
    before = {number: old for number, old in handlers.items() if old is not signal.SIG_IGN}

    def handler(number: int, _frame: FrameType | None) -> None:
        stop()
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
