"""Learning rates."""

from __future__ import annotations

import math
from dataclasses import dataclass

from edgefer.recipe import ScheduleSection


def rate_factor(section: ScheduleSection, progress: float, epochs: int) -> float:
    """What the base rate is multiplied by `progress` epochs into a run of `epochs`, before any plateau."""
    if progress < section.warmup:
        return max(progress, 1e-3) / section.warmup
    if section.kind == "plateau":
        return 1.0
    done = (progress - section.warmup) / max(epochs - section.warmup, 1e-9)
    return 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))


@dataclass
class Plateau:
    """Multiplies the rate by `factor` once `patience` epochs have passed without a better accuracy."""

    best: float = -1.0
    waited: int = 0
    scale: float = 1.0

    def update(self, accuracy: float, section: ScheduleSection) -> None:
        """Take one epoch's accuracy."""
        if section.kind != "plateau":
            return
        if accuracy > self.best:
            self.best, self.waited = accuracy, 0
            return
        self.waited += 1
        if self.waited > section.patience:
            self.scale, self.waited = self.scale * section.factor, 0
