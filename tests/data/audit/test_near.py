from __future__ import annotations

import numpy as np
import pytest

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
    light = np.linspace(20, 230, 48)[:, None] * np.linspace(0.6, 1, 48)
    faces = np.clip(light + (pictures(60, seed=3) / 255 - 0.5) * 60, 0, 255).astype(np.uint8)
    alike = np.corrcoef(faces.reshape(60, -1))
    assert alike.min() > 0.85
    assert len(twins_of(faces)) == 0


def test_flat_middles_are_no_twins():
    """OpenCV calls every correlation with a flat picture 1."""
    faces = np.full((6, 48, 48), 200, np.uint8)
    for number, face in enumerate(faces):
        face[0, number] = 0
    assert len(twins_of(faces)) == 0


def test_a_face_that_is_nearly_symmetric_and_its_copy_are_one_pair():
    one, other = pictures(2).astype(np.float32)
    face = 0.45 * (one + one[:, ::-1]) + 0.1 * other
    found = twins_of(np.stack([face, 0.9 * face + 10]).astype(np.uint8))
    assert len(found) == 1
    assert not found.mirrored[0]
    mirrored = twins_of(np.stack([face, 0.9 * face[:, ::-1] + 10]).astype(np.uint8))
    assert mirrored.mirrored.tolist() == [True]


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_to_compare(count):
    assert len(find_twins(np.zeros((count, 32, 32), np.uint8))) == 0
