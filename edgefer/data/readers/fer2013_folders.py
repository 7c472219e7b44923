"""The folder mirrors of FER2013, such as msambare/fer2013 on Kaggle: `train/<class>/*.jpg` and `test/<class>/*.jpg`.

Classes are read by name, never by position: the folders stand in alphabetical order (angry disgust fear happy neutral
sad surprise), the csv in another. File names may tell the split (`PublicTest_10020700.jpg`); where they do not, the
folder `test` is the split `Test`, the two tests of the challenge together. A mirror does not keep the row order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edgefer.data.faces import Pixels
from edgefer.data.readers.fer2013_counts import SPLITS as CSV_SPLITS
from edgefer.data.readers.fer2013_csv import SIDE, WHERE
from edgefer.data.readers.labels import class_emotions
from edgefer.data.readers.picture_files import Files, list_files, list_folders
from edgefer.data.readers.pictures import picture_blocks
from edgefer.emotions import FER2013
from edgefer.errors import DataError

SPLITS = (*CSV_SPLITS, "Test")
_FOLDERS = {
    "train": "Training",
    "training": "Training",
    "publictest": "PublicTest",
    "privatetest": "PrivateTest",
    "test": "Test",
}


@dataclass(frozen=True)
class Mirror:
    """A folder mirror. files: the pictures, by split folder, class and name; labels: uint8 `[N]`, into `FER2013`.

    splits: uint8 `[N]`, indices into `SPLITS`. empty: for each class without a picture in a split folder, a sentence
    that says so. others: how many files are no pictures.
    """

    files: tuple[Path, ...]
    labels: npt.NDArray[np.uint8]
    splits: npt.NDArray[np.uint8]
    empty: tuple[str, ...]
    others: int

    def faces(self) -> Iterator[Pixels]:
        """Faces in blocks uint8 `[n, 48, 48]`; pictures of another size are resized.

        Raises DataError, naming the file, for one that cannot be read.
        """
        return picture_blocks(
            self.files, "gray", SIDE, lambda at: f"{FER2013[self.labels[at]]} of {SPLITS[self.splits[at]]}"
        )


def split_folders(root: Path) -> dict[Path, str]:
    """The folders in `root` that hold a split, with its name; none when `root` is no mirror."""
    return {root / name: _FOLDERS[name.lower()] for name in list_folders(root, WHERE) if name.lower() in _FOLDERS}


def mirror_files(root: Path) -> dict[Path, Files]:
    """What the split folders of a mirror hold."""
    return {folder: list_files(folder, 1, WHERE) for folder in split_folders(root)}


def read_mirror(root: Path) -> Mirror:
    """List a mirror, whose pictures are not read yet.

    Raises DataError, naming the folder, for a class that FER2013 does not have, for a folder within a class, and for
    pictures outside the classes.
    """
    files: list[Path] = []
    empty: list[str] = []
    labels, splits, others = bytearray(), bytearray(), 0
    names = split_folders(root)
    for folder, listed in mirror_files(root).items():
        pictures = _by_emotion(folder, listed)
        for label, emotion in enumerate(FER2013):
            found = pictures.get(emotion)
            if not found:
                place = (
                    f"{folder} has no folder of {emotion}"
                    if found is None
                    else f"{folder}: the folder of {emotion} is empty"
                )
                empty.append(f"{place}, so no face of {names[folder]} shows it")
                continue
            files += [folder / name for name in found]
            labels += bytes([label]) * len(found)
            splits += bytes(SPLITS.index(_split_of(name, names[folder])) for name in found)
        others += listed.others
    if not files:
        raise DataError(f"{root} has class folders but no pictures in them", WHERE)
    return Mirror(tuple(files), np.frombuffer(labels, np.uint8), np.frombuffer(splits, np.uint8), tuple(empty), others)


def _by_emotion(folder: Path, listed: Files) -> dict[str, list[str]]:
    """The pictures of a split folder by the emotion that their class folder is called after."""
    classes = class_emotions(list_folders(folder, WHERE), str(folder))
    stranger = next((name for name, emotion in classes.items() if emotion not in FER2013), None)
    if stranger:
        raise DataError(
            f"{folder / stranger} is no class of FER2013, which has {', '.join(FER2013)}",
            "for another dataset in class folders: edgefer data prepare folder",
        )
    if listed.deeper:
        raise DataError(f"{folder / listed.deeper[0]} is a folder within a class", "move its pictures one folder up")
    pictures: dict[str, list[str]] = {emotion: [] for emotion in classes.values()}
    for name in listed.names:
        parts = name.split("/")
        if len(parts) < 2:
            raise DataError(f"{folder / name} lies in no class folder", "move it into one, or remove it")
        pictures[classes[parts[0]]].append(name)
    return pictures


def _split_of(name: str, folder: str) -> str:
    """The split that the name of a picture tells, else that of its folder."""
    first = name.rpartition("/")[2].split("_", 1)[0]
    return first if first in CSV_SPLITS else folder
