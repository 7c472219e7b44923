"""Picture files as faces: read, cropped, resized, and streamed in blocks."""

from __future__ import annotations

import functools
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Literal

import numpy as np
import numpy.typing as npt

from edgefer.data.faces import Pixels
from edgefer.data.preprocess import Box, crop, resize
from edgefer.data.readers.picture_header import Header, read_header
from edgefer.errors import DataError

Colour = Literal["gray", "rgb"]
SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})

MAX_PIXELS = 1 << 26  # more than any phone takes; 200 MB once decoded
MAX_BYTES = 1 << 28
_BLOCK = 256  # faces
_FIX = "replace it by a good copy"


def read_picture(path: Path, colour: Colour = "rgb", side: int | None = None, box: Box | None = None) -> Pixels:
    """One picture file as uint8 `[H, W]` (`gray`) or `[H, W, 3]` (`rgb`).

    box: `(x, y, width, height)` in pixels of the upright picture; what is returned is the square around it (see
    `preprocess.crop`). side: the result is resized to `[side, side]`; a picture that is not square is made so first,
    by repeating its edges, and so keeps its proportions.

    Alpha is dropped, 16 bits become 8, CMYK becomes RGB, and the EXIF orientation is followed. Raises DataError, naming
    the file, when it is missing, empty, cut short, larger than `MAX_PIXELS` or no picture, and when the box lies
    outside it.
    """
    data, _ = _load(path)
    cv2 = _opencv()
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        picture = None
    if picture is None:
        raise DataError(f"{path} is damaged: it cannot be decoded", _FIX)
    if box is not None:
        picture = crop(picture, _inside(path, box, picture.shape), 0.0)
    elif side is not None and picture.shape[0] != picture.shape[1]:
        picture = crop(picture, (0, 0, picture.shape[1], picture.shape[0]), 0.0)
    picture = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY if colour == "gray" else cv2.COLOR_BGR2RGB)
    return np.asarray(picture if side is None else resize(picture, side, side), np.uint8)


def picture_header(path: Path) -> Header:
    """Kind and size of a picture file, undecoded; raises DataError as `read_picture`."""
    return _load(path)[1]


def is_gray(path: Path) -> bool:
    """Whether a picture file has no colours: by its header, else by its pixels; raises DataError as `read_picture`."""
    if picture_header(path).gray:
        return True
    picture = read_picture(path)
    return bool((picture[..., 0] == picture[..., 1]).all() and (picture[..., 1] == picture[..., 2]).all())


def picture_blocks(
    files: Sequence[Path] | Sequence[str],
    colour: Colour,
    side: int,
    where: Callable[[int], str] = lambda _index: "",
    boxes: npt.NDArray[np.int64] | None = None,
) -> Iterator[Pixels]:
    """Faces of picture files in order, as uint8 blocks `[n, side, side]` or `[n, side, side, 3]`, one block in memory.

    where: says of a position in `files` where the source asks for that picture, such as `labels.txt, line 7`, if it
    does. boxes: int64 `[N, 4]`, x, y, width and height of the face in each. Raises DataError as `read_picture`, with
    `where`.
    """
    shape = (side, side) if colour == "gray" else (side, side, 3)
    for start in range(0, len(files), _BLOCK):
        block = np.empty((min(_BLOCK, len(files) - start), *shape), np.uint8)
        for place in range(len(block)):
            index = start + place
            x, y, width, height = (0, 0, 0, 0) if boxes is None else boxes[index].tolist()
            box = None if boxes is None else (x, y, width, height)
            try:
                block[place] = read_picture(Path(files[index]), colour, side, box)
            except DataError as error:
                row = where(index)
                what = f"{row}: {error.what}" if row else error.what
                raise DataError(what, f"{error.fix}, or take {'that row' if row else 'it'} out") from error
        yield block


def _load(path: Path) -> tuple[bytes, Header]:
    """The bytes of a file that looks like a whole picture of a sane size, and its header."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise DataError(f"{path} is not a file", _FIX)
        if status.st_size > MAX_BYTES:
            raise DataError(f"{path} has {status.st_size:,} bytes, too many for a picture", _FIX)
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"{path} does not exist", _FIX) from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}", _FIX) from error
    if not data:
        raise DataError(f"{path} is empty", _FIX)
    if data.startswith(b"version https://git-lfs"):
        raise DataError(f"{path} is a Git-LFS pointer, not a picture", "fetch the real file: git lfs pull")
    header = read_header(data)
    if header is None:
        raise DataError(f"{path} is not a picture (JPEG, PNG, BMP, WebP, TIFF or PNM)", _FIX)
    if not header.whole:
        raise DataError(f"{path} is cut short: the end of the {header.kind.upper()} is missing", _FIX)
    if header.width * header.height > MAX_PIXELS:
        raise DataError(f"{path} has {header.width:,} x {header.height:,} pixels, too many for a picture", _FIX)
    return data, header


def _inside(path: Path, box: Box, shape: tuple[int, ...]) -> Box:
    """`box`, if some of it lies in a picture of `shape`."""
    x, y, width, height = box
    if width <= 0 or height <= 0 or x >= shape[1] or y >= shape[0] or x + width <= 0 or y + height <= 0:
        raise DataError(
            f"{path}: the face box (x {x}, y {y}, {width} x {height}) lies outside the picture of {shape[1]} x {shape[0]}",
            "correct the row",
        )
    return box


@functools.cache
def _opencv() -> ModuleType:
    """Return cv2 with its logging off: what is wrong with a file is said in one line, here."""
    import cv2

    # OpenCV 5 moved the function into a module of its own.
    set_level = getattr(cv2, "setLogLevel", None) or cv2.utils.logging.setLogLevel
    set_level(0)
    module: ModuleType = cv2
    return module
