"""Folders of picture files: their names, and the hash by which a change in them is noticed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from edgefer.data.dataset import Options
from edgefer.data.readers.pictures import SUFFIXES
from edgefer.errors import DataError
from edgefer.paths import sha256, sha256_of


@dataclass(frozen=True)
class Files:
    """Files of a folder. names: relative to `root`, with slashes, sorted. others: how many files were not asked for.

    deeper: folders that were not looked into, because they lie too deep. sha256: over names, sizes and times.
    """

    root: Path
    names: tuple[str, ...]
    others: int
    deeper: tuple[str, ...]
    sha256: str


def list_files(root: Path, depth: int, fix: str, suffixes: Collection[str] = SUFFIXES) -> Files:
    """Files below `root`, through at most `depth` levels of folders, whose suffix is in `suffixes` (in small letters).

    Hidden files and folders are not seen, nor what desktops leave behind. Links are followed. Raises DataError, with
    `fix`, when `root` is missing or a folder cannot be listed.
    """
    names: list[str] = []
    deeper: list[str] = []
    others = 0
    digest = hashlib.sha256()
    folders = [("", 0)]
    while folders:
        prefix, level = folders.pop()
        below: list[str] = []
        for entry in _entries(root / prefix, fix):
            name = prefix + entry.name
            if entry.is_dir():
                (below if level < depth else deeper).append(name)
            elif os.path.splitext(entry.name)[1].lower() in suffixes:  # noqa: PTH122 - a Path per file takes ten times as long
                status = _stat(entry, fix)
                digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0".encode("utf-8", "surrogateescape"))
                names.append(name)
            else:
                others += 1
        folders += [(f"{name}/", level + 1) for name in reversed(below)]
    return Files(root, tuple(sorted(names)), others, tuple(deeper), digest.hexdigest())


def list_folders(root: Path, fix: str) -> tuple[str, ...]:
    """Names of the folders in `root` that are not hidden, sorted; raises DataError as `list_files`."""
    return tuple(entry.name for entry in _entries(root, fix) if entry.is_dir())


def fingerprint(dataset: str, options: Options, labels: Iterable[Path], files: Iterable[Files]) -> str:
    """Hash of a source: the bytes of its label files; names, sizes and modification times of its picture files.

    It rests on those times: a picture that is exchanged for one of the same size with its time set back goes unnoticed
    (`edgefer data prepare --force` reads all again). The options are in it, but for where the pictures are.
    """
    chosen = f"{options.protocol} {options.classes} {options.size}"
    try:
        hashes = [sha256(file) for file in labels]
    except OSError as error:
        raise DataError(f"cannot read {error.filename}: {error.strerror}", "make it readable") from error
    return sha256_of(dataset, chosen, *hashes, *(listed.sha256 for listed in files))


def first_folder(candidates: Iterable[Path]) -> Path | None:
    """The first of several places that is a folder which may be entered."""
    folders = (place for place in candidates if os.path.isdir(place))  # noqa: PTH112 - Path's may raise
    return next((folder for folder in folders if os.access(folder, os.X_OK)), None)


def first_file(candidates: Iterable[Path]) -> Path | None:
    """The first of several places that is a file."""
    return next((place for place in candidates if os.path.isfile(place)), None)  # noqa: PTH113 - as above


def nothing_at(source: Path, wanted: str, fix: str) -> DataError:
    """The error of a source without any known layout, to raise. wanted: what would be in it."""
    what = f"holds {wanted}" if first_folder([source]) else "is not a folder that can be opened"
    return DataError(f"{source} {what if os.path.lexists(source) else 'does not exist'}", fix)


def _entries(folder: Path, fix: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted((entry for entry in found if _visible(entry.name)), key=lambda entry: entry.name)
    except FileNotFoundError as error:
        raise DataError(f"{folder} does not exist", fix) from error
    except NotADirectoryError as error:
        raise DataError(f"{folder} is not a folder", fix) from error
    except OSError as error:
        raise DataError(f"cannot list {folder}: {error.strerror}", fix) from error


def _stat(entry: os.DirEntry[str], fix: str) -> os.stat_result:
    try:
        return entry.stat()
    except OSError as error:  # such as a link that leads nowhere
        raise DataError(f"cannot read {entry.path}: {error.strerror}", fix) from error


def _visible(name: str) -> bool:
    return not name.startswith(".") and name not in ("__MACOSX", "Thumbs.db", "desktop.ini", "@eaDir")
