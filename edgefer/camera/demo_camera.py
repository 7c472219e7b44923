"""`demo://`: a synthetic camera for trying and testing, with drawn people whose emotions are known."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from edgefer.camera import address
from edgefer.camera.asked import Asked, Size
from edgefer.camera.demo_scene import Acted, DemoScene
from edgefer.camera.detect import Detector, Face
from edgefer.camera.frame import Frame, Picture, Source
from edgefer.errors import UsageError

KEYS = ("faces", "fps", "seconds", "size", "seed", "each", "pace")
FILE_SECONDS = 20.0  # length of a film when none is asked for; a camera goes on until it is stopped
SLICE = 0.05  # seconds between looks at the stop flag


@dataclass(frozen=True)
class DemoOptions:
    """What a `demo://` address asks for.

    seconds: length, None for no end. each: seconds that an emotion lasts. live: paced by the clock, newest frame only,
    as a camera is; otherwise every frame, as fast as it is read, as a film.
    """

    faces: int = 1
    fps: float = 30.0
    seconds: float | None = None
    size: Size = (640, 480)
    seed: int = 0
    each: float = 3.0
    live: bool = True


def demo_options(uri: str, wanted: Asked | None = None) -> DemoOptions:
    """Read an address such as `demo://?faces=2&seconds=20&pace=file`. Raises UsageError for what it cannot mean."""
    found = address.options(uri, KEYS)
    pace = found.get("pace", "camera")
    if pace not in ("camera", "file"):
        raise UsageError(f"unknown pace '{pace}'", "use pace=camera or pace=file")
    chosen = (wanted or Asked()).also(address.asked(found))
    if chosen.codec is not None:
        raise UsageError("demo:// has no codec", "leave --codec out")
    seconds = address.number(found, "seconds", FILE_SECONDS, 0.01, 1e6)
    return DemoOptions(
        faces=address.whole(found, "faces", 1, 0, 100),
        fps=chosen.fps or DemoOptions.fps,
        seconds=seconds if "seconds" in found or pace == "file" else None,
        size=chosen.size or DemoOptions.size,
        seed=address.whole(found, "seed", 0, 0, 2**31 - 1),
        each=address.number(found, "each", 3.0, 0.2, 3600.0),
        live=pace == "camera",
    )


class ScriptedFaces:
    """The faces of a synthetic camera's newest frame, wherever they are drawn."""

    name = "the script of demo://"

    def __init__(self, camera: DemoCamera) -> None:
        self._camera = camera

    def detect(self, picture: Picture) -> list[Face]:  # noqa: ARG002
        return [Face(one.box) for one in self._camera.in_view()]


class DemoCamera(Source):
    """The synthetic camera. `Frame.time` is the time in the script, so `acted(frame)` tells what a frame shows.

    At the camera's pace frame k of the script is taken k/fps seconds after the reader began; a reader who comes late
    gets the newest one that is due, those between are dropped and counted. Drawing counts to a frame's age.
    """

    def __init__(self, options: DemoOptions) -> None:
        super().__init__()
        self.options = options
        self.fps: float | None = options.fps
        self.endless = options.seconds is None
        self._shown = 0.0  # time of the frame that was handed out last
        self.scene = DemoScene(options.size, options.faces, options.seed, options.each)
        kind = "" if options.live else ", every frame"
        length = f" for {options.seconds:g} s" if options.seconds is not None else ""
        width, height = options.size
        self.description = f"demo camera (drawn faces), {width}x{height} at {options.fps:g} fps{length}{kind}"

    def __iter__(self) -> Iterator[Frame]:
        live, fps, seconds = self.options.live, self.options.fps, self.options.seconds
        total = None if seconds is None else max(1, round(seconds * fps))
        start = time.monotonic()
        index = dropped = due = 0
        while not self.stopped and (total is None or due < total):
            if live:
                newest = int((time.monotonic() - start) * fps)
                newest = max(due, newest if total is None else min(newest, total - 1))
                dropped += newest - due
                due = newest
                if not self._until(start + due / fps):
                    return
            captured = start + due / fps if live else None
            self._shown = due / fps
            yield Frame(index, due / fps, self.scene.draw(due / fps), captured, dropped)
            index += 1
            due += 1

    def acted(self, frame: Frame) -> tuple[Acted, ...]:
        """What the people in a frame of this camera play."""
        return self.scene.acted(frame.time)

    def detector(self) -> Detector:
        """Knows the faces from the script, for those who have no detector yet."""
        return ScriptedFaces(self)

    def in_view(self) -> tuple[Acted, ...]:
        """What the people in the frame that was handed out last play."""
        return self.scene.acted(self._shown)

    def _until(self, moment: float) -> bool:
        """Wait for a moment of the monotonic clock; False when `stop` was called."""
        while not self.stopped:
            left = moment - time.monotonic()
            if left <= 0:
                return True
            time.sleep(min(left, SLICE))
        return False
