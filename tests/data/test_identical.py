from __future__ import annotations

import numpy as np

from edgefer.data.identical import face_keys, stands_in
from tests.distill.faces import squares


def test_only_equal_pixels_have_equal_keys():
    pixels = squares(30).pixels.copy()
    pixels[4], pixels[9] = pixels[0], pixels[0]
    pixels[9, 3, 3] ^= 1
    keys = face_keys(pixels)
    assert keys[4] == keys[0]
    assert keys[9] != keys[0]
    assert len(set(keys.tolist())) == 29


def test_pixels_in_another_shape_are_another_picture():
    pixels = squares(1).pixels
    assert face_keys(pixels)[0] != face_keys(pixels.reshape(1, 12, 48))[0]


def test_which_faces_stand_in_another_set():
    faces, other = squares(20), squares(10, seed=1)
    other = other.take(np.arange(10))
    pixels = faces.pixels.copy()
    pixels[[2, 11]] = other.pixels[[5, 5]]
    mixed = type(faces).of("x", "PublicTest", faces.emotions, pixels, faces.labels)
    assert np.flatnonzero(stands_in(mixed, other)).tolist() == [2, 11]
    assert not stands_in(faces, other).any()
