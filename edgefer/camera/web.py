"""The live view in a browser: a sink that serves a page while a camera runs. Stores nothing."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from edgefer.camera.choices import WEB_HOST
from edgefer.camera.frame import Frame, Source
from edgefer.camera.interval import Interval
from edgefer.camera.loop import NOTICE
from edgefer.camera.marks import Marks
from edgefer.camera.reading import FrameReading
from edgefer.camera.web_access import Access, find_place, grant
from edgefer.camera.web_files import PAGES, About, files
from edgefer.camera.web_handler import Site, handler_of
from edgefer.camera.web_newest import Newest, Shared
from edgefer.camera.web_picture import figures, jpeg, totals
from edgefer.camera.web_server import WebServer
from edgefer.console import say

Item = TypeVar("Item")

EVENT_PERIOD, PICTURE_PERIOD = 0.1, 1 / 15  # seconds from one to the next, for all viewers together
NOTHING, FILM = "no picture is stored", "pictures are recorded"
SLICE = 0.05  # seconds between looks at the stop flag


class _View(Generic[Item]):
    """A page being served, and where to put what it shows."""

    def __init__(
        self,
        source: Source,
        labels: Sequence[str],
        port: int,
        host: str,
        page: str,
        event: Callable[[Item], bytes],
        picture: Callable[[Item], bytes] | None,
        kept: str = NOTHING,
    ) -> None:
        place = find_place(host)
        about = About(page, tuple(labels), source.description, NOTICE, kept, secrets.token_hex(8))
        self._newest: Newest[Item] = Newest()
        self._server = WebServer(place, port)
        self.access: Access = grant(place, self._server.port)
        site = Site(
            access=self.access,
            files=files(about),
            newest=self._newest,
            events=Shared(self._newest, event, EVENT_PERIOD),
            pictures=None if picture is None else Shared(self._newest, picture, PICTURE_PERIOD),
            run=about.run,
        )
        self._server.start(handler_of(site))
        if self.access.warning:
            say(self.access.warning)
        say(f"live view: {self.access.url}")

    def put(self, item: Item) -> None:
        self._newest.put(item)

    def close(self) -> None:
        self._newest.end()
        self._server.close()


class Web:
    """Shows each frame with what was read on it, and everybody's emotions over time.

    A video plays at its own speed, as in the window; pictures come one a second. Who watches, or not, changes nothing.
    port: 0 takes a free one; `access.url` is where the page is. kept: what the page says is stored, `NOTHING` or `FILM`.
    marks: of the session that is recorded, which the timeline shows.
    Raises BackendError or UsageError where the page cannot be.
    """

    pictures = 0
    files: tuple[Path, ...] = ()

    def __init__(
        self,
        source: Source,
        labels: Sequence[str],
        port: int,
        host: str = WEB_HOST,
        kept: str = NOTHING,
        marks: Marks | None = None,
    ) -> None:
        self._source = source
        self._start: float | None = None
        event = partial(figures, marks=marks.placed if marks else ())
        self._view = _View[FrameReading](source, labels, port, host, PAGES[0], event, jpeg, kept)
        self.access = self._view.access

    def take(self, reading: FrameReading) -> bool:
        self._view.put(reading)
        self._hold(reading.frame)
        return True

    def close(self) -> None:
        self._view.close()

    def _hold(self, frame: Frame) -> None:
        """Keep to the time of a film; a live source keeps it by itself."""
        if frame.captured is not None:
            return
        if self._start is None:
            self._start = time.monotonic() - frame.time
        while not self._source.stopped and (left := self._start + frame.time - time.monotonic()) > 0:
            time.sleep(min(left, SLICE))


class WebIntervals:
    """The page of a run with --aggregate-only: intervals, no picture and nobody's own timeline. As `Web` otherwise."""

    files: tuple[Path, ...] = ()

    def __init__(
        self, source: Source, labels: Sequence[str], port: int, host: str = WEB_HOST, marks: Marks | None = None
    ) -> None:
        event = partial(totals, marks=marks.placed if marks else ())
        self._view = _View[Interval](source, labels, port, host, PAGES[1], event, None)
        self.access = self._view.access

    def take(self, interval: Interval) -> bool:
        self._view.put(interval)
        return True

    def close(self) -> None:
        self._view.close()
