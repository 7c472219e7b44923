"""Steadies what the network says about one person.

Probabilities are averaged with weights that decay by a time constant in seconds; another emotion is shown when it has
been clearly ahead for a while, and none is while even the strongest is weak. All in seconds, so that the result is the
same at 10 and at 60 frames a second.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from edgefer.camera.settings import Watching

TICK = 1e-6  # seconds; sums of frame times are not exact


@dataclass
class _Since:
    """For how long something has been so."""

    start: float | None = None

    def lasted(self, so: bool, time: float, hold: float) -> bool:
        if not so:
            self.start = None
            return False
        if self.start is None:
            self.start = time
        return time - self.start >= hold - TICK


class Steady:
    """One person's emotion. Starts with the first answer; `update` takes the ones after it.

    probabilities: averaged, in the order of the answers. label: index of the emotion that is shown.
    uncertain: even the strongest is too weak to be shown.
    """

    def __init__(self, settings: Watching, answer: Sequence[float], time: float) -> None:
        self._settings = settings
        self._time = time
        self._behind, self._unlike = _Since(), _Since()
        self.probabilities = list(answer)
        self.label = self._best()
        self.uncertain = max(answer) < settings.floor

    @property
    def time(self) -> float:
        """When the network was asked last."""
        return self._time

    def update(self, answer: Sequence[float], time: float) -> None:
        """Take the network's answer, probabilities 0..1, at `time` (seconds, not falling)."""
        smooth = self._settings.smooth
        weight = 1 - math.exp(-(time - self._time) / smooth) if smooth else 1.0
        self._time = time
        self.probabilities = [old + weight * (new - old) for old, new in zip(self.probabilities, answer, strict=True)]
        if not smooth:
            self.label = self._best()
            self.uncertain = max(answer) < self._settings.floor
            return
        self._choose(time)
        self._doubt(time)

    def _choose(self, time: float) -> None:
        best = self._best()
        ahead = self.probabilities[best] > self.probabilities[self.label] + self._settings.lead
        if self._behind.lasted(ahead, time, self._settings.hold):
            self.label = best
            self._behind.start = None

    def _doubt(self, time: float) -> None:
        """Doubt ends a little above where it begins."""
        floor = self._settings.floor
        weak = max(self.probabilities) < (floor + self._settings.lead if self.uncertain and floor else floor)
        if self._unlike.lasted(weak != self.uncertain, time, self._settings.hold):
            self.uncertain = weak
            self._unlike.start = None

    def _best(self) -> int:
        return max(range(len(self.probabilities)), key=self.probabilities.__getitem__)
