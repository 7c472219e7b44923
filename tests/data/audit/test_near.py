from __future__ import annotations

import cv2
import numpy as np
import pytest

from edgefer.data.audit import near
from edgefer.data.audit.looks import look
from edgefer.data.audit.near import THRESHOLD, find_twins
from tests.pictures import COPIES, face_set, inner, pictures, wide


def twins_of(faces):
    return find_twins(look([face_set(faces)]).thumbs)


@pytest.mark.parametrize("kind", COPIES)
def test_a_copy_is_found_among_strangers(kind):
    sources = wide(40)
    faces = np.stack([*(inner(one) for one in sources), *(COPIES[kind](one) for one in sources[:10])])
    found = twins_of(faces)
    assert list(zip(found.first.tolist(), found.second.tolist(), strict=True)) == [(n, 40 + n) for n in range(10)]
    assert found.mirrored.tolist() == ["mirrored" in kind] * 10
    assert (found.correlation >= THRESHOLD).all()
    assert (found.correlation <= 1).all()


def test_strangers_have_no_twins():
    assert len(twins_of(pictures(400))) == 0


def test_pictures_with_the_same_coarse_light_are_no_twins():
    coarse = cv2.GaussianBlur(np.random.default_rng(0).standard_normal((48, 48)), (0, 0), 9)
    faces = 128 + 55 * coarse / coarse.std() + 30 * (pictures(40, seed=3) / 255 - 0.5)
    faces = np.clip(faces, 0, 255).astype(np.uint8)
    assert np.corrcoef(faces.reshape(40, -1)).min() > 0.95
    assert len(twins_of(faces)) == 0


def test_flat_middles_are_no_twins():
    """OpenCV calls every correlation with a flat picture 1."""
    faces = np.full((6, 48, 48), 200, np.uint8)
    for number, face in enumerate(faces):
        face[0, number] = 0
    assert len(twins_of(faces)) == 0


def test_a_zoom_is_undone():
    source = wide(1)[0]
    found = twins_of(np.stack([inner(source), COPIES["zoomed"](source)]))
    assert found.correlation[0] > 0.985


def test_a_face_that_is_nearly_symmetric_is_one_pair_the_better_way(monkeypatch):
    one, other = pictures(2).astype(np.float32)
    face = 0.45 * (one + one[:, ::-1]) + 0.1 * other
    both = np.zeros(2, np.int64), np.ones(2, np.int64), np.array([True, False])
    monkeypatch.setattr(near, "_candidates", lambda thumbs: both)
    found = twins_of(np.stack([face, 0.9 * face + 10]).astype(np.uint8))
    assert found.mirrored.tolist() == [False]
    found = twins_of(np.stack([face, 0.9 * face[:, ::-1] + 10]).astype(np.uint8))
    assert found.mirrored.tolist() == [True]


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_to_compare(count):
    assert len(find_twins(np.zeros((count, 32, 32), np.uint8))) == 0
