"""How much the rest of the machine worked while the suite measured."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

_STAT = Path("/proc/stat")


class Meter:
    """CPU time of everything but this process, its ended children and the processes in `pids`, since it was made.

    A load average only knows the last minutes and counts the suite itself; this counts the seconds that were measured.
    """

    def __init__(self) -> None:
        self._begin = time.monotonic()
        self._machine = _machine_seconds()
        self._own = _own_seconds(())

    def cores(self, pids: Iterable[int]) -> float | None:
        """Cores that others kept busy on average; None where the system does not tell. Call while `pids` live."""
        machine = _machine_seconds()
        if machine is None or self._machine is None:
            return None
        others = (machine - self._machine) - (_own_seconds(pids) - self._own)
        return max(0.0, others / max(time.monotonic() - self._begin, 1e-9))


def _machine_seconds() -> float | None:
    """Busy seconds of all cores since boot, the time stolen by a hypervisor's other guests included."""
    try:
        user, nice, system, _idle, _wait, irq, softirq, steal = map(int, _STAT.read_text().split("\n")[0].split()[1:9])
    except (OSError, ValueError):
        return None
    return (user + nice + system + irq + softirq + steal) / _ticks()


def _own_seconds(pids: Iterable[int]) -> float:
    spent = os.times()
    total = spent.user + spent.system + spent.children_user + spent.children_system
    for pid in pids:
        try:
            # The name in brackets may hold spaces; user and system time are fields 14 and 15 of the whole line.
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += (int(fields[11]) + int(fields[12])) / _ticks()
    return total


def _ticks() -> int:
    return os.sysconf("SC_CLK_TCK")
