"""AffectNet's first layout: `training.csv` and `validation.csv` beside folders of whole pictures.

The columns used are subDirectory_filePath, face_x, face_y, face_width, face_height and expression. A face is the square
around its box; a row of an emotion whose box is empty or `NULL` has no face to cut out, and is left out and counted.
"""

from __future__ import annotations

from pathlib import Path

from edgefer.console import say
from edgefer.data.preprocess import Box
from edgefer.data.readers.affectnet_classes import SPLITS, WHERE, Classes
from edgefer.data.readers.csv_text import CsvFile
from edgefer.data.readers.label_file import line_fault, picture_name, pixels, read_table
from edgefer.data.readers.picture_files import Files, first_file, first_folder, list_files
from edgefer.data.readers.picture_rows import PictureRows
from edgefer.errors import DataError

LISTS = ("training.csv", "validation.csv")  # in the order of `SPLITS`
COLUMNS = ("subDirectory_filePath", "face_x", "face_y", "face_width", "face_height", "expression")
PICTURES = "Manually_Annotated_Images"

_WITHIN = ("", "Manually_Annotated_file_lists", "Manually_Annotated")


def is_at(source: Path) -> bool:
    """Whether this layout is in `source`, or some of it."""
    return first_file(source / folder / name for folder in _WITHIN for name in LISTS) is not None


def parts(source: Path, images: Path | None) -> tuple[list[Path], Files]:
    """The two label files, and the pictures; raises DataError for what is missing."""
    lists = [_list(source, name) for name in LISTS]
    places = (source / PICTURES, source / "Manually_Annotated" / PICTURES, source.parent / PICTURES, source / "images")
    folder = images or first_folder(places)
    fix = f"name the folder of the pictures with --images, or {WHERE}"
    if folder is None:
        raise DataError(f"{source} holds no folder {PICTURES}", fix)
    return lists, list_files(folder, 1, fix)


def read(source: Path, images: Path | None, classes: Classes) -> PictureRows:
    """Rows of both lists in their order, each with its box; raises DataError, naming file and line."""
    lists, pictures = parts(source, images)
    rows = PictureRows(classes.emotions, SPLITS, tuple(map(str, lists)))
    unnamed = set(pictures.names)
    there = frozenset(unnamed)
    for split, path in enumerate(lists):
        file = CsvFile(path, path.name, WHERE)
        for number, (text, *numbers, expression) in read_table(file, COLUMNS):
            try:
                name, label, box = picture_name(text), classes.keep(expression), _box(numbers)
            except ValueError as fault:
                raise line_fault(file, number, fault) from None
            unnamed.discard(name)
            if label is None:
                continue
            if box is None:
                classes.left_out["no face box"] += 1
            elif name not in there:
                raise line_fault(file, number, f"{pictures.root / name} does not exist")
            else:
                rows.add(str(pictures.root / name), label, split, number, box)
    if unnamed:
        say(f"{len(unnamed)} pictures, such as {min(unnamed)}, are in no list and are left out")
        classes.left_out["without a label"] = len(unnamed)
    return rows


def _list(source: Path, name: str) -> Path:
    found = first_file(source / folder / name for folder in _WITHIN)
    if found is None:
        raise DataError(f"{source / name} does not exist", WHERE)
    return found


def _box(numbers: list[str]) -> Box | None:
    """The face box of a row; None where the row says that it has none."""
    if any(number.upper() in ("", "NULL", "NAN") for number in numbers):
        return None
    x, y, width, height = (pixels(number) for number in numbers)
    return (x, y, width, height) if width > 0 and height > 0 else None
