"""Pictures that a program makes itself, as a source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from edgefer.camera.frame import Frame, Source, to_bgr
from edgefer.errors import SourceError, UsageError

Given = Iterable[npt.NDArray[Any]]


class GivenPictures(Source):
    """Pictures, gray, BGR or BGRA as `to_bgr` takes them, each a scene of its own."""

    continuous: ClassVar[bool] = False
    description = "pictures from Python"

    def __init__(self, pictures: Given) -> None:
        super().__init__()
        self.fps: float | None = None
        self._pictures = pictures

    def __iter__(self) -> Iterator[Frame]:
        """Raises SourceError for what is no picture."""
        for index, picture in enumerate(self._pictures):
            if self.stopped:
                return
            if not isinstance(picture, np.ndarray):
                raise SourceError(
                    f"picture {index} is of type {type(picture).__name__}", "give numpy arrays, BGR as OpenCV has them"
                )
            yield Frame(index, index / (self.fps or 1), to_bgr(picture))


class GivenFilm(GivenPictures):
    """Pictures of one scene, `fps` a second, in which faces are followed."""

    continuous: ClassVar[bool] = True

    def __init__(self, pictures: Given, fps: float) -> None:
        if not 0 < fps <= 1000:
            raise UsageError(f"fps is {fps:g}", "give the pictures a second, up to 1000")
        super().__init__(pictures)
        self.fps = fps


def given(pictures: npt.NDArray[Any] | Given, fps: float | None) -> Source:
    """A source of one picture or of several; with `fps` they are a film."""
    if isinstance(pictures, np.ndarray) and (
        pictures.ndim == 2 or (pictures.ndim == 3 and pictures.shape[-1] in (1, 3, 4))
    ):
        pictures = [pictures]
    return GivenPictures(pictures) if fps is None else GivenFilm(pictures, fps)
