"""How long a camera or stream is waited for. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import isfinite

from edgefer.errors import UsageError

MOST = 86_400 * 7.0


@dataclass(frozen=True)
class Endurance:
    """Patience with a live source, in seconds.

    reconnect: how long a source that is lost is opened again and again before the run ends; 0 ends it at once.
    silent: a source that gives no frame for so long is lost.
    frozen: so is one that gives the same picture for so long, as some drivers do when the cable is pulled; 0 for never.

    Raises UsageError for a value that is out of range.
    """

    reconnect: float = 30.0
    silent: float = 5.0
    frozen: float = 10.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not isfinite(value) or not 0 <= value <= MOST:
                raise UsageError(f"{field.name} is {value:g}", f"give seconds from 0 to {MOST:g}")
