"""What is asked of a camera: size, rate and codec. Imports nothing heavy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from math import isfinite

from edgefer.errors import UsageError

Size = tuple[int, int]
LARGEST = 16384  # pixels
FASTEST = 1000.0  # frames a second


class Codec(str, Enum):
    """How a camera sends its pictures: motion JPEG, uncompressed YUYV, or H.264."""

    MJPG = "mjpg"
    YUYV = "yuyv"
    H264 = "h264"


@dataclass(frozen=True)
class Asked:
    """What was asked for; None where the camera may choose.

    size: width, height in pixels. fps: frames a second.

    Raises UsageError for a value that is out of range.
    """

    size: Size | None = None
    fps: float | None = None
    codec: Codec | None = None

    def __post_init__(self) -> None:
        if self.size is not None and not all(1 <= side <= LARGEST for side in self.size):
            raise UsageError(f"size {self.size[0]}x{self.size[1]} is out of range", f"use sides of 1 to {LARGEST}")
        if self.fps is not None and not (isfinite(self.fps) and 0 < self.fps <= FASTEST):
            raise UsageError(f"{self.fps:g} frames a second are out of range", f"use up to {FASTEST:g}")

    def __bool__(self) -> bool:
        return (self.size, self.fps, self.codec) != (None, None, None)

    def __str__(self) -> str:
        parts = [
            "x".join(map(str, self.size)) if self.size else "",
            f"at {self.fps:g} fps" if self.fps else "",
            self.codec.value.upper() if self.codec else "",
        ]
        return " ".join(part for part in parts if part)

    def also(self, other: Asked) -> Asked:
        """Both together; UsageError where each names the same thing."""
        for name in ("size", "fps", "codec"):
            if getattr(self, name) is not None and getattr(other, name) is not None:
                raise UsageError(f"--{name} and {name}= in the address exclude each other", "give one of them")
        return Asked(self.size or other.size, self.fps or other.fps, self.codec or other.codec)


def parse_size(text: str) -> Size:
    """`1280x720` to (1280, 720). Raises UsageError for anything else."""
    if match := re.fullmatch(r"(\d{1,5})[xX](\d{1,5})", text.strip()):
        return int(match[1]), int(match[2])
    raise UsageError(f"'{text}' is no size", "write WIDTHxHEIGHT, for example 1280x720")
