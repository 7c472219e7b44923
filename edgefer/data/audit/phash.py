"""Perceptual hashes: 64 bits a face that stay nearly the same when a picture is re-encoded, rescaled or watermarked.

The hash of C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010), section 3.2.1: of the
64 lowest spatial frequencies of a discrete cosine transform, which are above their median. A mirrored picture has the
same cosines with the sign of the odd horizontal ones turned, so that its hash costs no second transform.

A hash does not bear a shift of a tenth of the face, and copies of one photograph that went through a face detector
twice are shifted and zoomed so. Hashes are therefore also taken through six more windows: shifted and zoomed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgefer.data.faces import Pixels

Hashes = npt.NDArray[np.uint64]

_BITS = 64
_BLOCK = 512


@dataclass(frozen=True)
class Window:
    """A square of a face; centre and side in units of the face's side."""

    y: float = 0.5
    x: float = 0.5
    side: float = 0.9


PLAIN = Window()
# A set that holds the mirror image of each of its windows.
WINDOWS = (
    PLAIN,
    *(Window(0.5 + dy / 20, 0.5 + dx / 20) for dy, dx in ((-1, 0), (1, 0), (0, -1), (0, 1))),
    Window(side=0.9 / 1.075),
    Window(side=0.9 * 1.075),
)


def hashes(thumbs: Pixels, window: Window = PLAIN, mirrored: bool = False) -> Hashes:
    """The hash of each face seen through a window, or of its mirror image seen so: uint64 `[N]`.

    thumbs: uint8 `[N, S, S]`.
    """
    vertical, horizontal = _order()
    down = _cosines(window.y, window.side, thumbs.shape[1], int(vertical.max()))
    across = _cosines(window.x, window.side, thumbs.shape[2], int(horizontal.max()))
    sign = np.where(horizontal % 2, -1, 1).astype(np.float32) if mirrored else np.float32(1)
    found = np.empty(len(thumbs), np.uint64)
    for start in range(0, len(thumbs), _BLOCK):
        spectrum = down @ (thumbs[start : start + _BLOCK].astype(np.float32) @ across.T)
        lowest = spectrum[:, vertical, horizontal] * sign
        bits = lowest > np.median(lowest, axis=1, keepdims=True)
        found[start : start + _BLOCK] = np.ascontiguousarray(np.packbits(bits, axis=1)).view(np.uint64)[:, 0]
    return found


def within(left: Hashes, right: Hashes, radius: int) -> Iterator[npt.NDArray[np.int64]]:
    """Pairs of `left[i]` and `right[j]`, i < j, at a Hamming distance of at most `radius`: int64 `[n, 2]`, by blocks.

    One block for each 512 faces of `left`, the last one too.
    """
    # numpy counts bits since 2.0.
    near = _near_by_bits if hasattr(np, "bitwise_count") else _near_by_products
    for row in range(0, len(left), _BLOCK):
        found = [np.empty((0, 2), np.int64)]
        for column in range(row, len(right), _BLOCK):
            some = near(left[row : row + _BLOCK], right[column : column + _BLOCK], radius)
            one, other = np.divmod(np.flatnonzero(some), some.shape[1])
            found.append(np.stack([one + row, other + column], axis=1))
        pairs = np.concatenate(found)
        yield pairs[pairs[:, 0] < pairs[:, 1]]


def _near_by_bits(left: Hashes, right: Hashes, radius: int) -> npt.NDArray[np.bool_]:
    """Which are near, bool `[left, right]`."""
    return np.asarray(np.bitwise_count(left[:, None] ^ right) <= radius)


def _near_by_products(left: Hashes, right: Hashes, radius: int) -> npt.NDArray[np.bool_]:
    """The same: a product of +1 and -1 counts equal bits less different ones, as fast as matrices are multiplied."""
    one, other = (
        2 * np.unpackbits(np.ascontiguousarray(some)[:, None].view(np.uint8), axis=1).astype(np.float32) - 1
        for some in (left, right)
    )
    return np.asarray(one @ other.T >= _BITS - 2 * radius)


def blocks(faces: int) -> int:
    """How many blocks `within` yields for so many faces."""
    return -(-faces // _BLOCK)


def _order() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Vertical and horizontal numbers of the 64 lowest frequencies but for the mean, int64 `[64]` each."""
    vertical, horizontal = np.divmod(np.arange(_BITS * 2), 11)
    lowest = np.argsort(vertical**2 + horizontal**2, kind="stable")[1 : _BITS + 1]
    return vertical[lowest], horizontal[lowest]


def _cosines(centre: float, side: float, size: int, highest: int) -> npt.NDArray[np.float32]:
    """Integrals of the window's cosines 0..highest over each of `size` pixels, float32 `[highest + 1, size]`."""
    edges = np.clip((np.arange(size + 1) / size - centre) / side + 0.5, 0, 1)
    waves = np.pi * np.arange(1, highest + 1)[:, None]
    rest = np.diff(np.sin(waves * edges) / waves)
    return np.concatenate([np.diff(edges)[None], rest]).astype(np.float32)
