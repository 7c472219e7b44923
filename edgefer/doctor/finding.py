"""What a probe reports: a mark, a fact, and the line that fixes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Mark(str, Enum):
    """ABSENT: not here, and nothing that edgefer does on this machine needs it. MISSING: something does."""

    OK = "ok"
    WARNING = "warning"
    MISSING = "missing"
    ABSENT = "absent"


class Group(str, Enum):
    """Where a finding stands in the table, in this order."""

    SYSTEM = "System"
    GPU = "GPU"
    TENSORRT = "TensorRT"
    RUNTIMES = "Runtimes"
    CAMERA = "Camera"
    FOLDERS = "Folders"


class Purpose(str, Enum):
    """What somebody wants to do on this machine."""

    TRAIN = "train"
    BUILD = "build"
    RUN = "run"


@dataclass(frozen=True)
class Finding:
    """One row.

    fix: the line to type that turns the mark to OK; what to do instead where nothing can be typed. WARNING and MISSING
    always have one. needed_for: what cannot be done without it; MISSING always has some. details: the same as values.
    Raises ValueError for a mark without what it must have.
    """

    group: Group
    name: str
    mark: Mark
    fact: str
    fix: str = ""
    needed_for: tuple[Purpose, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.mark in (Mark.WARNING, Mark.MISSING) and not self.fix:
            raise ValueError(f"{self.name}: {self.mark.value} without a line that fixes it")
        if self.mark is Mark.MISSING and not self.needed_for:
            raise ValueError(f"{self.name}: missing, but needed for nothing")

    def values(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "group": self.group.value,
            "name": self.name,
            "mark": self.mark.value,
            "fact": self.fact,
            "fix": self.fix,
            "needed_for": [purpose.value for purpose in self.needed_for],
            "details": self.details,
        }


def from_values(values: dict[str, Any]) -> Finding:
    """The reverse of `Finding.values`; ValueError, KeyError or TypeError for anything else."""
    return Finding(
        group=Group(values["group"]),
        name=str(values["name"]),
        mark=Mark(values["mark"]),
        fact=str(values["fact"]),
        fix=str(values["fix"]),
        needed_for=tuple(Purpose(purpose) for purpose in values["needed_for"]),
        details=dict(values["details"]),
    )


def grave(needed_for: tuple[Purpose, ...]) -> Mark:
    """The mark of something that does not work: MISSING where it is needed, else WARNING."""
    return Mark.MISSING if needed_for else Mark.WARNING
