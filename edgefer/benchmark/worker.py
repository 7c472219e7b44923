"""`python -m edgefer.benchmark.worker`: one candidate in a process of its own, asked by JSON lines.

stdin, one request a line; stdout, one answer a line, `{"ok": ...}` or `{"error": "one line"}`:

    {"do": "open", "candidate": {...}, "faces": "faces.npy"}       -> Subject.about
    {"do": "warm_up", "batch": 1, "seconds": 0.2}                  -> bytes by method
    {"do": "measure", "batch": 1, "warm": 0.1, "seconds": 0.4, "at_least": 3} -> [nanoseconds, ...]

It ends when stdin does, so it never outlives the process that asks.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, TextIO

from edgefer.benchmark.candidate import Candidate
from edgefer.benchmark.subject import Subject
from edgefer.errors import EdgeferError


def main() -> None:
    """Answer requests until stdin ends."""
    answers = _take_stdout()
    subject: Subject | None = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "open":
                subject = Subject(Candidate.model_validate(request["candidate"]), Path(request["faces"]))
                answer: Any = subject.about()
            elif subject is None:
                raise RuntimeError("nothing is open")
            elif request["do"] == "warm_up":
                answer = subject.warm_up(request["batch"], request["seconds"])
            else:
                answer = subject.measure(request["batch"], request["warm"], request["seconds"], request["at_least"])
            reply = {"ok": answer}
        except EdgeferError as error:
            # The fix is for who opens one file; a row only needs the reason.
            reply = {"error": error.what.removeprefix(f"{request.get('candidate', {}).get('target')} ")}
        except Exception as error:  # noqa: BLE001 - whatever a runtime throws becomes the row's reason
            first = (str(error).splitlines() or [""])[0]
            reply = {"error": f"{type(error).__name__}: {first}"[:300]}
        answers.write(json.dumps(reply) + "\n")
        answers.flush()


def _take_stdout() -> TextIO:
    """Keep the real stdout for answers and send everything that libraries print there to stderr."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return channel


if __name__ == "__main__":
    main()
