"""Pictures as a source: one file, those of a folder, or those that match a pattern, in the order of their names."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from edgefer.camera.frame import Frame, Picture, Source
from edgefer.camera.opencv import quiet
from edgefer.console import say
from edgefer.errors import SourceError

SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})


class Pictures(Source):
    """Pictures, each a scene of its own. One that cannot be read is named on stderr and again, by count, at the end."""

    continuous: ClassVar[bool] = False
    fps: float | None = 1.0  # a recording shows each for a second

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._files, others = _files(path)
        self._unreadable: list[str] = []
        self._frames = self._read_all()
        self._first = next(self._frames, None)
        if self._first is None:
            raise self._complaint()
        note = f" ({others} other files ignored)" if others else ""
        self.description = path.name if path.is_file() else f"{len(self._files)} pictures in {path}{note}"

    def __iter__(self) -> Iterator[Frame]:
        """Raises SourceError after the last picture when some could not be read."""
        if self._first is not None and not self.stopped:
            yield self._first
        yield from self._frames
        if self._unreadable and not self.stopped:
            raise self._complaint()

    def _read_all(self) -> Iterator[Frame]:
        index = 0
        for file in self._files:
            if self.stopped:
                return
            picture = _read(file)
            if picture is None:
                self._unreadable.append(file.name)
                say(f"{file} cannot be read as a picture")
                continue
            yield Frame(index, float(index), picture, name=file.name)
            index += 1

    def _complaint(self) -> SourceError:
        names = ", ".join(self._unreadable[:3]) + (", ..." if len(self._unreadable) > 3 else "")
        if self._path.is_file():
            return SourceError(f"{self._path} cannot be read as a picture", "name a picture that opens elsewhere")
        return SourceError(
            f"{len(self._unreadable)} of {len(self._files)} pictures in {self._path} cannot be read ({names})",
            "replace or remove them",
        )


def _files(path: Path) -> tuple[list[Path], int]:
    """Pictures at `path`, which may be a pattern, and how many other files lie beside them."""
    if path.is_file():
        return [path], 0
    try:
        found = path.iterdir() if path.is_dir() else map(Path, glob.iglob(str(path), recursive=True))  # noqa: PTH207
        every = sorted(file for file in found if file.is_file())
    except OSError as error:
        raise SourceError(f"cannot list {path}: {error.strerror}", "name a folder you may read") from error
    if not every and not path.is_dir():
        raise SourceError(f"nothing matches {path}", "is the pattern right? Start with ** to look in folders below")
    files = [file for file in every if file.suffix.lower() in SUFFIXES]
    if not files:
        raise SourceError(f"{path} holds no picture", f"looked for {' '.join(sorted(SUFFIXES))}")
    return files, len(every) - len(files)


def is_utf8(path: Path) -> bool:
    """Whether a name can be given to OpenCV, which crashes over one that cannot be encoded."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _read(file: Path) -> Picture | None:
    cv2 = quiet()
    if not is_utf8(file):
        return None
    try:
        # IMREAD_COLOR turns gray, BGRA and 16-bit files into uint8 BGR and follows the EXIF orientation.
        picture: Picture | None = cv2.imread(str(file), cv2.IMREAD_COLOR)
    except cv2.error:  # more pixels than OpenCV accepts
        return None
    return picture
