"""The faces that FER+ labels: found, read, and held against the votes row by row.

FER+ has no pictures. Its row n is about row n of fer2013.csv, and nothing else joins the two, so faces whose row order
is lost (class folders) are refused, and rows that are out of step are found out by their Usage and by their labels.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edgefer.data.load import find_store
from edgefer.data.readers.fer2013 import find_source, read_rows
from edgefer.data.readers.fer2013_counts import SPLITS
from edgefer.data.readers.fer2013_csv import SIDE, Rows
from edgefer.data.readers.ferplus_csv import VoteRows
from edgefer.data.readers.ferplus_protocols import EMOTIONS
from edgefer.data.store import MANIFEST, Store, open_store, read_manifest
from edgefer.emotions import FER2013, FERPLUS
from edgefer.errors import DataError
from edgefer.paths import sha256

_CSV = ("fer2013.csv", "icml_face_data.csv")
_FIX = "name fer2013.csv, icml_face_data.csv or a store prepared from one of them with --images"
# On the official rows, the label of FER2013 has the most votes on 62 % of the faces, and on 57 % or more of any 500 that
# follow each other; on rows one out of step it is 18 %, and 23 % at most.
_LEAST_AGREEMENT = 0.4
_STRETCH = 500  # rows


def find_faces(labels: Path, images: Path | None) -> Path:
    """The csv file or the store folder with the faces: `images`, else a csv beside `labels`, else the store `fer2013`.

    Raises DataError when there is none, or when it is a folder mirror.
    """
    if images is None:
        beside = [labels.parent / name for name in _CSV if (labels.parent / name).is_file()]
        found = beside[0] if beside else find_store("fer2013")
        if found is None:
            raise DataError(
                f"FER+ has no faces of its own, and neither {' nor '.join(_CSV)} is beside {labels}"
                " and no store 'fer2013' is prepared",
                _FIX,
            )
        return found
    if (images / MANIFEST).is_file():
        return images
    with _asked_with_images():
        source = find_source(images)
    if source.is_dir():
        raise DataError(f"{source} holds class folders, which do not keep the row order that FER+ is joined by", _FIX)
    return source


def faces_sha256(faces: Path) -> str:
    """Hash of what `find_faces` found."""
    return read_manifest(faces).sha256 if faces.is_dir() else sha256(faces)


def read_faces(faces: Path) -> Rows:
    """The rows of what `find_faces` found; those of a store stay on disk. Raises DataError when they are others."""
    if faces.is_dir():
        return _rows_of(open_store(faces))
    with _asked_with_images():
        return read_rows(faces)


def check_in_step(labels: Path, votes: VoteRows, faces: Path, rows: Rows) -> None:
    """Raise DataError, naming the first row at fault, unless votes and faces are of the same rows.

    The faces may lack whole splits at the end.
    """
    common = min(len(votes.splits), len(rows.splits))
    differ = np.flatnonzero(votes.splits[:common] != rows.splits[:common])
    if differ.size:
        row = int(differ[0])
        raise _out_of_step(
            labels,
            faces,
            f"row {row} is {SPLITS[votes.splits[row]]} in the one and {SPLITS[rows.splits[row]]} in the other",
        )
    if len(rows.splits) > common:
        raise _out_of_step(labels, faces, f"row {common} has a face but no votes")
    if np.isin(votes.splits[common:], votes.splits[:common]).any():
        raise _out_of_step(labels, faces, f"row {common} has votes but no face")
    _check_agreement(labels, votes, faces, rows.labels)


@contextlib.contextmanager
def _asked_with_images() -> Iterator[None]:
    """The reader of FER2013 advises `--source`, which is here the option of the votes."""
    try:
        yield
    except DataError as error:
        raise DataError(error.what, error.fix.replace("--source", "--images")) from error


def _check_agreement(labels: Path, votes: VoteRows, faces: Path, known: npt.NDArray[np.uint8]) -> None:
    """Raise DataError at the first stretch of rows whose votes are not about the faces, as their labels tell."""
    column = np.array([FERPLUS.index(emotion) for emotion in FER2013])[known]
    agree = votes.votes[: len(known), :EMOTIONS].argmax(1) == column
    for start in range(0, len(known) - _STRETCH + 1, _STRETCH):
        share = agree[start : start + _STRETCH].mean()
        if share < _LEAST_AGREEMENT:
            raise _out_of_step(
                labels,
                faces,
                f"on rows {start} to {start + _STRETCH - 1} the label of FER2013 has the most votes on {share:.0%} of the"
                " faces, and on 62% as published",
            )


def _out_of_step(labels: Path, faces: Path, what: str) -> DataError:
    return DataError(f"{labels} and {faces} are out of step: {what}", _FIX)


def _rows_of(store: Store) -> Rows:
    info = store.info
    if info.name != "fer2013" or info.emotions != FER2013 or info.size != (SIDE, SIDE):
        raise DataError(f"{store.path} is a store of {info.name}, not of fer2013", _FIX)
    if info.source.endswith("/"):
        raise DataError(
            f"{store.path} was prepared from class folders, which do not keep the row order that FER+ is joined by",
            _FIX,
        )
    codes = np.array([SPLITS.index(split) for split in store.splits], np.uint8)
    return Rows(store.pixels, store.labels, codes[store.codes])
