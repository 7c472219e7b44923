"""Names that the command line shows; imports nothing heavy."""

from __future__ import annotations

from enum import Enum


class Tta(str, Enum):
    """Test-time augmentation: which views of a face a network answers, its probabilities averaged over them."""

    NONE = "none"
    FLIP = "flip"
    TEN_CROP = "ten-crop"
