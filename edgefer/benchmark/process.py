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
from edgefer.errors import BackendError


class Worker:
    """A fresh Python process for one candidate. `folder` is an empty place to run in and to keep its stderr."""

    def __init__(self, candidate: Candidate, folder: Path) -> None:
        self._candidate = candidate
        self._log = folder / "stderr.txt"
        self._rest = b""
        self._gone = ""
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

    def open(self, faces: Path, limit: float) -> dict[str, Any]:
        """Open the candidate; returns `Subject.about`."""
        answer: dict[str, Any] = self._ask(
            {"do": "open", "candidate": self._candidate.model_dump(mode="json"), "faces": str(faces.resolve())}, limit
        )
        return answer

    def warm_up(self, batch: int, seconds: float, limit: float) -> dict[str, int]:
        """Warm up and return bytes of memory by method."""
        answer: dict[str, int] = self._ask({"do": "warm_up", "batch": batch, "seconds": seconds}, limit + seconds)
        return answer

    def measure(self, batch: int, warm: float, seconds: float, at_least: int, limit: float) -> list[int]:
        """Return nanoseconds of each call."""
        request = {"do": "measure", "batch": batch, "warm": warm, "seconds": seconds, "at_least": at_least}
        answer: list[int] = self._ask(request, limit + warm + seconds)
        return answer

    def close(self) -> None:
        """End the process and free its pipes; safe to call twice."""
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
        reply = json.loads(self._line(limit))
        if "error" in reply:
            raise BackendError(reply["error"])
        return reply["ok"]

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
