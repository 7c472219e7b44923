from __future__ import annotations

import itertools

import numpy as np
import pytest

from edgefer.camera.demo_scene import TURN, DemoScene
from edgefer.camera.detect import YuNet
from edgefer.camera.yunet import FILE
from edgefer.emotions import FER2013
from edgefer.errors import UsageError


def overlap(a, b):
    """Intersection over union of two boxes."""
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(0, across) * max(0, down)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


def test_the_same_moment_always_looks_the_same_and_seeds_differ():
    scene, again, other = DemoScene(people=2, seed=3), DemoScene(people=2, seed=3), DemoScene(people=2, seed=4)
    picture = scene.draw(1.25)
    scene.draw(9.0)  # what was drawn before leaves no trace
    assert picture.shape == (480, 640, 3)
    assert picture.dtype == np.uint8
    assert np.array_equal(picture, scene.draw(1.25))
    assert np.array_equal(picture, again.draw(1.25))
    assert not np.array_equal(picture, other.draw(1.25))
    assert not np.array_equal(picture, scene.draw(1.25 + 1 / 30)), "people move from frame to frame"


def test_everybody_plays_all_emotions_one_after_another():
    scene = DemoScene(people=3, each=2.0)
    for person in range(3):
        played = [scene.acted(t)[person].emotion for t in np.arange(0, 14, 0.05)]
        assert set(played) == set(FER2013)
        changes = sum(a != b for a, b in itertools.pairwise(played))
        assert changes in (6, 7)
    assert scene.acted(1.5)[0].emotion == "neutral"


def test_a_change_is_told_while_it_lasts():
    scene = DemoScene(each=2.0)
    before, early, late, after = (scene.acted(2.0 + t)[0] for t in (-0.01, 0.4 * TURN, 0.6 * TURN, TURN + 0.01))
    assert [acted.turning for acted in (before, early, late, after)] == [False, True, True, False]
    assert before.emotion == early.emotion == "neutral"
    assert late.emotion == after.emotion != "neutral"


def test_nobody_leaves_the_picture_or_meets_another():
    scene = DemoScene((640, 480), people=4, seed=1)
    for time in np.arange(0, 40, 0.5):
        boxes = [acted.box for acted in scene.acted(time)]
        assert all(x >= 0 and y >= 0 and x + w <= 640 and y + h <= 480 for x, y, w, h in boxes)
        assert all(overlap(a, b) == 0 for a, b in itertools.combinations(boxes, 2))


def test_an_empty_scene_is_a_wall():
    picture = DemoScene((64, 48), people=0).draw(0)
    assert (picture == picture[0, 0]).all()
    assert DemoScene((64, 48), people=0).acted(0) == ()


def test_colours_tell_swapped_channels():
    blue, green, red = (int(DemoScene(people=1).draw(0)[..., channel].mean()) for channel in range(3))
    assert blue < green < red


def test_faces_that_would_be_too_small_are_refused():
    with pytest.raises(UsageError, match="50 demo faces do not fit into 64x48"):
        DemoScene((64, 48), people=50)


@pytest.mark.parametrize(("size", "people"), [((640, 480), 1), ((640, 480), 4), ((1280, 720), 12), ((160, 120), 1)])
def test_yunet_finds_every_face_where_the_scene_says(shared, size, people):
    detector, scene = YuNet(shared / "models" / FILE), DemoScene(size, people, seed=people)
    for time in (0.0, 4.4, 8.8, 13.2):
        found = [face.box for face in detector.detect(scene.draw(time)) if face.score and face.score > 0.7]
        assert len(found) == people
        for acted in scene.acted(time):
            assert max(overlap(acted.box, box) for box in found) > 0.6
