"""edgefer as a process of its own, for tests of signals, locks and limits."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable


def started(*arguments: object, before: str = "") -> subprocess.Popen[str]:
    """`edgefer ARGUMENTS`, both streams captured; `before` is run in that process first."""
    script = f"import sys; {before or 'pass'}\nfrom edgefer.cli.main import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def until(happened: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something; fails the test when it does not happen."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
