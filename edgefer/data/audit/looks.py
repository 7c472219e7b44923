"""What an audit needs to know of every face, gathered in one pass over the pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgefer.console import progress
from edgefer.data.faces import FaceSet, Pixels
from edgefer.data.identical import Keys, face_keys
from edgefer.data.preprocess import gray, resize
from edgefer.errors import DataError

# Side of a thumbnail in pixels; faces of every size are compared at this one.
SIDE = 32

_BLOCK = 512


@dataclass(frozen=True)
class Looks:
    """All faces of all splits, one split after the other.

    keys: 16 bytes `[N]`, equal for equal pixels. thumbs: uint8 `[N, 32, 32]`, gray. mean, spread: float32 `[N]`, mean
    and standard deviation of the face's gray levels, 0..255. split: int64 `[N]`, number of the split. position: int64
    `[N]`, place in the split. label: int64 `[N]`.
    """

    keys: Keys
    thumbs: Pixels
    mean: npt.NDArray[np.float32]
    spread: npt.NDArray[np.float32]
    split: npt.NDArray[np.int64]
    position: npt.NDArray[np.int64]
    label: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.keys)


def look(sets: Sequence[FaceSet]) -> Looks:
    """Look at every face of the splits of one dataset; raises DataError when there is none."""
    sizes = [len(faces) for faces in sets]
    count = sum(sizes)
    if not count:
        raise DataError("there are no faces to audit")
    keys, thumbs = np.empty(count, "V16"), np.empty((count, SIDE, SIDE), np.uint8)
    mean, spread = np.empty(count, np.float32), np.empty(count, np.float32)
    row = 0
    with progress("looking at faces", count) as step:
        for faces in sets:
            for start in range(0, len(faces), _BLOCK):
                block = np.asarray(faces.pixels[start : start + _BLOCK])
                keys[row : row + len(block)] = face_keys(block)
                for place, face in enumerate(block, row):
                    flat = gray(face) if face.ndim == 3 else face
                    thumbs[place], mean[place], spread[place] = resize(flat, SIDE, SIDE), flat.mean(), flat.std()
                row += len(block)
                step(len(block), faces.split)
    return Looks(
        keys,
        thumbs,
        mean,
        spread,
        np.repeat(np.arange(len(sets)), sizes),
        np.concatenate([np.arange(size) for size in sizes]),
        np.concatenate([faces.labels for faces in sets]),
    )
