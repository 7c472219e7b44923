"""The csv files of FER2013 (Goodfellow et al., arXiv 1307.0414), one face a line.

`fer2013.csv` has the columns `emotion,pixels,Usage`, `icml_face_data.csv` the same as `emotion, Usage, pixels`, and the
competition's `train.csv` has `emotion,pixels` of the Training faces alone. Pixels are 48 x 48 decimal numbers 0..255
joined by single spaces.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edgefer.data.readers.csv_text import CsvFile, cells_of, show
from edgefer.data.readers.fer2013_counts import LABELS, SPLITS, TRAINING_FACES
from edgefer.errors import DataError

SIDE = 48
NAMES = ("fer2013.csv", "icml_face_data.csv", "train.csv")
WHERE = (
    "get fer2013.csv from the Kaggle challenge 'Challenges in Representation Learning: Facial Expression Recognition'"
    " (ICML 2013) and name it with --source"
)

_SPLIT_CODES = {name.encode(): code for code, name in enumerate(SPLITS)}
_LABELS = {str(label).encode(): label for label in range(LABELS)}


@dataclass(frozen=True)
class Rows:
    """The faces of a csv in its order. pixels: uint8 `[N, 48, 48]`; labels: uint8 `[N]`, 0..6 as in the csv.

    splits: uint8 `[N]`, indices into `SPLITS`.
    """

    pixels: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.uint8]
    splits: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class _Columns:
    """Where emotion, pixels and usage stand in a line; `usage` is None when every row is of Training."""

    emotion: int
    pixels: int
    usage: int | None
    count: int


def read_csv(path: Path, advance: Callable[[int], None] = lambda _bytes: None) -> Rows:
    """Read a whole csv of FER2013; `advance` is told how many bytes each line took.

    Raises DataError, naming the file and the row (numbered from 0, as the FER+ labels count them), for anything that
    is not as the challenge published it.
    """
    file = official_csv(path)
    pixels, labels, splits = bytearray(), bytearray(), bytearray()
    lines = file.lines()
    header = next(lines, b"")
    columns = _columns(file, header)
    advance(len(header))
    for number, line in enumerate(lines, start=2):
        if content := line.strip():
            try:
                label, face, split = _parse(content, columns)
            except ValueError as fault:
                raise file.row_fault(len(labels), number, fault) from None
            pixels += face
            labels.append(label)
            splits.append(split)
        advance(len(line))
    if not labels:
        raise file.fault("has a header but no faces")
    if columns.usage is None and len(labels) > TRAINING_FACES:
        raise DataError(
            f"{path} has no column 'usage' but {len(labels)} rows: only train.csv of {TRAINING_FACES} Training faces"
            " has none, so which of these rows are for testing is not known",
            WHERE,
        )
    return Rows(
        np.frombuffer(pixels, np.uint8).reshape(-1, SIDE, SIDE),
        np.frombuffer(labels, np.uint8),
        np.frombuffer(splits, np.uint8),
    )


def official_csv(path: Path) -> CsvFile:
    """`path` as a csv of FER2013, not read yet."""
    return CsvFile(path, "fer2013.csv", WHERE)


def _columns(file: CsvFile, header: bytes) -> _Columns:
    names = file.columns(header)
    if names == ["pixels"]:
        raise file.fault("is the competition's test.csv, which has no labels", f"use train.csv, or {WHERE}")
    for column in ("emotion", "pixels"):
        if column not in names:
            raise file.fault(f"has no column '{column}' in its first line, which must be 'emotion,pixels,Usage'")
    usage = names.index("usage") if "usage" in names else None
    if usage is None and len(names) > 2:
        raise file.fault("has no column 'usage' in its first line, which must be 'emotion,pixels,Usage'")
    return _Columns(names.index("emotion"), names.index("pixels"), usage, len(names))


def _parse(line: bytes, columns: _Columns) -> tuple[int, bytes, int]:
    """Label, 2304 pixel bytes and split code of a line; raises ValueError saying what is wrong."""
    cells = cells_of(line)
    if len(cells) < columns.count:
        raise ValueError(f"{len(cells)} column(s) instead of {columns.count}; the file may be cut short")
    emotion, pixels = cells[columns.emotion], cells[columns.pixels]
    label = _LABELS.get(emotion)
    if label is None:
        raise ValueError(f"emotion {show(emotion)} is not a label 0..{LABELS - 1}")
    split = 0
    if columns.usage is not None:
        usage = cells[columns.usage]
        split = _SPLIT_CODES.get(usage, -1)
        if split < 0:
            raise ValueError(f"Usage {show(usage)} is none of {', '.join(SPLITS)}")
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
            raise ValueError(f"pixel {index} is {show(number)}, not a number 0..255")
    if len(numbers) != SIDE * SIDE:
        raise ValueError(f"{len(numbers)} pixels instead of {SIDE * SIDE}; the file may be cut short")
    return bytes(map(int, numbers))
