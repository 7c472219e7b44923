"""AffectNet's later layout: `{train_set,val_set}/images/<n>.jpg`, each with `annotations/<n>_exp.npy`.

An annotation is one number, written by numpy as an integer or as a text of one character. It is read without pickle,
which could run code. The pictures are faces already.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgefer.console import say
from edgefer.data.readers.affectnet_classes import SPLITS, WHERE, Classes
from edgefer.data.readers.picture_files import Files, first_folder, list_files
from edgefer.data.readers.picture_rows import PictureRows
from edgefer.errors import DataError

FOLDERS = ("train_set", "val_set")  # in the order of `SPLITS`

_ENDING = "_exp.npy"


def is_at(source: Path) -> bool:
    """Whether this layout is in `source`, or some of it."""
    return first_folder(source / folder / "annotations" for folder in FOLDERS) is not None


def parts(source: Path) -> list[Files]:
    """Pictures and annotations of each split in turn; raises DataError for a folder that is missing."""
    return [
        listed
        for folder in FOLDERS
        for listed in (
            list_files(source / folder / "images", 0, WHERE),
            list_files(source / folder / "annotations", 0, WHERE, {".npy"}),
        )
    ]


def read(source: Path, classes: Classes) -> PictureRows:
    """Rows of both splits, each by picture number; raises DataError, naming the annotation."""
    rows = PictureRows(classes.emotions, SPLITS)
    every = parts(source)
    for split, (pictures, numbers) in enumerate(zip(every[::2], every[1::2], strict=True)):
        by_stem = {name.rpartition(".")[0]: name for name in pictures.names}
        stems = [name.removesuffix(_ENDING) for name in numbers.names if name.endswith(_ENDING)]
        for stem in sorted(stems, key=lambda stem: (len(stem), stem)):
            annotation = numbers.root / f"{stem}{_ENDING}"
            name = by_stem.pop(stem, None)
            label = _label(annotation, classes)
            if label is None:
                continue
            if name is None:
                raise DataError(f"{annotation} is about {pictures.root / stem}.jpg, which does not exist", WHERE)
            rows.add(str(pictures.root / name), label, split)
        if by_stem:
            say(f"{len(by_stem)} pictures in {pictures.root} have no annotation and are left out")
            classes.left_out["without a label"] += len(by_stem)
    return rows


def _label(annotation: Path, classes: Classes) -> int | None:
    try:
        value = np.load(annotation, allow_pickle=False)
        if not isinstance(value, np.ndarray) or value.size != 1:
            raise ValueError("it does not hold one number")
        return classes.keep(str(value.item()).strip().removesuffix(".0"))
    except (OSError, EOFError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else "it cannot be read"
        raise DataError(f"{annotation}: {reason}", WHERE) from error
