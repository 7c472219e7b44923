"""One probe in a process of its own: whatever the libraries that it loads do, the doctor goes on."""

from __future__ import annotations

import contextlib
import json
import os
from importlib import import_module
from typing import Any

# Begins the line of the answer; libraries print what they like around it.
ANSWER = "edgefer-doctor-answer "


def main(target: str) -> None:
    """Call `module:function` of `edgefer.doctor.probes`, write one line with its findings and end this process."""
    answer = os.dup(1)
    os.dup2(2, 1)  # what libraries print is no answer, and may be the last words of this process
    _leave_no_core()
    line = f"\n{ANSWER}{json.dumps(_outcome(target))}\n".encode()
    while line:
        line = line[os.write(answer, line) :]
    # Libraries that crash as they are unloaded have no say any more.
    os._exit(0)


def _outcome(target: str) -> dict[str, Any]:
    module, _, function = target.partition(":")
    try:
        found = getattr(import_module(f"edgefer.doctor.probes.{module}"), function)()
        return {"findings": [finding.values() for finding in found]}
    except BaseException as error:  # noqa: BLE001  a module may even end the process as it is imported
        said = (str(error).splitlines() or [""])[0][:200]
        return {"failed": f"{type(error).__name__}: {said}" if said else type(error).__name__}


def _leave_no_core() -> None:
    """A probe that crashes leaves no file in the folder where the doctor was asked."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
