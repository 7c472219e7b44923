"""What a run was asked to give out, and the sinks that do it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgefer.camera.broker import parse_broker
from edgefer.camera.choices import INTERVAL, WEB_HOST
from edgefer.console import say
from edgefer.errors import UsageError

if TYPE_CHECKING:
    from edgefer.camera.aggregate import Outlet
    from edgefer.camera.broker_link import Link
    from edgefer.camera.frame import Source
    from edgefer.camera.marks import Marks
    from edgefer.camera.sinks import Sink

ENDING = "Ctrl-C ends the run"


@dataclass(frozen=True)
class Outputs:
    """The outputs of `edgefer run`; without any, a window or lines on stderr.

    jsonl, csv: a file, or `-` for stdout. record: a video. mqtt: a broker's address.
    web, web_host: port of the page for browsers, 0 for a free one, and the address it listens at.
    aggregate_only: nothing but counts of each `interval` (seconds) leaves the process.

    Raises UsageError where outputs exclude each other.
    """

    headless: bool = False
    jsonl: str | None = None
    csv: str | None = None
    record: Path | None = None
    mqtt: str | None = None
    aggregate_only: bool = False
    interval: float = INTERVAL
    web: int | None = None
    web_host: str = WEB_HOST

    def __post_init__(self) -> None:
        if self.aggregate_only and self.record is not None:
            raise UsageError("--aggregate-only and --record exclude each other: a film shows people", "leave one out")
        if self.interval != INTERVAL and not self.aggregate_only:
            raise UsageError("--interval needs --aggregate-only", "add it, or leave --interval out")
        if self.mqtt is not None:
            parse_broker(self.mqtt)
        if self.web is None and self.web_host != WEB_HOST:
            raise UsageError("--web-host needs --web", "add a port, such as --web 8080")
        named: dict[str, str] = {}
        for name in ("jsonl", "csv", "record"):
            target = getattr(self, name)
            if target is None:
                continue
            place = "-" if target == "-" else str(Path(target).resolve())
            if place in named:
                raise UsageError(f"--{named[place]} and --{name} write the same place, {target}", "name another file")
            named[place] = name

    @property
    def disclosure(self) -> str:
        """One line that says what leaves the process, before anything does."""
        pictures = "no picture is stored" if self.record is None else f"pictures go to {self.record}"
        broker = None if self.mqtt is None else str(parse_broker(self.mqtt))  # without the password
        page = None if self.web is None else "the page" if self.aggregate_only else "the page (pictures too)"
        places = ["stdout" if place == "-" else place for place in (self.jsonl, self.csv, broker, page) if place]
        what = (
            f"counts of {self.interval:g} s, of nobody in particular, go"
            if self.aggregate_only
            else "every face's emotion goes"
        )
        return f"{pictures}; {what} to {', '.join(places)}" if places else pictures


def open_sinks(
    asked: Outputs, source: Source, labels: Sequence[str], patience: float, marks: Marks | None = None
) -> list[Sink]:
    """Open what was asked for, after saying what leaves the process; all are closed where one cannot be opened.

    labels: the emotions of the model, in its order. patience: see `Watching`. marks: of the session that is recorded.
    """
    say(asked.disclosure)
    with ExitStack() as opened:
        if asked.aggregate_only:
            return _of_intervals(asked, source, labels, marks, opened)
        return _of_faces(asked, source, labels, patience, marks, opened)


def _of_faces(
    asked: Outputs, source: Source, labels: Sequence[str], patience: float, marks: Marks | None, opened: ExitStack
) -> list[Sink]:
    """A machine without a display goes headless by itself, and says so. Only what is asked for is imported."""
    from edgefer.camera.sinks import JsonLines, Lines

    sinks: list[Sink] = []

    def add(sink: Sink) -> None:
        opened.callback(sink.close)
        sinks.append(sink)

    if asked.web is not None:  # first: where the port is taken, no file is touched
        from edgefer.camera.web import FILM, NOTHING, Web

        add(Web(source, labels, asked.web, asked.web_host, NOTHING if asked.record is None else FILM, marks))
    if asked.record is not None:
        from edgefer.camera.record import Recorder

        add(Recorder(asked.record, source.fps))
    if asked.jsonl is not None:
        add(JsonLines(asked.jsonl))
    if asked.csv is not None:
        from edgefer.camera.faces_csv import FacesCsv

        add(FacesCsv(asked.csv, labels))
    if asked.mqtt is not None:
        from edgefer.camera.mqtt import MqttFaces

        add(MqttFaces(_link(asked.mqtt), patience))
    headless = asked.headless
    if not headless:
        from edgefer.camera.window import Window, why_headless

        if reason := why_headless():
            say(f"{reason}: running headless")
            headless = True
        else:
            add(Window(source, marks))
    if headless and source.endless:
        say(ENDING)
    opened.pop_all()
    return sinks or [Lines()]


def _of_intervals(
    asked: Outputs, source: Source, labels: Sequence[str], marks: Marks | None, opened: ExitStack
) -> list[Sink]:
    """No window: it shows people."""
    from edgefer.camera.aggregate import Aggregate, IntervalCsv, IntervalJson, IntervalText
    from edgefer.camera.interval import Intervals

    outlets: list[Outlet] = []

    def add(outlet: Outlet) -> None:
        opened.callback(outlet.close)
        outlets.append(outlet)

    if asked.web is not None:
        from edgefer.camera.web import WebIntervals

        add(WebIntervals(source, labels, asked.web, asked.web_host, marks))
    if asked.jsonl is not None:
        add(IntervalJson(asked.jsonl))
    if asked.csv is not None:
        add(IntervalCsv(asked.csv, labels))
    if asked.mqtt is not None:
        from edgefer.camera.mqtt import IntervalMqtt

        add(IntervalMqtt(_link(asked.mqtt)))
    if source.endless:
        say(ENDING)
    opened.pop_all()
    return [Aggregate(Intervals(asked.interval, labels), outlets or [IntervalText()])]


def _link(address: str) -> Link:
    from edgefer.camera.broker_link import Link

    return Link(parse_broker(address))
