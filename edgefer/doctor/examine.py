"""The examination: every probe asked, every finding judged."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import edgefer
from edgefer.doctor.children import ask
from edgefer.doctor.finding import Finding, Group, Mark, Purpose
from edgefer.doctor.judge import judged, lacking
from edgefer.doctor.probe import PROBES, Probe

LIMIT_S = 20.0  # PyTorch from the SD card of a small board takes more than ten


@dataclass(frozen=True)
class Examination:
    """findings: in the order of their groups. seconds: that it took."""

    findings: tuple[Finding, ...]
    seconds: float

    def lacking(self, purpose: Purpose) -> tuple[Finding, ...]:
        """What is missing for a purpose; empty when it can be done."""
        return lacking(self.findings, purpose)

    def values(self) -> dict[str, Any]:
        """As `edgefer doctor --json` prints it."""
        return {
            "schema": 1,
            "edgefer": edgefer.__version__,
            "seconds": round(self.seconds, 2),
            "ready": {purpose.value: not self.lacking(purpose) for purpose in Purpose},
            "marks": {mark.value: sum(one.mark is mark for one in self.findings) for mark in Mark},
            "findings": [finding.values() for finding in self.findings],
        }


def examine(
    limit: float = LIMIT_S,
    waiting: Callable[[Sequence[str]], None] = lambda _: None,
    probes: Sequence[Probe] = PROBES,
) -> Examination:
    """Look at this machine. Never raises for what is broken in it.

    limit: seconds for each probe; all run at the same time. waiting: told once, after some seconds, which are awaited.
    """
    start = time.monotonic()
    answers = ask(probes, limit, waiting)
    order = list(Group)
    found = sorted((one for findings in answers.values() for one in findings), key=lambda one: order.index(one.group))
    return Examination(judged(found), time.monotonic() - start)
