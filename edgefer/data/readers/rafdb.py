"""Reader of RAF-DB's basic emotions (Li, Deng and Du, CVPR 2017), as its authors hand it out and as Kaggle has it.

The authors' layout is `EmoLabel/list_patition_label.txt` (their spelling) with lines such as `train_00001.jpg 5`, and
`Image/aligned/train_00001_aligned.jpg` of 100 x 100 pixels. The copy on Kaggle has `DATASET/{train,test}/<1..7>/` with
the same pictures, and `train_labels.csv` and `test_labels.csv`, which must agree with the folders. The numbers 1 to 7
are those of `emotions.RAFDB`; the split is in the pictures' names.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from edgefer.console import say
from edgefer.data.dataset import Dataset, Options, Reader
from edgefer.data.readers.csv_text import CsvFile
from edgefer.data.readers.label_file import class_number, line_fault, picture_name, read_lines, read_table
from edgefer.data.readers.picture_files import Files, fingerprint, first_file, first_folder, list_files, nothing_at
from edgefer.data.readers.picture_rows import PictureRows
from edgefer.emotions import RAFDB as EMOTIONS
from edgefer.errors import DataError

NAME = "rafdb"
SIDE = 100
SPLITS = ("Training", "Test")
LIST = "list_patition_label.txt"
WHERE = "ask its authors for the basic set of RAF-DB at whdeng.cn/RAF/model1.html, and name its folder with --source"

_FOLDERS = ("train", "test")  # in the order of `SPLITS`, also how the pictures' names begin
_NO_LABEL = "without a label"


def read(source: Path, options: Options) -> Dataset:
    """RAF-DB as a dataset, in colour; raises DataError, naming file and line."""
    digest = fingerprint_of(source, options)
    file = _list_file(source)
    rows, left_out = _read_official(file, options) if file else _read_kaggle(_kaggle_root(source))
    return rows.dataset(NAME, NAME, source, options, digest, options.size or SIDE, left_out=left_out)


def fingerprint_of(source: Path, options: Options) -> str:
    """See `picture_files.fingerprint`."""
    options.only(NAME, "images", "size")
    if file := _list_file(source):
        return fingerprint(NAME, options, [file], [_pictures(file, options)])
    root = _kaggle_root(source)
    options.only(NAME, "size")
    lists = [file for folder in _FOLDERS if (file := _csv_file(root, folder))]
    return fingerprint(NAME, options, lists, [_kaggle_pictures(root, folder) for folder in _FOLDERS])


def _list_file(source: Path) -> Path | None:
    """The authors' label file in one of the places where people have it."""
    places = (source / "basic" / "EmoLabel", source / "EmoLabel", source)
    return first_file(place / LIST for place in places)


def _pictures(file: Path, options: Options) -> Files:
    folder = options.images or file.parent.parent / "Image" / "aligned"
    return list_files(folder, 0, f"name the folder of the aligned pictures with --images, or {WHERE}")


def _read_official(path: Path, options: Options) -> tuple[PictureRows, Mapping[str, int]]:
    file = CsvFile(path, LIST, WHERE)
    pictures = _pictures(path, options)
    there, seen = set(pictures.names), set[str]()
    rows = PictureRows(EMOTIONS, SPLITS, (str(path),) * len(SPLITS))
    for number, line in read_lines(file):
        try:
            name, split, label = _parse(line)
        except ValueError as fault:
            raise line_fault(file, number, fault) from None
        if name in seen:
            raise line_fault(file, number, f"{name} was there before")
        if name not in there:
            raise line_fault(file, number, f"{pictures.root / name} does not exist")
        seen.add(name)
        rows.add(str(pictures.root / name), label, split, number)
    return rows, {_NO_LABEL: _without_label(there - seen, path)}


def _parse(line: str) -> tuple[str, int, int]:
    """File name, split and emotion of a line `train_00001.jpg 5`."""
    name, _, text = line.rpartition(" ")
    if not name:
        raise ValueError(f"{line[:40]!r} has no label; the file may be cut short")
    path = PurePosixPath(picture_name(name.strip()))
    stem = path.stem.removesuffix("_aligned")
    return f"{stem}_aligned{path.suffix}", _split_of(stem), class_number(text, 1, len(EMOTIONS)) - 1


def _split_of(name: str) -> int:
    split = next((code for code, start in enumerate(_FOLDERS) if name.startswith(f"{start}_")), None)
    if split is None:
        raise ValueError(f"{name[:40]!r} begins neither with train_ nor with test_")
    return split


def _kaggle_root(source: Path) -> Path:
    """The folder that holds `train` and `test`."""
    if found := first_folder(folder / _FOLDERS[0] for folder in (source, source / "DATASET")):
        return found.parent
    raise nothing_at(source, f"neither EmoLabel/{LIST} nor DATASET/{_FOLDERS[0]}", WHERE)


def _csv_file(root: Path, folder: str) -> Path | None:
    return first_file(place / f"{folder}_labels.csv" for place in (root, root.parent))


def _kaggle_pictures(root: Path, folder: str) -> Files:
    files = list_files(root / folder, 1, WHERE)
    for name in files.names:
        if name.count("/") != 1 or name[0] not in "1234567" or name[1] != "/":
            raise DataError(f"{root / folder / name} does not lie in a folder 1 to {len(EMOTIONS)}", WHERE)
    return files


def _read_kaggle(root: Path) -> tuple[PictureRows, Mapping[str, int]]:
    lists = {folder: _csv_file(root, folder) for folder in _FOLDERS}
    rows = PictureRows(EMOTIONS, SPLITS, tuple(str(lists[folder] or "") for folder in _FOLDERS))
    unlabelled = 0
    for split, folder in enumerate(_FOLDERS):
        pictures = _kaggle_pictures(root, folder)
        path = lists[folder]
        if path is None:
            say(f"{root} has no {folder}_labels.csv beside it: its folders 1 to {len(EMOTIONS)} give the labels")
            for name in pictures.names:
                rows.add(str(pictures.root / name), int(name[0]) - 1, split)
        else:
            unlabelled += _read_csv(CsvFile(path, path.name, WHERE), pictures, rows, split)
    return rows, {_NO_LABEL: unlabelled}


def _read_csv(file: CsvFile, pictures: Files, rows: PictureRows, split: int) -> int:
    """Add the rows of a csv; returns how many pictures it does not name."""
    left: dict[str, str] = {}
    for place in pictures.names:
        other = left.setdefault(place[2:], place)
        if other != place:
            raise DataError(f"{pictures.root / place} lies in {pictures.root / other[0]} too", WHERE)
    for number, (image, text) in read_table(file, ("image", "label")):
        try:
            label = class_number(text, 1, len(EMOTIONS))
            name = picture_name(image)
        except ValueError as fault:
            raise line_fault(file, number, fault) from None
        found = left.pop(name, None)
        if found is None:
            raise line_fault(file, number, f"{pictures.root / str(label) / name} does not exist, or was there before")
        if found[0] != str(label):
            raise line_fault(file, number, f"{name} has label {label}, but lies in {pictures.root / found[0]}")
        rows.add(str(pictures.root / found), label - 1, split, number)
    return _without_label(set(left), file.path)


def _without_label(names: set[str], file: Path) -> int:
    if names:
        say(f"{len(names)} pictures, such as {min(names)}, are not in {file} and are left out")
    return len(names)


RAFDB = Reader(
    name=NAME,
    source="basic",
    where=WHERE,
    fingerprint=fingerprint_of,
    read=read,
    store=lambda _source, _options: NAME,
)
