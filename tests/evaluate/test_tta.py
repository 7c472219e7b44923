from __future__ import annotations

import numpy as np
import pytest

from edgefer.evaluate import tta
from edgefer.evaluate.choices import Tta
from edgefer.runtime.session import softmax


def numbered(rows, columns, faces=2):
    """Faces in which every pixel is another number."""
    return np.arange(faces * rows * columns, dtype=np.uint8).reshape(faces, rows, columns)


def test_one_crop_is_the_face_itself():
    faces = numbered(6, 8)
    (only,) = tta.views(faces, Tta.NONE)
    assert only is faces


@pytest.mark.parametrize("colour", [False, True])
def test_flip_is_the_face_and_its_mirror_image(colour):
    faces = np.stack([numbered(6, 8)] * 3, axis=-1) if colour else numbered(6, 8)
    whole, mirrored = tta.views(faces, Tta.FLIP)
    np.testing.assert_array_equal(whole, faces)
    np.testing.assert_array_equal(mirrored[1, 2, 0], faces[1, 2, 7])
    np.testing.assert_array_equal(mirrored[:, :, ::-1], faces)


def test_ten_crop_is_four_corners_and_the_centre_each_mirrored():
    faces = numbered(48, 48, faces=1)
    seen = list(tta.views(faces, Tta.TEN_CROP))
    assert [view.shape for view in seen] == [(1, 44, 44)] * 10
    starts = [(0, 0), (0, 4), (4, 0), (4, 4), (2, 2)]
    for (top, left), crop, mirrored in zip(starts, seen[::2], seen[1::2], strict=True):
        np.testing.assert_array_equal(crop[0], faces[0, top : top + 44, left : left + 44])
        np.testing.assert_array_equal(mirrored[0], crop[0, :, ::-1])


@pytest.mark.parametrize(("side", "kept"), [(48, 44), (100, 92), (24, 22), (1, 1)])
def test_a_crop_keeps_eleven_twelfths_of_a_side(side, kept):
    assert tta.crop_size(side) == kept


def test_the_average_is_that_of_probabilities_not_of_logits():
    first, second = np.log([[0.5, 0.3, 0.2]]), np.log([[0.1, 0.1, 0.8]]) + 40
    found = tta.average([first.astype(np.float32), second.astype(np.float32)])
    np.testing.assert_allclose(softmax(found), [[0.3, 0.2, 0.5]], rtol=1e-5)
    np.testing.assert_allclose(np.exp(found).sum(), 1, rtol=1e-5)


def test_the_average_of_huge_logits_is_finite():
    views = [np.array([[5000, -5000]], np.float32), np.array([[5000, -5000]], np.float32)]
    assert np.isfinite(tta.average(views)).all()


def test_what_was_done_is_said_with_the_size_of_the_crops():
    faces = np.zeros((1, 48, 100), np.uint8)
    assert tta.describe(Tta.NONE, faces) == "single crop"
    assert "mirror" in tta.describe(Tta.FLIP, faces)
    assert "crops of 92x44 of 100x48 px" in tta.describe(Tta.TEN_CROP, faces)
