"""Which faces are the same picture, to the pixel."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from edgefer.data.faces import FaceSet, Pixels

Keys = npt.NDArray[np.void]


def face_keys(pixels: Pixels) -> Keys:
    """A 16-byte key for each face, `[N]`: equal keys mean equal pixels (BLAKE2b, of the shape too)."""
    shape = f"{pixels.shape[1:]}".encode()
    digests = (hashlib.blake2b(np.ascontiguousarray(face).data, digest_size=16, key=shape).digest() for face in pixels)
    return np.frombuffer(b"".join(digests), np.dtype("V16"))


def stands_in(faces: FaceSet, other: FaceSet) -> npt.NDArray[np.bool_]:
    """Which of `faces` are also in `other`, bool `[N]`."""
    known = set(face_keys(other.pixels).tolist())
    return np.fromiter((key in known for key in face_keys(faces.pixels).tolist()), np.bool_, len(faces))
