"""Bad places to write to, and two runs that write to one."""

from __future__ import annotations

from pathlib import Path

from tests.robustness.any_input import TEXT
from tests.robustness.kind import Kind

# Bytes of the largest file that a command may write on the full disk.
LITTLE = 2048


def _nothing(good: Path, bad: Path) -> None:
    pass


def _read_only(good: Path, bad: Path) -> None:
    bad.parent.mkdir(parents=True)
    bad.parent.chmod(0o555)


def _file_above(good: Path, bad: Path) -> None:
    bad.parent.write_bytes(TEXT)


def _file(good: Path, bad: Path) -> None:
    bad.write_bytes(TEXT)


def _full_folder(good: Path, bad: Path) -> None:
    bad.mkdir()
    (bad / "holiday.txt").write_bytes(TEXT)


READ_ONLY = Kind("read-only", "a folder that may not be written", _read_only, name="closed/out{suffix}")
FILE_ABOVE = Kind("under-a-file", "a folder that is a text file", _file_above, name="notes/out{suffix}")
DIRECTORY = Kind("out-is-directory", "a directory with a file in it, in place of the file to write", _full_folder)
FILE = Kind("out-is-file", "a text file in place of the folder to write", _file)
FOREIGN = Kind("out-is-used", "a folder that holds something else", _full_folder)
FULL = Kind("full-disk", f"a disk on which no file may be larger than {LITTLE} bytes", _nothing, name="out{suffix}")
DEVICE = Kind("dev-full", "/dev/full", lambda good, bad: bad.symlink_to("/dev/full"))
PROC = Kind("proc", "a file in /proc, where none can be made", _nothing, name="/proc/edgefer{suffix}")

TO_FILE = (READ_ONLY, FILE_ABOVE, DIRECTORY, FULL, PROC)
TO_FOLDER = (READ_ONLY, FILE_ABOVE, FILE, FOREIGN, FULL, PROC)
