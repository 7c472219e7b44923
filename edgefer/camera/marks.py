"""Marks on their way into a session: from the keys of its window, or from another terminal.

Both append a line to a small file in the session's folder, which the session reads between frames. The file stays, so
that no mark is lost with a process that is killed; by their ids nobody counts one twice.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from dataclasses import asdict, dataclass
from enum import Enum
from math import isfinite
from pathlib import Path

from edgefer.camera.outfile import OWNER
from edgefer.console import say
from edgefer.errors import ArtifactError, UsageError
from edgefer.json_text import read_object

SPOOL = "marks.jsonl"
LONGEST = 200  # characters


class MarkKind(str, Enum):
    """What a mark does: begin (or end) a task, note a moment, stop writing, go on writing."""

    TASK = "task"
    NOTE = "note"
    PAUSE = "pause"
    RESUME = "resume"


@dataclass(frozen=True)
class Mark:
    """wall: seconds since 1970 when it was set. text: one line. id: the same wherever the mark is read."""

    wall: float
    text: str
    kind: MarkKind = MarkKind.TASK
    id: str = ""


@dataclass(frozen=True)
class Placed:
    """A mark of the run that goes on, as the session took it. time: see `Frame.time`."""

    time: float
    text: str
    kind: MarkKind


# What keys of the window set. A digit begins its task, 0 ends the one that goes on.
KEYS = {
    **{ord(str(number)): (f"task {number}", MarkKind.TASK) for number in range(1, 10)},
    ord("0"): ("task ends", MarkKind.TASK),
    ord("m"): ("moment", MarkKind.NOTE),
}
PAUSE_KEY = ord("p")


def send(folder: Path, text: str, kind: MarkKind = MarkKind.TASK) -> Mark:
    """Set a mark now in the session of a folder.

    Raises UsageError for a text that is empty, too long or more than a line, ArtifactError when it cannot be written.
    """
    mark = Mark(time.time(), checked(text), kind, uuid.uuid4().hex)
    line = json.dumps(asdict(mark) | {"kind": kind.value}, separators=(",", ":")) + "\n"
    try:
        descriptor = os.open(folder / SPOOL, os.O_WRONLY | os.O_CREAT | os.O_APPEND, OWNER)
        try:
            # One call, so that marks of several processes never mix.
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)
    except OSError as error:
        raise ArtifactError(f"cannot write {folder / SPOOL}: {error.strerror}", "free some space") from error
    return mark


def checked(text: str) -> str:
    """A mark's text without spaces around it. Raises UsageError for what is not one short line."""
    text = text.strip()
    if not text or not text.isprintable():
        raise UsageError("a mark needs one line of text", 'for example: edgefer mark "task 2 starts"')
    if len(text) > LONGEST:
        raise UsageError(f"a mark of {len(text)} characters is too long", f"use at most {LONGEST}")
    return text


class Marks:
    """The marks of one session's folder.

    paused: whether the session is, which decides what the key p does. placed: what the session took in this run; it only
    grows, so that other threads may look at it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read = 0
        self.paused = False
        self.placed: list[Placed] = []

    def key(self, code: int) -> bool:
        """Set the mark of a window's key: 1 to 9, 0, m, or p, which pauses and goes on. False for any other key."""
        if code == PAUSE_KEY:
            kind = MarkKind.RESUME if self.paused else MarkKind.PAUSE
            self.paused = not self.paused  # a second press may come before the session has read the first
            send(self._folder, said(kind), kind)
            say(f"session {said(kind)}")
            return True
        if code not in KEYS:
            return False
        text, kind = KEYS[code]
        send(self._folder, text, kind)
        say(f"marked: {text}")
        return True

    def new(self) -> list[Mark]:
        """Marks that were set since the last call, in their order."""
        lines = _lines(self._folder / SPOOL, self._read)
        self._read += sum(len(line) for line in lines)
        return [mark for line in lines if (mark := _parsed(line)) is not None]


def said(kind: MarkKind) -> str:
    """What a mark of this kind is called where it has no text of its own."""
    return {MarkKind.PAUSE: "paused", MarkKind.RESUME: "goes on"}.get(kind, kind.value)


def _lines(path: Path, start: int) -> list[bytes]:
    """Whole lines from a byte on; the size alone is looked at where nothing is new."""
    try:
        if path.stat().st_size <= start:
            return []
        with path.open("rb") as handle:
            handle.seek(start)
            data = handle.read()
    except OSError:
        return []
    return data[: data.rfind(b"\n") + 1].splitlines(keepends=True)


def _parsed(line: bytes) -> Mark | None:
    """A mark, or None for a line that is damaged: others must not be lost with it."""
    try:
        record = read_object(line)
        mark = Mark(float(record["wall"]), str(record["text"]), MarkKind(record["kind"]), str(record["id"]))
    except (ValueError, OverflowError, KeyError, TypeError):
        return None
    return mark if isfinite(mark.wall) else None
