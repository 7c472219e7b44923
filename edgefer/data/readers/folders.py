"""Reader of any folder of class folders: `<class>/<picture>`, or `<split>/<class>/<picture>`.

Classes are folders called after emotions, which the label guard (`labels.py`) holds to names. Splits are folders called
train, val, test, PublicTest and the like. Without them a tenth of the pictures is the split `Test`, by
`holdout.is_held_out` of the file's name. Faces are stored gray when no picture has colours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from edgefer.console import progress, say
from edgefer.data.dataset import Dataset, Options, Reader
from edgefer.data.readers.holdout import SHARE, is_held_out
from edgefer.data.readers.labels import LISTS, check_list, class_emotions, in_order
from edgefer.data.readers.picture_files import Files, fingerprint, list_files, list_folders
from edgefer.data.readers.picture_rows import PictureRows
from edgefer.data.readers.pictures import Colour, is_gray, picture_header
from edgefer.errors import DataError
from edgefer.paths import sha256_of

NAME = "folder"
SIDE = 112
LARGEST = 224  # a common size up to this is kept
SPLITS = ("Training", "Validation", "PublicTest", "PrivateTest", "Test")
SPLIT_FOLDERS = {
    "train": "Training",
    "training": "Training",
    "val": "Validation",
    "valid": "Validation",
    "validation": "Validation",
    "publictest": "PublicTest",
    "privatetest": "PrivateTest",
    "test": "Test",
    "testing": "Test",
}
WHERE = "name a folder whose subfolders are called after emotions, or hold such folders as train and test"


@dataclass(frozen=True)
class Tree:
    """The class folders of a source. splits: split -> its folder; empty when there are none.

    classes: for each split, or for "" when there are none, the class folders with their emotions.
    """

    root: Path
    splits: dict[str, Path]
    classes: dict[str, dict[str, str]]
    emotions: tuple[str, ...]

    def folder(self, split: str) -> Path:
        """The folder of a split's classes."""
        return self.splits.get(split, self.root)


def read(source: Path, options: Options) -> Dataset:
    """The folder as a dataset; raises DataError, naming the folder or the file."""
    digest = fingerprint_of(source, options)
    tree = find_tree(source)
    found: list[tuple[int, int, Path]] = []
    others = 0
    for split, classes in tree.classes.items():
        for folder, emotion in classes.items():
            listed = _pictures(tree.folder(split) / folder)
            others += listed.others
            if not listed.names:
                say(f"{listed.root} holds no pictures: no face of {split or 'either split'} shows {emotion}")
            for name in listed.names:
                place = split or ("Test" if is_held_out(name) else "Training")
                found.append((SPLITS.index(place), tree.emotions.index(emotion), listed.root / name))
        for emotion in set(tree.emotions).difference(classes.values()):
            say(f"{tree.folder(split)} has no folder of {emotion}")
    filled = {label for _, label, _ in found}
    if len(filled) < 2:
        raise DataError(f"{source} has pictures in {len(filled)} class(es), and at least 2 are needed", WHERE)
    if not tree.splits:
        say(f"{source} has no folders train and test: one picture in {SHARE}, by its name, is in the split Test")
    colour, side = _look([file for *_, file in found])
    side = options.size or side
    say(f"faces are stored {'gray' if colour == 'gray' else 'in colour'}, {side} px")
    rows = PictureRows(tree.emotions, SPLITS)
    for code, label, file in sorted(found, key=lambda row: row[0]):
        rows.add(str(file), label, code)
    name = store_name(source, options)
    return rows.dataset(name, NAME, source, options, digest, side, colour, {"no picture": others})


def fingerprint_of(source: Path, options: Options) -> str:
    """See `picture_files.fingerprint`; the names of the folders are in it, as parts of the pictures' names."""
    options.only(NAME, "size")
    tree = find_tree(source)
    folders = [tree.folder(split) / folder for split, classes in tree.classes.items() for folder in classes]
    names = fingerprint(NAME, options, [], [_pictures(folder) for folder in folders])
    return sha256_of(names, *(str(folder.relative_to(source)) for folder in folders))


def store_name(source: Path, _options: Options) -> str:
    """`folder-` and the name of the source, in small letters, with hyphens for all but letters and digits."""
    words = re.sub(r"[\W_]+", "-", source.resolve().name.lower()).strip("-")
    return f"{NAME}-{words or 'faces'}"


def find_tree(source: Path) -> Tree:
    """The class folders of a source; raises DataError when they are not plain (see `labels.class_emotions`)."""
    names = list_folders(source, WHERE)
    split_of = {name: SPLIT_FOLDERS[key] for name in names if (key := name.lower()) in SPLIT_FOLDERS}
    if split_of and len(split_of) < len(names):
        other = next(name for name in names if name not in split_of)
        raise DataError(f"{source} holds the split {next(iter(split_of))} and beside it {other}", "move one elsewhere")
    if len(names) == 1 and not split_of:
        raise DataError(f"{source} holds one folder alone, {names[0]}", f"did you mean --source {source / names[0]}?")
    splits: dict[str, Path] = {}
    for name, split in split_of.items():
        if split in splits:
            raise DataError(f"{splits[split]} and {source / name} are both {split}", "put them into one")
        splits[split] = source / name
    ordered = {split: splits[split] for split in SPLITS if split in splits}
    classes = {split: _classes(folder) for split, folder in (ordered or {"": source}).items()}
    emotions = in_order(emotion for known in classes.values() for emotion in known.values())
    for folder in {source, *splits.values()}:
        for file in (folder / name for name in LISTS):
            if file.is_file():
                check_list(file, emotions)
    return Tree(source, ordered, classes, emotions)


def _classes(folder: Path) -> dict[str, str]:
    loose = list_files(folder, 0, WHERE)
    if loose.names:
        raise DataError(f"{folder / loose.names[0]} lies in no class folder", "move it into one, or take it away")
    return class_emotions(loose.deeper, str(folder))


def _pictures(folder: Path) -> Files:
    listed = list_files(folder, 0, WHERE)
    if listed.deeper:
        raise DataError(
            f"{folder / listed.deeper[0]} is a folder within a class folder", f"move its pictures to {folder}"
        )
    return listed


def _look(files: list[Path]) -> tuple[Colour, int]:
    """Whether any picture has colours, and the side they all share; raises DataError for one that cannot be read."""
    gray, sizes = True, set[tuple[int, int]]()
    with progress("looking at pictures", len(files)) as step:
        for file in files:
            header = picture_header(file)
            gray = gray and (header.gray or is_gray(file))
            sizes.add((header.width, header.height))
            step(1, "")
    width, height = next(iter(sizes))
    side = width if len(sizes) == 1 and width == height <= LARGEST else SIDE
    return "gray" if gray else "rgb", side


FOLDER = Reader(name=NAME, source="FOLDER", where=WHERE, fingerprint=fingerprint_of, read=read, store=store_name)
