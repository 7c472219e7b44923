"""How faces are followed and their labels steadied, as one frozen object; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from math import isfinite
from typing import Any

from edgefer.errors import UsageError


@dataclass(frozen=True)
class Watching:
    """Settings of watching. All times are in seconds, so that a result does not depend on the frame rate.

    detect_every: look for faces in every so many frames, and follow them in those between.
    confirm: how often a face must be found before it is shown, so that a pattern on a wall is not.
    patience: how long a person who is not seen keeps the number.
    infer_every: how long one answer of the network stands for a person; 0 asks it in every frame.
    smooth: time constant of each person's probabilities; 0 takes the network's answers as they are.
    lead: by how much another emotion must be ahead, 0..1, and hold: for how long, before it is shown.
    floor: below this probability of the strongest emotion, 0..1, a face is shown as uncertain; 0 for never.

    Raises UsageError for a value that is out of range.
    """

    detect_every: int = 2
    confirm: int = 2
    patience: float = 1.5
    infer_every: float = 0.0
    smooth: float = 0.5
    lead: float = 0.05
    hold: float = 0.3
    floor: float = 0.4

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            low, high = LIMITS[field.name]
            if not isfinite(value) or not low <= value <= high:
                raise UsageError(f"{field.name} is {value:g}", f"give a value from {low:g} to {high:g}")

    def but(self, **changes: Any) -> Watching:
        """A copy with some settings replaced."""
        return replace(self, **changes)


LIMITS = {
    "detect_every": (1, 1000),
    "confirm": (1, 1000),
    "patience": (0, 60),
    "infer_every": (0, 60),
    "smooth": (0, 60),
    "lead": (0, 1),
    "hold": (0, 60),
    "floor": (0, 1),
}
