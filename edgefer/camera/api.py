"""`edgefer.watch`: the camera for Python programs."""

from __future__ import annotations

import difflib
import weakref
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import numpy.typing as npt

from edgefer.camera import loop
from edgefer.camera.asked import Asked, Codec, Size, parse_size
from edgefer.camera.choices import DETECT_WIDTH, DetectorKind
from edgefer.camera.detect import Detector, open_detector
from edgefer.camera.endurance import Endurance
from edgefer.camera.frame import Source
from edgefer.camera.given import Given, given
from edgefer.camera.opencv import quiet
from edgefer.camera.reading import FrameReading
from edgefer.camera.settings import Watching
from edgefer.camera.source import open_source
from edgefer.errors import UsageError
from edgefer.runtime.find import find_runnable
from edgefer.runtime.open import open_session
from edgefer.runtime.session import Session

Kind = TypeVar("Kind", DetectorKind, Codec)


class Readings(Iterator[FrameReading]):
    """Readings of a source, one a frame. Closed at the end, after an error, by `close`, or as a context manager.

    source: what is watched; `source.stop()` ends it from another thread. session: the network that reads.
    """

    def __init__(
        self, source: Source, detector: Detector, session: Session, settings: Watching, held: ExitStack
    ) -> None:
        self.source, self.session = source, session
        self._readings = loop.watch(source, detector, session, settings)
        # A loop that is left by `break` lets go of this object, and with it of the camera.
        self._close = weakref.finalize(self, held.close)

    def __next__(self) -> FrameReading:
        """Raises SourceError when the source ends before its time."""
        try:
            return next(self._readings)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the camera, file and network; there are no more readings."""
        self._readings = iter(())
        self._close()

    def __enter__(self) -> Readings:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def watch(
    source: int | str | Path | npt.NDArray[Any] | Given = 0,
    *,
    engine: str | Path | Session | None = None,
    detector: str | DetectorKind | Detector = DetectorKind.AUTO,
    detector_model: str | Path | None = None,
    detect_width: int = DETECT_WIDTH,
    size: str | Size | None = None,
    fps: float | None = None,
    codec: str | Codec | None = None,
    reconnect: float = Endurance.reconnect,
    frozen: float = Endurance.frozen,
    threads: int | None = None,
    trust: bool = False,
    detect_every: int = Watching.detect_every,
    confirm: int = Watching.confirm,
    patience: float = Watching.patience,
    infer_every: float = Watching.infer_every,
    smooth: float = Watching.smooth,
    lead: float = Watching.lead,
    hold: float = Watching.hold,
    floor: float = Watching.floor,
) -> Readings:
    """Read the faces of a camera, video or pictures; nothing is stored.

    source: a camera's number, what `edgefer run --source` takes, or pictures: one array or any iterable of arrays, uint8
        `[H, W]` gray or `[H, W, 3]` BGR. They stand alone, unless `fps` says that they are a film of so many a second.
    size, fps, codec: asked of a camera, which may give something else: `1280x720` or `(1280, 720)` pixels, frames a
        second, `mjpg`, `yuyv` or `h264`. reconnect, frozen: seconds, see `Endurance`.
    engine: a checkpoint, ONNX file or engine, or an open session, which stays open; None takes what `edgefer run` takes.
    detector: `auto`, `yunet`, `haar`, `none` (each picture is one face), or an object that finds faces.
    detector_model, detect_width, threads, trust: as the options of `edgefer run`. The others: see `Watching`.

    Raises SourceError, ArtifactError or BackendError when something cannot be opened, and UsageError for a setting that
    is out of range or unknown.
    """
    settings = Watching(
        detect_every=detect_every,
        confirm=confirm,
        patience=patience,
        infer_every=infer_every,
        smooth=smooth,
        lead=lead,
        hold=hold,
        floor=floor,
    )
    asked = Asked(
        parse_size(size) if isinstance(size, str) else size,
        fps,
        None if codec is None else _one_of(Codec, "codec", codec),
    )
    endurance = Endurance(reconnect, frozen=frozen)
    model = None if detector_model is None else Path(detector_model)
    if isinstance(detector, str):
        detector = _one_of(DetectorKind, "detector", detector)
    if threads is not None:
        quiet().setNumThreads(threads)
    with ExitStack() as held:
        session = engine if isinstance(engine, Session) else held.enter_context(_open(engine, threads, trust))
        frames = held.enter_context(_source(source, asked, endurance))
        if isinstance(detector, DetectorKind):
            detector = open_detector(detector, model, detect_width, frames)
        return Readings(frames, detector, session, settings, held.pop_all())


def _source(source: int | str | Path | npt.NDArray[Any] | Given, asked: Asked, endurance: Endurance) -> Source:
    if isinstance(source, int):
        return open_source(source, None, asked, endurance)
    if isinstance(source, (str, Path)):
        return open_source(None, str(source), asked, endurance)
    if asked.size or asked.codec:
        raise UsageError("size and codec are asked of cameras", "leave them out for pictures from Python")
    return given(source, asked.fps)


def _open(engine: str | Path | None, threads: int | None, trust: bool) -> Session:
    path = find_runnable()[0] if engine is None else Path(engine)
    return open_session(path, threads=threads, trust=trust)


def _one_of(kinds: type[Kind], what: str, name: str) -> Kind:
    """The member of an enumeration that a word names, or that it is."""
    known = [kind.value for kind in kinds]
    value = name.value if isinstance(name, kinds) else name
    if value in known:
        return kinds(value)
    near = difflib.get_close_matches(value, known, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"
    raise UsageError(f"unknown {what} '{value}'", hint)
