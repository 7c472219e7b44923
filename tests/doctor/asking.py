"""Asks one of the doctor's probes, in a process of its own, as the doctor does."""

from __future__ import annotations

from edgefer.doctor.children import ask
from edgefer.doctor.finding import Finding
from edgefer.doctor.probe import PROBES

LIMIT_S = 60.0


def findings(target: str, limit: float = LIMIT_S) -> dict[str, Finding]:
    """What a probe finds, by name."""
    probe = next(probe for probe in PROBES if probe.target == target)
    return {finding.name: finding for finding in ask([probe], limit)[probe]}
