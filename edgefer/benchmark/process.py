"""The asking side of a worker: start it, ask it with a time limit, end it."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import edgefer
from edgefer.benchmark.candidate import Candidate
from edgefer.benchmark.energy import Energy
from edgefer.errors import BackendError
from edgefer.runtime.session import PartTimes


class Worker:
    """A fresh Python process for one candidate. `folder` is an empty place to run in and to keep its stderr."""

    def __init__(self, candidate: Candidate, folder: Path) -> None:
        self._candidate = candidate
        self._log = folder / "stderr.txt"
        self._rest = b""
        self._gone = ""
        self._ordered = time.monotonic()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "edgefer.benchmark.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=folder,
                env=_environment(candidate.threads),
                # Ctrl-C belongs to the asking process, which ends its workers itself.
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def open(self, faces: Path, limit: float, largest: int = 1) -> dict[str, Any]:
        """Open the candidate, which will be given `largest` faces at most; returns `Subject.about` and `process`.

        process: seconds from the order to start the process to its first line of our code; None where nothing tells.
        """
        request = {
            "do": "open",
            "candidate": self._candidate.model_dump(mode="json"),
            "faces": str(faces.resolve()),
            "largest": largest,
            "ordered": self._ordered,
        }
        answer: dict[str, Any] = self._ask(request, limit)
        return answer

    def warm_up(self, batch: int, seconds: float, limit: float) -> dict[str, int]:
        """Warm up and return bytes of memory by method."""
        answer: dict[str, int] = self._ask({"do": "warm_up", "batch": batch, "seconds": seconds}, limit + seconds)
        return answer

    def measure(
        self, batch: int, warm: float, seconds: float, at_least: int, longest: float, limit: float
    ) -> list[int]:
        """Return nanoseconds of each call; `longest` ends them, as `timing.measure` says, and `limit` the waiting."""
        request = {
            "do": "measure",
            "batch": batch,
            "warm": warm,
            "seconds": seconds,
            "at_least": at_least,
            "limit": longest,
        }
        answer: list[int] = self._ask(request, limit + warm + max(seconds, longest))
        return answer

    def parts(self, batch: int, at_least: int, longest: float, limit: float) -> tuple[list[PartTimes], float]:
        """Return where the time of each of some calls went, and the seconds of all; as `Subject.parts`."""
        request = {"do": "parts", "batch": batch, "at_least": at_least, "limit": longest}
        answer = self._ask(request, limit + longest)
        return [PartTimes(**one) for one in answer["times"]], answer["wall_s"]

    def energy(self, batch: int, seconds: float, limit: float) -> Energy:
        """Return what `seconds` of calls draw, or why that is not known."""
        return Energy.model_validate(self._ask({"do": "energy", "batch": batch, "seconds": seconds}, limit + seconds))

    def check(self, batch: int, limit: float) -> None:
        """Raise BackendError when the candidate's answer is not what it was at first."""
        self._ask({"do": "check", "batch": batch}, limit)

    def close(self) -> None:
        """End the process with whatever it started, and free its pipes; safe to call twice."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _ask(self, request: dict[str, Any], limit: float) -> Any:
        """Raises BackendError with the row's reason when the worker reports an error, dies or is silent for `limit` s."""
        assert self._process.stdin is not None
        if self._gone:
            raise BackendError(self._gone)
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise BackendError(self._obituary()) from error
        line = self._line(limit)
        try:
            reply = json.loads(line)
            if "error" in reply:
                raise BackendError(reply["error"])
            return reply["ok"]
        except (ValueError, KeyError, TypeError) as error:
            self._gone = f"wrote {line[:40]!r} where its answer belongs, and was stopped"
            self.close()
            raise BackendError(self._gone) from error

    def _line(self, limit: float) -> bytes:
        assert self._process.stdout is not None
        deadline = time.monotonic() + limit
        descriptor = self._process.stdout.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, selectors.EVENT_READ)
            while b"\n" not in self._rest:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    self.close()
                    self._gone = f"gave no answer within {limit:.0f} s and was stopped"
                    raise BackendError(self._gone)
                block = os.read(descriptor, 1 << 16)
                if not block:
                    raise BackendError(self._obituary())
                self._rest += block
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def _obituary(self) -> str:
        """Why the process is gone, with the last thing it said."""
        code = self._process.wait()
        reason = f"exit code {code}"
        if code < 0:
            with contextlib.suppress(ValueError):
                reason = signal.Signals(-code).name
        if code == -signal.SIGKILL:
            reason += ", as the system ends a process when memory runs out"
        said = [line.strip() for line in self._log.read_text("utf-8", "replace").splitlines() if line.strip()]
        self._gone = f"its process died ({reason})" + (f": {said[-1][:200]}" if said else "")
        return self._gone


def _environment(threads: int) -> dict[str, str]:
    root = Path(edgefer.__file__).resolve().parent.parent
    # The worker runs in another folder, so relative entries are made absolute.
    paths = [str(Path(entry).resolve()) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    # A checkout that runs without being installed; an installed package is found anyway.
    if (root / "pyproject.toml").is_file():
        paths.append(str(root))
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    if paths:
        environment["PYTHONPATH"] = os.pathsep.join(paths)
    return environment
