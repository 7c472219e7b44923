"""Where a face goes on to be: constant velocity, from where it was found lately."""

from __future__ import annotations

import math

from edgefer.data.preprocess import Box

TURN = 0.1  # seconds in which a new velocity mostly replaces the old one; detectors jitter by a pixel or two
FADE = 0.4  # seconds in which a face that nobody sees mostly comes to rest


class Motion:
    """The box of one face over time. Its size stays as it was found: extrapolated, it is further off (measured)."""

    def __init__(self, box: Box, time: float) -> None:
        self._box, self._time = box, time
        self._dx = self._dy = 0.0  # pixels a second

    def found(self, box: Box, time: float) -> None:
        """The face was found at `box`, at `time` (seconds, not falling)."""
        passed = time - self._time
        if passed > 0:
            share = 1 - math.exp(-passed / TURN)
            (x, y), (old_x, old_y) = _centre(box), _centre(self._box)
            self._dx += share * ((x - old_x) / passed - self._dx)
            self._dy += share * ((y - old_y) / passed - self._dy)
        self._box, self._time = box, time

    def at(self, time: float) -> Box:
        """Where it is expected at `time`, not before it was last found."""
        x, y, width, height = self._box
        moving = FADE * (1 - math.exp(-(time - self._time) / FADE))
        return round(x + self._dx * moving), round(y + self._dy * moving), width, height


def _centre(box: Box) -> tuple[float, float]:
    x, y, width, height = box
    return x + width / 2, y + height / 2
