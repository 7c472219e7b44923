"""Reader of the official fer2013.csv (Goodfellow et al., arXiv 1307.0414).

One face a line: `emotion,pixels,Usage`, where pixels are 48 x 48 decimal numbers 0..255 joined by single spaces. The
columns may stand in any order, as in icml_face_data.csv.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edgefer import emotions
from edgefer.console import progress
from edgefer.data.dataset import Dataset, Options, Reader
from edgefer.data.faces import Pixels
from edgefer.errors import DataError
from edgefer.paths import sha256

SIDE = 48
EMOTIONS = 7
SPLITS = ("Training", "PublicTest", "PrivateTest")
COLUMNS = ("emotion", "pixels", "usage")
WHERE = (
    "get fer2013.csv from the Kaggle challenge 'Challenges in Representation Learning: Facial Expression Recognition'"
    " (ICML 2013) and name it with --source"
)

_SPLIT_CODES = {name.encode(): code for code, name in enumerate(SPLITS)}
_LABELS = {str(label).encode(): label for label in range(EMOTIONS)}
_MEGABYTE = 1_000_000
_LONGEST_LINE = 1 << 16  # bytes; an official line has at most 9 kB


@dataclass(frozen=True)
class Rows:
    """The faces of a csv in its order. pixels: uint8 `[N, 48, 48]`; labels: uint8 `[N]`, 0..6 as in the csv.

    splits: uint8 `[N]`, indices into `SPLITS`.
    """

    pixels: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.uint8]
    splits: npt.NDArray[np.uint8]


def read_fer2013(path: Path, advance: Callable[[int], None] = lambda _bytes: None) -> Rows:
    """Read a whole fer2013.csv; `advance` is told how many bytes each line took.

    Raises DataError, naming the file and the row (numbered from 0, as the FER+ labels count them), for anything that
    is not as the challenge published it.
    """
    pixels, labels, splits = bytearray(), bytearray(), bytearray()
    lines = _lines(path)
    header = next(lines, b"")
    places = _columns(path, header)
    advance(len(header))
    for number, line in enumerate(lines, start=2):
        if content := line.strip():
            try:
                label, face, split = _parse(content, places)
            except ValueError as fault:
                raise DataError(f"{path}, row {len(labels)} (line {number}): {fault}", WHERE) from None
            pixels += face
            labels.append(label)
            splits.append(split)
        advance(len(line))
    if not labels:
        raise DataError(f"{path} has a header but no faces", WHERE)
    return Rows(
        np.frombuffer(pixels, np.uint8).reshape(-1, SIDE, SIDE),
        np.frombuffer(labels, np.uint8),
        np.frombuffer(splits, np.uint8),
    )


def read(path: Path, options: Options) -> Dataset:
    """fer2013.csv as a dataset."""
    digest = fingerprint(path, options)
    megabytes = -(-path.stat().st_size // _MEGABYTE)
    with progress(f"reading {path.name}, MB", megabytes) as step:
        seen = shown = 0

        def advance(count: int) -> None:
            nonlocal seen, shown
            seen += count
            if seen >= (shown + 1) * _MEGABYTE:
                step(seen // _MEGABYTE - shown, "")
                shown = seen // _MEGABYTE

        rows = read_fer2013(path, advance)
        step(megabytes - shown, f"{len(rows.labels)} faces")

    def faces() -> Iterator[Pixels]:
        yield rows.pixels

    return Dataset(
        name="fer2013",
        emotions=emotions.FER2013,
        splits=SPLITS,
        labels=rows.labels,
        codes=rows.splits,
        size=(SIDE, SIDE),
        faces=faces,
        source=path.name,
        source_sha256=digest,
        command=options.command("fer2013", path),
    )


def fingerprint(path: Path, options: Options) -> str:
    """Hash of the csv."""
    options.only("fer2013")
    return sha256(require_csv(path))


def require_csv(path: Path) -> Path:
    """Return `path` if it is a file with something in it; raise DataError otherwise."""
    if path.is_dir():
        raise DataError(f"{path} is a directory, not fer2013.csv", f"name the file in it, or {WHERE}")
    try:
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise DataError(f"{path} does not exist", WHERE) from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}", WHERE) from error
    if not size:
        raise DataError(f"{path} is empty", WHERE)
    return path


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with require_csv(path).open("rb") as handle:
            yield from iter(lambda: handle.readline(_LONGEST_LINE), b"")
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}", WHERE) from error


def _columns(path: Path, header: bytes) -> tuple[int, int, int]:
    """Where emotion, pixels and usage stand."""
    if header.startswith((b"\x1f\x8b", b"PK\x03\x04")):
        raise DataError(f"{path} is an archive, not fer2013.csv", "unpack it and name the csv in it")
    if header.startswith(b"version https://git-lfs"):
        raise DataError(f"{path} is a Git-LFS pointer, not fer2013.csv", "fetch the real file: git lfs pull")
    try:
        text = header.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise DataError(f"{path} is not UTF-8 text, so not fer2013.csv", WHERE)
    names = [name.strip(' "\t\r\n').lower() for name in text.split(",")]
    missing = [column for column in COLUMNS if column not in names]
    if missing:
        raise DataError(
            f"{path} has no column '{missing[0]}' in its first line, which must be 'emotion,pixels,Usage'", WHERE
        )
    emotion, pixels, usage = (names.index(column) for column in COLUMNS)
    return emotion, pixels, usage


def _parse(line: bytes, places: tuple[int, int, int]) -> tuple[int, bytes, int]:
    """Label, 2304 pixel bytes and split code of a line; raises ValueError saying what is wrong."""
    cells = [cell.strip(b' "\t') for cell in line.split(b",")]
    if len(cells) <= max(places):
        raise ValueError(f"{len(cells)} column(s) instead of {len(COLUMNS)}; the file may be cut short")
    emotion, pixels, usage = (cells[place] for place in places)
    label = _LABELS.get(emotion)
    if label is None:
        raise ValueError(f"emotion {_show(emotion)} is not a label 0..{EMOTIONS - 1}")
    split = _SPLIT_CODES.get(usage)
    if split is None:
        raise ValueError(f"Usage {_show(usage)} is none of {', '.join(SPLITS)}")
    return label, _official_pixels(pixels) or _any_pixels(pixels), split


def _official_pixels(cell: bytes) -> bytes | None:
    """Pixels of a cell written as the official ones are, all digits at once; None for any other cell."""
    raw = np.frombuffer(b"  " + cell + b" ", np.uint8)
    space = raw == ord(" ")
    digits = np.where(space, 0, raw - np.uint8(ord("0"))).astype(np.int16)
    ends = np.flatnonzero(space)[2:]
    widths = np.diff(ends, prepend=1)  # each number and the space after it
    if len(ends) != SIDE * SIDE or digits.max() > 9 or widths.min() < 2 or widths.max() > 4:
        return None
    hundreds = np.where(widths == 4, digits[ends - 3], 0)
    values = digits[ends - 1] + 10 * digits[ends - 2] + 100 * hundreds
    return values.astype(np.uint8).tobytes() if values.max() <= 255 else None


def _any_pixels(cell: bytes) -> bytes:
    """Pixels of a cell, number by number: the slow way, which accepts odd spacing and finds the fault."""
    numbers = cell.split()
    for index, number in enumerate(numbers):
        if not number.isdigit() or len(number) > 9 or int(number) > 255:
            raise ValueError(f"pixel {index} is {_show(number)}, not a number 0..255")
    if len(numbers) != SIDE * SIDE:
        raise ValueError(f"{len(numbers)} pixels instead of {SIDE * SIDE}; the file may be cut short")
    return bytes(map(int, numbers))


def _show(cell: bytes) -> str:
    text = cell.decode("utf-8", "replace")
    return repr(text if len(text) <= 20 else text[:20] + "...")


FER2013 = Reader(
    name="fer2013",
    source="fer2013.csv",
    where=WHERE,
    fingerprint=fingerprint,
    read=read,
    store=lambda _source, _options: "fer2013",
)
