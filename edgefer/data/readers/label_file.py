"""Label files of picture datasets: their lines and columns as text, whatever system wrote them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence

from edgefer.data.readers.csv_text import CsvFile
from edgefer.errors import DataError


def read_lines(file: CsvFile) -> Iterator[tuple[int, str]]:
    """Lines of a UTF-8 text file that are not blank, stripped, each with its number from 1.

    A byte-order mark and CRLF are taken as they come. Raises DataError when the file is missing, empty or no text.
    """
    blank = True
    for number, line in enumerate(file.lines(), start=1):
        if number == 1:
            file.columns(line)  # an archive, a pointer or UTF-16
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError:
            raise line_fault(file, number, "this is not UTF-8 text") from None
        if text:
            blank = False
            yield number, text
    if blank:
        raise file.fault("is empty")


def read_table(file: CsvFile, columns: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Cells of the named columns of a csv file, row by row, each with its line number from 1.

    The columns may stand in any order, among others. Raises DataError as `read_lines`, for a column that is not in the
    first line, and for a row that is too short.
    """
    lines = read_lines(file)
    names = [name.strip().lower() for name in _cells(next(lines, (1, ""))[1])]
    missing = [column for column in columns if column.lower() not in names]
    if missing:
        raise file.fault(f"has no column '{missing[0]}' in its first line")
    places = [names.index(column.lower()) for column in columns]
    for number, line in lines:
        cells = _cells(line)
        if len(cells) <= max(places):
            raise line_fault(file, number, f"{len(cells)} column(s) instead of {len(names)}; the file may be cut short")
        yield number, [cells[place].strip() for place in places]


def line_fault(file: CsvFile, number: int, what: object) -> DataError:
    """A fault of one line, numbered from 1, to raise."""
    return DataError(f"{file.path}, line {number}: {what}", file.where)


def picture_name(text: str) -> str:
    """A file name relative to the folder of the pictures, with slashes; ValueError for one that leads out of it."""
    parts = [part for part in text.replace("\\", "/").split("/") if part != "."]
    if not parts or not all(parts) or ".." in parts or ":" in parts[0] or "\0" in text:
        raise ValueError(f"{text!r} is not a file name within the folder of the pictures")
    return "/".join(parts)


def class_number(text: str, low: int, high: int) -> int:
    """A class number `low` .. `high`; ValueError for any other text."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 4 and low <= int(text) <= high):
        shown = text if len(text) <= 20 else text[:20] + "..."
        raise ValueError(f"{shown!r} is not a label {low}..{high}")
    return int(text)


def pixels(text: str) -> int:
    """A coordinate in pixels, rounded; ValueError for what is no number of at most a million."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) <= 1e6:
        raise ValueError(f"{text[:20]!r} is not a coordinate in pixels")
    return round(value)


def _cells(line: str) -> list[str]:
    try:
        return next(csv.reader([line]), [])
    except csv.Error:  # a cell of more than 128 kB
        return []
