"""The asking side of the fork server: commands as data, their outcomes as data, and what a folder holds."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 15.0


@dataclass(frozen=True)
class Command:
    """One command line as it is started. largest: bytes of the largest file that it may write; 0 for no limit.

    closed: streams that are closed when it starts. stdout: `pipe` for one that nobody reads, or a file that is there.
    """

    argv: Sequence[str]
    cwd: Path
    env: dict[str, str]
    largest: int = 0
    closed: tuple[str, ...] = ()
    stdin: str = ""
    stdout: str = ""


@dataclass(frozen=True)
class Ended:
    """How it ended. code: its exit code, negative for a signal. late: it was killed. megabytes: its most memory."""

    code: int
    late: bool
    megabytes: int
    out: str
    err: str


@dataclass
class Runner:
    """A fork server; `streams` is a folder for what the commands print, apart from where they work."""

    streams: Path
    _process: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        self.streams.mkdir(parents=True, exist_ok=True)
        env = {**os.environ, "OMP_NUM_THREADS": "1", "MPLCONFIGDIR": str(self.streams / "matplotlib")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.robustness.forkserver"],
            cwd=ROOT, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *commands: Command, timeout: float = TIMEOUT) -> list[Ended]:
        """Run commands at the same time; one result each."""
        outs = [self.streams / f"{place}.out" for place in range(len(commands))]
        errs = [self.streams / f"{place}.err" for place in range(len(commands))]
        asked = [
            {
                **vars(command),
                "argv": list(command.argv),
                "cwd": str(command.cwd),
                "out": command.stdout if command.stdout.startswith("/") else str(out),
                "err": str(err),
            }
            for command, out, err in zip(commands, outs, errs, strict=True)
        ]
        for out in outs:
            out.write_bytes(b"")
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"commands": asked, "timeout": timeout}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the fork server died"
        return [
            Ended(**result, out=_text(out), err=_text(err))
            for result, out, err in zip(json.loads(answer)["results"], outs, errs, strict=True)
        ]

    def close(self) -> None:
        self._process.communicate()


def environment(place: Path) -> dict[str, str]:
    """What a command is told of the machine: its own home and temporary folder under `place`, no display, no GPU."""
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(ROOT),
        "HOME": str(place / "home"),
        "EDGEFER_HOME": str(place / "home" / "edgefer"),
        "TMPDIR": str(place / "tmp"),
        "MPLCONFIGDIR": "/nowhere" if not (config := os.environ.get("MPLCONFIGDIR")) else config,
        "PYDANTIC_DISABLE_PLUGINS": "__all__",
        "COLUMNS": "200",
        "no_proxy": "*",
    }


def listing(folder: Path) -> dict[str, str]:
    """Everything under a folder: relative path to what it is, by content where it is a plain file of modest size."""
    found = {}
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(place, name)
            found[str(path.relative_to(folder))] = _what(path)
    return found


def _what(path: Path) -> str:
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        return f"link to {path.readlink()}"
    if stat.S_ISDIR(status.st_mode):
        return "folder"
    if not stat.S_ISREG(status.st_mode):
        return "other"
    if status.st_size > 1 << 24 or not status.st_mode & 0o400:
        return f"{status.st_size} bytes of {status.st_mtime_ns}"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "backslashreplace") if path.exists() else ""
