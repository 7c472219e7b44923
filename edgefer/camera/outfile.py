"""Files that grow while a camera runs: written by one run only, whole lines at any moment."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from pathlib import Path

from edgefer.errors import ArtifactError

if sys.platform != "win32":
    import fcntl


OWNER = 0o600  # what a camera saw of people is for who ran it, until they let others read it


class LineFile:
    """A file, or stdout for `-`, that holds whole lines at any moment, also when the disk is full.

    files: the file, nothing for stdout. Another name is overwritten. Raises ArtifactError when it cannot be written, or
    is being written by another run.
    """

    def __init__(self, target: str) -> None:
        self.files: tuple[Path, ...] = () if target == "-" else (Path(target),)
        self._name = "stdout" if target == "-" else target
        self._descriptor = -1
        self._size = 0
        if self.files:
            self._descriptor = claim(self.files[0])
            with contextlib.suppress(OSError):  # a pipe or a device has no size
                os.ftruncate(self._descriptor, 0)

    def write(self, line: str) -> bool:
        """Write one line, whose end is added; False when whoever read it has left."""
        try:
            if self.files:
                self._write((line + "\n").encode())
            else:
                sys.stdout.write(line + "\n")
                sys.stdout.flush()
        except BrokenPipeError:
            return False
        except OSError as error:
            raise ArtifactError(f"cannot write {self._name}: {error.strerror}", "free some space") from error
        return True

    def close(self) -> None:
        """Let other runs write the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _write(self, data: bytes) -> None:
        try:
            done = 0
            while done < len(data):
                done += os.write(self._descriptor, data[done:])
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._size)  # the part of the line that still fitted
            raise
        self._size += len(data)


def claim(path: Path, meant: Path | None = None) -> int:
    """Open a file to write that no other run writes, as it is; folders are made. Returns its descriptor.

    A file that was not there is its owner's alone.

    meant: the file that errors name, where `path` only stands for it. The claim ends when the descriptor is closed,
    however the process ends. Raises ArtifactError.
    """
    meant = meant or path
    if path.is_dir():
        raise ArtifactError(f"{meant} is a directory", "name a file to write")
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), OWNER)
        except OSError as error:
            raise ArtifactError(f"cannot write {meant}: {error.strerror}", "name a writable place") from error
        if not _held(descriptor):
            os.close(descriptor)
            raise ArtifactError(f"{meant} is being written by another run", "name another file, or end that run first")
        if _is_still(path, descriptor):
            return descriptor
        os.close(descriptor)


def _is_still(path: Path, descriptor: int) -> bool:
    """Whether the open file still has its name: another run may have renamed it before it let go."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _held(descriptor: int) -> bool:
    """Whether this process holds the file now; pipes, devices and places without locks are free for all."""
    if sys.platform == "win32" or not stat.S_ISREG(os.fstat(descriptor).st_mode):
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a network disk without locks
        return True
    return True
