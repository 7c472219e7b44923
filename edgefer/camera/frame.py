"""What every source gives: frames, one after another."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from edgefer.errors import SourceError

if TYPE_CHECKING:
    from edgefer.camera.detect import Detector

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture and when it was taken.

    index: 0, 1, 2, ... of the frames handed out. picture: uint8 `[H, W, 3]` BGR.
    time: seconds; position in the film for a video, since the first frame for a live source, 0, 1, 2, ... for pictures.
    captured: `time.monotonic()` when a live source grabbed it, else None.
    dropped: frames that a live source has replaced by newer ones so far. name: file name of a picture, else empty.
    """

    index: int
    time: float
    picture: Picture
    captured: float | None = None
    dropped: int = 0
    name: str = ""

    @property
    def age_ms(self) -> float | None:
        """Milliseconds since a live source grabbed the frame; None for files, whose frames do not age."""
        return None if self.captured is None else (time.monotonic() - self.captured) * 1000


class Source(ABC):
    """Frames to iterate over, once. Use as a context manager, or call `close`.

    description: one phrase that names it with what it granted. fps: frames a second, None where it is not known.
    continuous: consecutive frames show one scene, so that faces can be followed from one to the next.
    endless: it goes on until somebody ends it. stopped: whether `stop` was called.
    idle: called by the reader every 0.1 s or so while a live source has no frame.
    """

    continuous: ClassVar[bool] = True
    description: str
    fps: float | None
    endless: bool = False

    def __init__(self) -> None:
        self.stopped = False
        self.idle: Callable[[], object] = lambda: None

    @abstractmethod
    def __iter__(self) -> Iterator[Frame]:
        """Frames in order; raises SourceError when they end before their time."""

    def stop(self) -> None:
        """End the iteration at the next frame. Sets a flag only, so a signal handler may call it."""
        self.stopped = True

    def detector(self) -> Detector | None:
        """Finds the faces of the frame that was handed out last, where the source itself knows them; else None."""
        return None

    def close(self) -> None:  # noqa: B027
        """Let go of the device or file."""

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def to_bgr(picture: npt.NDArray[Any]) -> Picture:
    """Gray, BGR or BGRA picture, uint8 or uint16 `[H, W]` or `[H, W, 1|3|4]`, to uint8 `[H, W, 3]` BGR."""
    import cv2

    if picture.dtype == np.uint16:
        picture = (picture >> 8).astype(np.uint8)
    channels = 1 if picture.ndim == 2 else picture.shape[-1]
    if picture.dtype != np.uint8 or picture.ndim not in (2, 3) or not picture.size or channels not in (1, 3, 4):
        raise SourceError(f"frames of {picture.dtype} {list(picture.shape)} are not pictures")
    if channels == 3:
        return picture
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR if channels == 1 else cv2.COLOR_BGRA2BGR), np.uint8)
