"""Test-time augmentation: several views of one face, and the mean of a network's probabilities over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from edgefer.data.faces import Pixels
from edgefer.evaluate.choices import Tta
from edgefer.runtime.session import Array

# A crop's share of the face's height and width: 44 of 48 pixels, as in most published ten-crop figures of FER2013.
CROP = Fraction(44, 48)


def views(pixels: Pixels, tta: Tta) -> Iterator[Pixels]:
    """The views of faces, uint8 `[N, H, W]` or `[N, H, W, 3]`, each a set of as many.

    none: the faces. flip: the faces and their mirror images. ten-crop: the four corners and the centre at `CROP` of the
    height and width, each as it is and mirrored; the network's preprocessing resizes them to its input.
    """
    if tta is Tta.TEN_CROP:
        for crop in five_crops(pixels):
            yield crop
            yield mirror(crop)
        return
    yield pixels
    if tta is Tta.FLIP:
        yield mirror(pixels)


def five_crops(pixels: Pixels) -> Iterator[Pixels]:
    """Corners (upper left, upper right, lower left, lower right), then the centre."""
    rows, columns = pixels.shape[1:3]
    height, width = crop_size(rows), crop_size(columns)
    bottom, right = rows - height, columns - width
    for top, left in ((0, 0), (0, right), (bottom, 0), (bottom, right), (bottom // 2, right // 2)):
        yield pixels[:, top : top + height, left : left + width]


def mirror(pixels: Pixels) -> Pixels:
    """Left and right exchanged."""
    return pixels[:, :, ::-1]


def crop_size(side: int) -> int:
    """Pixels of a side that a crop keeps."""
    return max(1, round(side * CROP))


def average(logits: Sequence[Array]) -> Array:
    """Of each view's logits, float32 `[N, labels]`: the log of the mean of their softmax, float32 `[N, labels]`.

    So its own softmax is the mean of the probabilities. One view's logits come back as they are.
    """
    if len(logits) == 1:
        return logits[0]
    stacked = np.stack(logits).astype(np.float64)
    stacked -= np.logaddexp.reduce(stacked, axis=2, keepdims=True)
    return np.asarray(np.logaddexp.reduce(stacked, axis=0) - np.log(len(logits)), np.float32)


def describe(tta: Tta, pixels: Pixels) -> str:
    """What a figure must say of how it was taken."""
    if tta is Tta.NONE:
        return "single crop"
    if tta is Tta.FLIP:
        return "flip (mean over face and mirror image)"
    rows, columns = pixels.shape[1:3]
    return (
        f"ten-crop (mean over five crops of {crop_size(columns)}x{crop_size(rows)} "
        f"of {columns}x{rows} px and their mirror images)"
    )
