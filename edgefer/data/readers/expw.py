"""Reader of ExpW, Expression in-the-Wild (Zhang, Luo, Loy and Tang, arXiv 1609.06426).

A line of `label.lst` is a face: picture, number of the face in it, top, left, right and bottom of its box, the
detector's confidence, and the emotion, 0 to 6 in the order of `emotions.EXPW`. A face is the square around its box.
Faces of low confidence are kept, as the authors list them. There is no official split: a tenth of the pictures is the
split `Test`, by `holdout.is_held_out` of the picture's name, so that no picture has faces on both sides.
"""

from __future__ import annotations

from array import array
from pathlib import Path

import numpy as np

from edgefer.console import say
from edgefer.data.dataset import Dataset, Options, Reader
from edgefer.data.preprocess import Box
from edgefer.data.readers.csv_text import CsvFile
from edgefer.data.readers.holdout import is_held_out
from edgefer.data.readers.label_file import class_number, line_fault, picture_name, pixels, read_lines
from edgefer.data.readers.picture_files import Files, fingerprint, first_file, first_folder, list_files
from edgefer.data.readers.picture_rows import PictureRows
from edgefer.emotions import EXPW as EMOTIONS
from edgefer.errors import DataError

NAME = "expw"
SIDE = 112
SPLITS = ("Training", "Test")
LIST = "label.lst"
WHERE = "ask its authors for ExpW at mmlab.ie.cuhk.edu.hk/projects/socialrelation, and name its folder with --source"

_FIELDS = 8


def read(source: Path, options: Options) -> Dataset:
    """ExpW as a dataset, in colour; raises DataError, naming file and line."""
    digest = fingerprint_of(source, options)
    path = _list_file(source)
    file, pictures = CsvFile(path, LIST, WHERE), _pictures(path, options)
    there, named = set(pictures.names), set[str]()
    rows = PictureRows(EMOTIONS, SPLITS, (str(path),) * len(SPLITS))
    confidences = array("d")
    for number, line in read_lines(file):
        try:
            name, box, confidence, label = _parse(line)
        except ValueError as fault:
            raise line_fault(file, number, fault) from None
        if name not in there:
            raise line_fault(file, number, f"{pictures.root / name} does not exist")
        named.add(name)
        confidences.append(confidence)
        rows.add(str(pictures.root / name), label, int(is_held_out(name)), number, box)
    _tell(np.frombuffer(confidences), len(named))
    unnamed = len(there - named)
    if unnamed:
        say(f"{unnamed} pictures in {pictures.root} are not in {path} and are left out")
    side = options.size or SIDE
    return rows.dataset(NAME, NAME, source, options, digest, side, left_out={"without a label": unnamed})


def fingerprint_of(source: Path, options: Options) -> str:
    """See `picture_files.fingerprint`."""
    options.only(NAME, "images", "size")
    path = _list_file(source)
    return fingerprint(NAME, options, [path], [_pictures(path, options)])


def _list_file(source: Path) -> Path:
    found = first_file((source / LIST, source / "data" / LIST, source / "label" / LIST))
    if found is None:
        raise DataError(f"{source / LIST} does not exist", WHERE)
    return found


def _pictures(path: Path, options: Options) -> Files:
    fix = f"name the folder of the pictures with --images, or {WHERE}"
    roots = (path.parent, path.parent.parent) if path.parent.name in ("data", "label") else (path.parent,)
    folder = options.images or first_folder(root / name for root in roots for name in ("origin", "images", "image"))
    if folder is None:
        raise DataError(f"{path.parent} holds no folder 'origin' or 'images'", fix)
    return list_files(folder, 0, fix)


def _parse(line: str) -> tuple[str, Box, float, int]:
    """Picture, face box, confidence and emotion of a line; raises ValueError saying what is wrong."""
    fields = line.rsplit(None, _FIELDS - 1)
    if len(fields) != _FIELDS:
        raise ValueError(f"{len(fields)} field(s) instead of {_FIELDS}; the file may be cut short")
    name, _face, *box, confidence, label = fields
    top, left, right, bottom = map(pixels, box)
    if right <= left or bottom <= top:
        raise ValueError(f"the face box (top {top}, left {left}, right {right}, bottom {bottom}) is empty")
    try:
        score = float(confidence)
    except ValueError:
        raise ValueError(f"{confidence[:20]!r} is not a confidence") from None
    return (
        picture_name(name),
        (left, top, right - left, bottom - top),
        score,
        class_number(label, 0, len(EMOTIONS) - 1),
    )


def _tell(confidences: np.ndarray[tuple[int], np.dtype[np.float64]], pictures: int) -> None:
    middle = float(np.median(confidences))
    low = int((confidences < middle / 2).sum())
    say(
        f"{len(confidences)} faces in {pictures} pictures; {low} of them have a confidence below half the median"
        f" ({middle:g}) and are kept"
    )


EXPW = Reader(
    name=NAME,
    source="ExpW",
    where=WHERE,
    fingerprint=fingerprint_of,
    read=read,
    store=lambda _source, _options: NAME,
)
