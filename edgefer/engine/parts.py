"""How long each part of a build takes."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

# Accuracy is measured besides the build: an engine is as good without.
MEASURING = "measuring accuracy"


class Parts:
    """seconds: of each part, by name, in the order in which they began."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Time the block as a part; one that comes twice adds up."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - start
