"""Bad films, pictures and datasets of pictures."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.robustness.any_input import ANY_FILE, ANY_FOLDER, NAMES, TEXT, png
from tests.robustness.array_input import GIGANTIC, NESTED, PICKLED
from tests.robustness.kind import Kind, Make, Slot, holding

GIGANTIC_PNG = png(100_000, 100_000)


def _gif_bomb() -> bytes:
    return b"GIF89a\xff\xff\xff\xff\x80\0\0" + b"\0" * 6 + b",\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x4c\x01\0;"


def _pgm() -> bytes:
    return b"P5\n100000 100000\n255\n" + b"\0" * 64


FILM_SLOT = Slot("film.avi", (
    *[kind for kind in ANY_FILE if kind.id not in {"picture", "directory"}],
    Kind("riff", "a header of a film and nothing else", holding(b"RIFF\xff\xff\xff\x7fAVI LIST" + b"\xff" * 64)),
    *NAMES[:4],
))  # fmt: skip
PICTURE_SLOT = Slot("face.png", (
    *[kind for kind in ANY_FILE if kind.id not in {"picture", "directory"}],
    Kind("gigantic", "a PNG file that announces 100,000 x 100,000 pixels", holding(GIGANTIC_PNG)),
    Kind("gigantic-pgm", "a PGM file that announces 100,000 x 100,000 pixels", holding(_pgm())),
    Kind("gif", "a GIF file that announces 65,535 x 65,535 pixels", holding(_gif_bomb())),
    *NAMES,
))  # fmt: skip


def _picture(data: bytes) -> Make:
    """The first picture of a tree replaced."""

    def make(good: Path, bad: Path) -> None:
        shutil.copytree(good, bad)
        first = next(path for path in sorted(bad.rglob("*")) if path.suffix in {".png", ".jpg"})
        first.write_bytes(data)

    return make


def _listed(pattern: str, change: Callable[[str], str]) -> Make:
    """The label file of a tree changed."""

    def make(good: Path, bad: Path) -> None:
        shutil.copytree(good, bad)
        (path,) = bad.rglob(pattern)
        path.write_text(change(path.read_text()), errors="surrogateescape")

    return make


def _pipe(good: Path, bad: Path) -> None:
    import os

    shutil.copytree(good, bad)
    first = next(path for path in sorted(bad.rglob("*")) if path.suffix in {".png", ".jpg"})
    first.unlink()
    os.mkfifo(first)


def _cycle(good: Path, bad: Path) -> None:
    """A link to its own folder in each folder."""
    shutil.copytree(good, bad)
    for folder in [bad, *[path for path in bad.rglob("*") if path.is_dir()]]:
        (folder / "again").symlink_to(".")


TREE = (
    *ANY_FOLDER,
    Kind("text-picture", "a picture that is a text file", _picture(TEXT)),
    Kind("empty-picture", "a picture of 0 bytes", _picture(b"")),
    Kind("gigantic-picture", "a picture that announces 100,000 x 100,000 pixels", _picture(GIGANTIC_PNG)),
    Kind("pipe-picture", "a picture that is a named pipe", _pipe),
)
NAMED = NAMES[:3]


def _list(pattern: str, first: str, outside: str) -> tuple[Kind, ...]:
    """Kinds of bad label files. first: what begins the file's first name; outside: the same, out of its folder."""
    return (
        Kind("list-empty", "a label file of 0 bytes", _listed(pattern, lambda text: "")),
        Kind("list-text", "a label file of text", _listed(pattern, lambda text: TEXT.decode())),
        Kind("list-nul", "a label file of zeros", _listed(pattern, lambda text: "\0" * 100_000)),
        Kind("list-cut", "a label file whose last line is cut", _listed(pattern, lambda text: text[:-3])),
        Kind("traversal", "a label file that names ../../../outside.jpg", _listed(
            pattern, lambda text: text.replace(first, outside, 1))),
        Kind("list-long", "a label of 5,000 digits", _listed(pattern, lambda text: text.rstrip() + "9" * 5000)),
    )  # fmt: skip


def _npy(data: bytes) -> Make:
    def make(good: Path, bad: Path) -> None:
        shutil.copytree(good, bad)
        min(bad.rglob("*_exp.npy")).write_bytes(data)

    return make


FOLDER_SLOT = Slot("classes", (*TREE, Kind("cycle", "links to their own folder", _cycle), *NAMED))
RAFDB_SLOT = Slot(
    "rafdb", (*TREE, *_list("list_patition_label.txt", "train_00001.jpg", "../../../outside.jpg"), *NAMED)
)
EXPW_SLOT = Slot("expw", (*TREE, *_list("label.lst", "some face_0.jpg", "../../../outside.jpg"), *NAMED))
AFFECTNET_SLOT = Slot("affectnet", (*TREE, *_list("training.csv", "1/a.jpg", "../../../outside.jpg"), *NAMED))
AFFECTNET_NPY_SLOT = Slot("affectnet-npy", (
    Kind("pickled-label", "a label that is a pickle that would make a file", _npy(PICKLED)),
    Kind("gigantic-label", "a label that declares 2^40 values", _npy(GIGANTIC)),
    Kind("nested-label", "a label whose header is 60,000 brackets", _npy(NESTED)),
    Kind("text-label", "a label that is a text file", _npy(TEXT)),
    Kind("empty-label", "a label of 0 bytes", _npy(b"")),
))  # fmt: skip
