"""`python -m edgefer.benchmark.worker`: one candidate in a process of its own, asked by JSON lines.

stdin, one request a line; stdout, one answer a line, `{"ok": ...}` or `{"error": "one line"}`:

    {"do": "open", "candidate": {...}, "faces": "faces.npy", "largest": 32, "ordered": 12.5} -> Subject.about
    {"do": "warm_up", "batch": 1, "seconds": 0.2}                  -> bytes by method
    {"do": "measure", "batch": 1, "warm": 0.1, "seconds": 0.4, "at_least": 3, "limit": 2} -> [nanoseconds, ...]
    {"do": "parts", "batch": 1, "at_least": 40, "limit": 0.5}      -> {"times": [PartTimes, ...], "wall_s": 0.1}
    {"do": "energy", "batch": 1, "seconds": 2}                     -> Energy
    {"do": "check", "batch": 1}                                    -> null

`ordered` is the monotonic clock when the process was ordered. It ends when stdin does, so it never outlives the process
that asks.
"""

from __future__ import annotations

import time

# The monotonic clock when this process came to our first line: everything before is the interpreter's.
_BEGAN = time.monotonic()

# ruff: noqa: E402 - what follows is imported after the clock was read, since its time counts
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from edgefer.benchmark.candidate import Candidate
from edgefer.benchmark.subject import Subject
from edgefer.errors import EdgeferError

_IMPORTED = time.monotonic()


def main() -> None:
    """Answer requests until stdin ends."""
    requests, answers = _take_streams()
    subject: Subject | None = None
    for line in requests:
        request = json.loads(line)
        try:
            if request["do"] == "open":
                subject = _open(request)
            reply = {"ok": _answer(subject, request)}
        except EdgeferError as error:
            # The fix is for who opens one file; a row only needs the reason.
            reply = {"error": error.what.removeprefix(f"{request.get('candidate', {}).get('target')} ")}
        except Exception as error:  # noqa: BLE001 - whatever a runtime throws becomes the row's reason
            first = (str(error).splitlines() or [""])[0]
            reply = {"error": f"{type(error).__name__}: {first}"[:300]}
        answers.write(json.dumps(reply) + "\n")
        answers.flush()


def _open(request: dict[str, Any]) -> Subject:
    return Subject(
        Candidate.model_validate(request["candidate"]), Path(request["faces"]), request["largest"], _IMPORTED - _BEGAN
    )


def _answer(subject: Subject | None, request: dict[str, Any]) -> Any:
    asked = {name: value for name, value in request.items() if name != "do"}
    if subject is None:
        raise RuntimeError("nothing is open")
    if request["do"] == "open":
        return {**subject.about(), "process": _until_our_code(request["ordered"])}
    if request["do"] == "warm_up":
        return subject.warm_up(**asked)
    if request["do"] == "measure":
        return subject.measure(**asked)
    if request["do"] == "parts":
        times, wall = subject.parts(**asked)
        return {"times": [asdict(one) for one in times], "wall_s": wall}
    if request["do"] == "energy":
        return subject.energy(**asked).model_dump(mode="json")
    return subject.check(**asked)


def _until_our_code(ordered: float) -> float | None:
    """Seconds; None where two processes do not share the monotonic clock, which Linux's do since the machine started."""
    return _BEGAN - ordered if sys.platform == "linux" and ordered <= _BEGAN else None


def _take_streams() -> tuple[TextIO, TextIO]:
    """Keep the real stdin and stdout for requests and answers.

    Whatever a library prints goes to stderr, and whoever reads stdin finds it empty.
    """
    requests, answers = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, answers


if __name__ == "__main__":
    main()
