"""Where sessions are, and which of them are being written."""

from __future__ import annotations

import contextlib
import difflib
import math
import os
import re
import sys
from datetime import datetime
from pathlib import Path

from edgefer.errors import UsageError
from edgefer.json_text import read_object

if sys.platform != "win32":
    import fcntl

SESSIONS = Path("sessions")
FILE = "session.jsonl"
RATE = 10.0  # samples a second, unless told otherwise
HEADER = b'{"kind":"session",'
_NAME = re.compile(r"[^\W_][\w.-]*( [\w.-]+)*")


def folder_of(name: str) -> Path:
    """The folder of a session: `sessions/NAME`, or the path itself where `name` has a slash.

    Raises UsageError for a name that would not do as a folder's.
    """
    if "/" in name or os.sep in name:
        return Path(name).expanduser()
    if len(name) > 100 or not _NAME.fullmatch(name):
        raise UsageError(f"'{name}' is no name for a session", "use letters, digits, - and _, or a path with a slash")
    return SESSIONS / name


def file_of(what: str) -> Path | None:
    """The file of a session by its name, folder or file; None where there is none."""
    path = Path(what).expanduser()
    places = [SESSIONS / what / FILE, path / FILE, *([path] if path.suffix == ".jsonl" else [])]
    return next((place for place in places if place.is_file()), None)


def names() -> list[str]:
    """Sessions under `sessions/`, by name."""
    return sorted(file.parent.name for file in SESSIONS.glob(f"*/{FILE}"))


def suggestion(name: str) -> str:
    """What to type instead of a session that does not exist."""
    known = names()
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"did you mean '{near[0]}'?"
    shown = ", ".join(known[:8]) + (", ..." if len(known) > 8 else "")
    return f"known sessions: {shown}" if known else "record one with: edgefer run --session NAME"


def lives(folder: Path) -> bool:
    """Whether a run is writing the session of this folder. A lock tells, which ends with its process."""
    if sys.platform == "win32":
        return (folder / FILE).is_file()
    try:
        descriptor = os.open(folder / FILE, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a disk without locks
        return False
    finally:
        os.close(descriptor)
    return False


def living() -> list[Path]:
    """Folders under `sessions/` that are being written, the one that began last first."""
    found = [file.parent for file in SESSIONS.glob(f"*/{FILE}") if lives(file.parent)]
    return sorted(found, key=_began, reverse=True)


def _began(folder: Path) -> float:
    """Seconds since 1970 when its last run began: in its last header, or now for one that waits for its first frame."""
    started = math.inf
    with (folder / FILE).open("rb") as handle:
        for line in handle:
            if line.startswith(HEADER) and line.endswith(b"\n"):
                with contextlib.suppress(ValueError, KeyError, TypeError):  # who reads the session says what is wrong
                    started = datetime.fromisoformat(read_object(line)["began"]).timestamp()
    return started
