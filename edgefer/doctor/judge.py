"""What findings mean together: one TensorRT that builds is enough, and what a purpose still lacks."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from dataclasses import replace

from edgefer.doctor.finding import Finding, Group, Mark, Purpose

STANDARD, RTX = "TensorRT", "TensorRT-RTX"


def judged(findings: Sequence[Finding], machine: str = "") -> tuple[Finding, ...]:
    """The same with the marks of the TensorRT flavours set by what this machine needs of them.

    machine: the processor's architecture, as `platform.machine()` says it.
    """
    builders = [finding for finding in findings if finding.group is Group.TENSORRT and finding.needed_for]
    enough = any(finding.mark is not Mark.MISSING for finding in builders)
    wanted = "" if enough else _preferred(findings, machine or platform.machine())
    return tuple(_relaxed(one) if one in builders and one.name != wanted else one for one in findings)


def lacking(findings: Iterable[Finding], purpose: Purpose) -> tuple[Finding, ...]:
    """What is missing for a purpose; empty when it can be done."""
    return tuple(one for one in findings if one.mark is Mark.MISSING and purpose in one.needed_for)


def _preferred(findings: Iterable[Finding], machine: str) -> str:
    """The flavour to install where none builds: without a GPU only TensorRT-RTX does, which is there for x86-64."""
    gpu = any(one.group is Group.GPU and one.details.get("gpus") for one in findings)
    return RTX if not gpu and machine.lower() in ("x86_64", "amd64") else STANDARD


def _relaxed(finding: Finding) -> Finding:
    """A flavour that another one stands in for: a warning where it is installed and broken."""
    if finding.mark is not Mark.MISSING:
        return finding
    if finding.details.get("state") in ("not installed", "no GPU"):
        return replace(finding, mark=Mark.ABSENT, fix="")
    return replace(finding, mark=Mark.WARNING)
