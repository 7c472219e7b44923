"""Kinds of bad input that fit whatever is read: files and folders that are not there, or are something else."""

from __future__ import annotations

import os
import shutil
import struct
import zlib
from pathlib import Path

from tests.robustness.kind import Kind, copy, holding

TEXT = b"These are some notes,\nand nothing that a program could use.\n" * 20


def png(width: int, height: int, pixels: bytes = b"\0" * 64) -> bytes:
    """A PNG file that announces a size, whatever it holds."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


PICTURE = png(8, 8, b"\0" * 72)


def _nothing(good: Path, bad: Path) -> None:
    pass


def _truncated(good: Path, bad: Path) -> None:
    data = good.read_bytes()
    bad.write_bytes(data[: len(data) * 6 // 10])


def _folder(good: Path, bad: Path) -> None:
    bad.mkdir()


def _fifo(good: Path, bad: Path) -> None:
    os.mkfifo(bad)


def _endless(good: Path, bad: Path) -> None:
    bad.symlink_to("/dev/zero")


def _unreadable(good: Path, bad: Path) -> None:
    copy(good, bad)
    bad.chmod(0)


def _loop(good: Path, bad: Path) -> None:
    bad.symlink_to(bad.name)


def _file(good: Path, bad: Path) -> None:
    bad.write_bytes(TEXT)


def _too_long(good: Path, bad: Path) -> None:
    pass


MISSING = Kind("missing", "nothing is there", _nothing)
EMPTY = Kind("empty", "a file of 0 bytes", holding(b""))
TRUNCATED = Kind("truncated", "the first 60 % of a good file", _truncated)
NOTES = Kind("text", "a text file under this name", holding(TEXT))
PNG = Kind("picture", "a PNG file under this name", holding(PICTURE))
NUL = Kind("zeros", "a sparse file of 3 GB of zeros", lambda good, bad: _sparse(bad, 3 << 30))
FOLDER = Kind("directory", "an empty directory under this name", _folder)
FIFO = Kind("fifo", "a named pipe that nobody writes to", _fifo)
ENDLESS = Kind("endless", "a link to /dev/zero", _endless)
UNREADABLE = Kind("unreadable", "a good one without the right to read it", _unreadable)
LOOP = Kind("loop", "a symbolic link to itself", _loop)
LONG = Kind("long-name", "a name of 300 characters, more than a file may have", _too_long, name="n" * 300 + "{suffix}")
FILE_FOR_FOLDER = Kind("file", "a text file where a directory belongs", _file)

UNICODE = Kind("unicode-name", "a good one named in Japanese and with an emoji", copy, True, "表情 \U0001f600{suffix}")
SPACES = Kind("spaces-name", "a good one with spaces and quotes in its name", copy, True, 'it\'s a "good" one {suffix}')
NEWLINE = Kind("newline-name", "a good one with a line break in its name", copy, True, "two\nlines{suffix}")
DASH = Kind("dash-name", "a good one whose name begins with a dash, after --", copy, True, "-rf{suffix}")
BYTES = Kind("bytes-name", "a good one whose name is no UTF-8", copy, True, "latin-\udce9{suffix}")
BRACKETS = Kind(
    "brackets-name", "a good one with brackets, a star and a percent sign in its name", copy, True, "[b]%d*{suffix}"
)
HOSTILE_NAME = Kind(
    "escape-name",
    "nothing, under a name that would colour and clear a terminal",
    _nothing,
    name="\x1b[31m\x1b[2J\rx{suffix}",
)

ANY_FILE = (MISSING, EMPTY, TRUNCATED, NOTES, PNG, NUL, FOLDER, FIFO, ENDLESS, UNREADABLE, LOOP, LONG, HOSTILE_NAME)
ANY_FOLDER = (MISSING, FOLDER, FILE_FOR_FOLDER, FIFO, UNREADABLE, LOOP, LONG, HOSTILE_NAME)
NAMES = (UNICODE, SPACES, NEWLINE, DASH, BYTES, BRACKETS)


def _sparse(path: Path, size: int) -> None:
    with path.open("wb") as handle:
        handle.truncate(size)


def within(name: str, *kinds: Kind) -> tuple[Kind, ...]:
    """Kinds of a file as kinds of the folder that holds it, in which all else is good."""

    def folder_of(kind: Kind) -> Kind:
        def make(good: Path, bad: Path) -> None:
            shutil.copytree(good, bad)
            (bad / name).unlink()
            kind.make(good / name, bad / name)

        return Kind(f"{name}-{kind.id}", f"{name} in it: {kind.words}", make)

    return tuple(folder_of(kind) for kind in kinds)


INSIDE = (MISSING, EMPTY, TRUNCATED, NOTES, FOLDER, FIFO, ENDLESS, UNREADABLE)
