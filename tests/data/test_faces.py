from __future__ import annotations

import numpy as np
import pytest

from edgefer.data.faces import FaceSet
from edgefer.errors import DataError

EMOTIONS = ("happy", "sad")
PIXELS = np.arange(2 * 4 * 4, dtype=np.uint8).reshape(2, 4, 4)
LABELS = np.array([1, 0])


def test_counts_name_every_emotion():
    faces = FaceSet.of("x", "Training", (*EMOTIONS, "fear"), PIXELS, LABELS)
    assert faces.counts() == {"happy": 1, "sad": 1, "fear": 0}
    assert len(faces) == 2


def test_the_hash_follows_pixels_labels_and_names_but_not_storage():
    first = FaceSet.of("x", "Training", EMOTIONS, PIXELS, LABELS).sha256
    strided = np.repeat(PIXELS, 2, axis=2)[:, :, ::2]
    assert FaceSet.of("y", "other", list(EMOTIONS), strided, LABELS.astype(np.int32)).sha256 == first
    others = [
        FaceSet.of("x", "Training", EMOTIONS, PIXELS + 1, LABELS),
        FaceSet.of("x", "Training", EMOTIONS, PIXELS, LABELS[::-1]),
        FaceSet.of("x", "Training", EMOTIONS[::-1], PIXELS, LABELS),
        FaceSet.of("x", "Training", EMOTIONS, PIXELS.reshape(2, 2, 8), LABELS),
    ]
    assert first not in {faces.sha256 for faces in others}


@pytest.mark.parametrize(
    ("pixels", "labels", "words"),
    [
        pytest.param(PIXELS.astype(np.float32), LABELS, "must be uint8", id="floats"),
        pytest.param(PIXELS[0], LABELS, "must be uint8", id="one face"),
        pytest.param(np.zeros((2, 4, 4, 4), np.uint8), LABELS, "3 channels", id="four channels"),
        pytest.param(PIXELS, LABELS[:1], "labels of shape", id="a label missing"),
        pytest.param(PIXELS, np.array([0, 2]), "outside 0..1", id="label too high"),
        pytest.param(PIXELS, np.array([-1, 0]), "outside 0..1", id="label below 0"),
    ],
)
def test_what_is_no_face_set_is_refused(pixels, labels, words):
    with pytest.raises(DataError, match=words):
        FaceSet("x", "Training", EMOTIONS, pixels, labels, "")


def test_no_faces_are_a_set_too():
    assert FaceSet.of("x", "Training", EMOTIONS, PIXELS[:0], LABELS[:0]).counts() == {"happy": 0, "sad": 0}
