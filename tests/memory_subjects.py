"""A session whose memory is known to the byte, for the benchmark to find out."""

from __future__ import annotations

import numpy as np

from tests.subjects import Known

KEPT, GULP = 200_000_000, 300_000_000


class Gulper(Known):
    """200 MB from the start, and 300 MB more within each call."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.kept = np.ones(KEPT, np.uint8)

    def _infer(self, pixels):
        np.ones(GULP, np.uint8)
        return super()._infer(pixels)


def gulper():
    return Gulper("gulper")
