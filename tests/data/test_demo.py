from __future__ import annotations

import numpy as np
import pytest

from edgefer import emotions
from edgefer.data.demo import SPLITS, demo_faces, random_face
from edgefer.data.demo_face import draw_face
from edgefer.errors import DataError, UsageError


def test_the_same_faces_come_out_everywhere():
    """The hash was computed with NumPy 1.26 and 2.4; recompute it only when the faces are meant to change."""
    assert demo_faces("PublicTest", 70).sha256 == "9c9fa59396f6b8691dbbba67f27e6841a6886dd6a6f7514aa042b1a791aaed9f"


def test_a_face_does_not_depend_on_how_many_are_drawn():
    few, more = demo_faces("Training", 5), demo_faces("Training", 12)
    np.testing.assert_array_equal(few.pixels, more.pixels[:5])
    assert few.sha256 != more.sha256


def test_emotions_come_in_turn_so_that_any_count_is_balanced():
    faces = demo_faces("Training", 21)
    assert faces.emotions == emotions.FER2013
    assert faces.labels.tolist() == [*range(7)] * 3
    assert faces.pixels.shape == (21, 48, 48)
    assert all(count % 7 == 0 for count in SPLITS.values())


def test_no_face_stands_in_two_splits_or_seeds():
    sets = [demo_faces("Training", 50), demo_faces("PublicTest", 50), demo_faces("Training", 50, seed=1)]
    drawn = {face.tobytes() for faces in sets for face in faces.pixels}
    assert len(drawn) == 150


def test_no_caller_can_change_the_faces_of_another():
    with pytest.raises(ValueError, match="read-only"):
        demo_faces("Training", 5).pixels[0, 0, 0] = 1


def test_a_split_that_is_not_there_names_those_that_are():
    with pytest.raises(UsageError, match=r"no split 'PrivateTest'\. use one of: Training, PublicTest"):
        demo_faces("PrivateTest")


@pytest.mark.parametrize("count", [0, -3])
def test_a_count_below_one_is_refused(count):
    with pytest.raises(DataError, match="at least 1"):
        demo_faces("Training", count)


def test_a_stronger_expression_is_further_from_neutral():
    """The same person, pose and light; only the strength differs."""
    for emotion in emotions.FER2013[:-1]:
        rest, hint, full = (
            draw_face(random_face(emotion, np.random.default_rng(3), strength)).astype(int) for strength in (0, 0.4, 1)
        )
        assert 0 < np.abs(hint - rest).mean() < np.abs(full - rest).mean()


def test_emotions_can_be_told_apart_by_a_plain_method_but_not_perfectly():
    """Nearest neighbour in blurred pixels: well above chance (14 %), far from done."""
    train, test = demo_faces("Training", 700), demo_faces("PublicTest", 210)

    def features(pixels):
        cut = pixels[:, 8:44, 6:42].reshape(-1, 12, 3, 12, 3).mean((2, 4)).reshape(len(pixels), -1)
        return (cut - cut.mean(1, keepdims=True)) / cut.std(1, keepdims=True)

    a, b = features(test.pixels), features(train.pixels)
    nearest = train.labels[np.argmax(a @ b.T, axis=1)]
    accuracy = (nearest == test.labels).mean()
    assert 0.2 < accuracy < 0.8
