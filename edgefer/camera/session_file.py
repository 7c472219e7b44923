"""The file of a session: one line at a time, each written in one call, so that a killed run leaves whole lines."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgefer.camera.outfile import claim
from edgefer.camera.session_folder import FILE
from edgefer.console import say
from edgefer.errors import ArtifactError, UsageError

if TYPE_CHECKING:
    from edgefer.camera.session_read import Record


class SessionFile:
    """Where a session is written. Nothing is made before `open`.

    folder: of the session. goes_on: add to what is there. Raises UsageError where a session is there and it is not asked
    to go on.
    """

    def __init__(self, folder: Path, goes_on: bool = False) -> None:
        self.folder, self.path = folder, folder / FILE
        self._goes_on = goes_on
        self._descriptor = -1
        self._size = 0
        self._refuse()

    def open(self) -> Record | None:
        """Make the file this run's own; returns what it holds already, if it is to go on.

        Raises ArtifactError where another run writes it, where it cannot be written, or holds something else.
        """
        self._descriptor = claim(self.path)
        self._refuse()
        if not self.path.stat().st_size:
            return None
        from edgefer.camera.session_read import read

        before = read(self.path)
        self._size = before.size
        os.ftruncate(self._descriptor, self._size)  # half a line of a run that was killed
        os.lseek(self._descriptor, self._size, os.SEEK_SET)
        return before

    def write(self, record: dict[str, Any], lasting: bool = False) -> None:
        """Write one line. lasting: it is to survive a power cut as well, with all lines before it.

        Raises ArtifactError when the disk is full; the file then ends with the last whole line that fitted.
        """
        data = json.dumps(record, separators=(",", ":")).encode() + b"\n"
        try:
            done = 0
            while done < len(data):
                done += os.write(self._descriptor, data[done:])
            if lasting:
                os.fsync(self._descriptor)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._size)
                os.lseek(self._descriptor, self._size, os.SEEK_SET)
            raise ArtifactError(f"cannot write {self.path}: {error.strerror}", "free some space") from error
        self._size += len(data)

    def close(self) -> None:
        """Let go of the file, which is then no session that is being written."""
        if self._descriptor < 0:
            return
        os.close(self._descriptor)
        self._descriptor = -1
        if not self._size:
            self.path.unlink(missing_ok=True)
            say(f"{self.folder} holds nothing and was removed")

    def _refuse(self) -> None:
        if not self._goes_on and self.path.is_file() and self.path.stat().st_size:
            raise UsageError(f"there is a session {self.folder} already", "name another, or add --session-continue")
