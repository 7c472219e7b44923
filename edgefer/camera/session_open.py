"""The session that `edgefer run --session` asks for, and the sink that writes it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgefer.camera.frame import Source
from edgefer.camera.session_file import SessionFile
from edgefer.camera.session_folder import RATE, folder_of
from edgefer.camera.settings import Watching
from edgefer.console import say
from edgefer.errors import UsageError
from edgefer.runtime.session import Session

if TYPE_CHECKING:
    from edgefer.camera.session_sink import SessionIntervals, SessionSink


@dataclass(frozen=True)
class SessionAsked:
    """name: under `sessions/`, or a path. rate: samples a second, at most. goes_on: continue one that is there.

    Raises UsageError for a name that cannot be one, and where a session is there and is not to go on.
    """

    name: str
    rate: float = RATE
    goes_on: bool = False

    def __post_init__(self) -> None:
        SessionFile(self.folder, self.goes_on)  # refuses before a camera is opened

    @property
    def folder(self) -> Path:
        """Where it is written."""
        return folder_of(self.name)


def session_sink(
    asked: SessionAsked, source: Source, session: Session, detector: str, settings: Watching, interval: float | None
) -> SessionSink | SessionIntervals:
    """What writes the session; nothing is made before the first frame.

    detector: its name. interval: seconds counted together, of nobody in particular; None for a sample of everybody.

    Raises UsageError for pictures that stand alone, in which nobody is followed, or a rate that is out of range.
    """
    from edgefer.camera.session_run import About
    from edgefer.camera.session_sink import SessionIntervals, SessionSink

    if not source.continuous:
        raise UsageError("--session needs a camera or a film: pictures stand alone", "use --jsonl for pictures")
    about = About(
        source.description,
        session,
        asdict(settings) | {"detector": detector},
        source.fps,
        settings.patience,
        asked.rate,
    )
    of_whom = "of everybody" if interval is None else "of nobody in particular"
    say(f"emotions over time, {of_whom}, go to {asked.folder}; it holds no picture and no place")
    if interval is not None:
        return SessionIntervals(asked.folder, about, interval, asked.goes_on)
    return SessionSink(asked.folder, about, asked.goes_on)
