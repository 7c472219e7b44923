"""Published csv files as lines of bytes, with the faults that a whole file can have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edgefer.errors import DataError

# How gzip, zip, 7z, bzip2, xz and rar files begin.
_ARCHIVES = (b"\x1f\x8b", b"PK\x03\x04", b"7z\xbc\xaf", b"BZh", b"\xfd7zXZ", b"Rar!")
_LONGEST_LINE = 1 << 16  # bytes; a face of FER2013 has at most 9 kB


@dataclass(frozen=True)
class CsvFile:
    """A csv that a dataset's authors publish. what: the name they gave it. where: the sentence that says where to get it."""

    path: Path
    what: str
    where: str

    def require(self) -> Path:
        """Return `path` if it is a file with something in it; raise DataError otherwise."""
        if self.path.is_dir():
            raise self.fault(f"is a directory, not {self.what}", f"name the file in it, or {self.where}")
        try:
            size = self.path.stat().st_size
        except FileNotFoundError as error:
            raise self.fault("does not exist") from error
        except OSError as error:
            raise DataError(f"cannot read {self.path}: {error.strerror}", self.where) from error
        if not size:
            raise self.fault("is empty")
        return self.path

    def lines(self) -> Iterator[bytes]:
        """Lines with their ends, the header first; raises DataError as `require`."""
        try:
            with self.require().open("rb") as handle:
                yield from iter(lambda: handle.readline(_LONGEST_LINE), b"")
        except OSError as error:
            raise DataError(f"cannot read {self.path}: {error.strerror}", self.where) from error

    def columns(self, header: bytes) -> list[str]:
        """Names of the columns in lower case, without quotes and spaces around them.

        header: the first line. Raises DataError for what is no text: an archive, a Git-LFS pointer, UTF-16.
        """
        if header.startswith(_ARCHIVES):
            raise self.fault(f"is an archive, not {self.what}", f"unpack it and name {self.what} in it")
        if header.startswith(b"version https://git-lfs"):
            raise self.fault(f"is a Git-LFS pointer, not {self.what}", "fetch the real file: git lfs pull")
        try:
            text = header.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:
            raise self.fault(f"is not UTF-8 text, so not {self.what}")
        return [name.strip(' "\t\r\n').lower() for name in text.split(",")]

    def fault(self, what: str, fix: str | None = None) -> DataError:
        """A fault of the whole file, to raise."""
        return DataError(f"{self.path} {what}", self.where if fix is None else fix)

    def row_fault(self, row: int, line: int, what: object) -> DataError:
        """A fault of one row, numbered from 0 as the FER+ labels count them; line: numbered from 1, as editors do."""
        return DataError(f"{self.path}, row {row} (line {line}): {what}", self.where)


def cells_of(line: bytes) -> list[bytes]:
    """The cells of a line without quotes and spaces around them; no cell of these files holds a comma."""
    return [cell.strip(b' "\t') for cell in line.split(b",")]


def show(cell: bytes) -> str:
    """A cell for a message, cut when long."""
    text = cell.decode("utf-8", "replace")
    return repr(text if len(text) <= 20 else text[:20] + "...")
