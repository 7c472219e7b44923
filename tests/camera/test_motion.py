from __future__ import annotations

import pytest

from edgefer.camera.motion import FADE, Motion


def walk(fps, seconds=1.0, speed=120):
    """Somebody who goes right, `speed` pixels a second, and is found in every frame."""
    motion = Motion((0, 50, 40, 60), 0.0)
    for index in range(1, round(seconds * fps) + 1):
        motion.found((round(speed * index / fps), 50, 40, 60), index / fps)
    return motion


@pytest.mark.parametrize("fps", [10, 30, 60])
def test_who_walks_is_expected_further_on_at_any_frame_rate(fps):
    assert walk(fps).at(1.05)[0] == pytest.approx(126, abs=2)
    assert walk(fps).at(1.05)[1:] == (50, 40, 60)


def test_who_is_not_seen_comes_to_rest():
    motion = walk(30)
    assert motion.at(20)[0] == pytest.approx(120 + 120 * FADE, abs=3)
    assert motion.at(20) == motion.at(40)


def test_somebody_new_is_expected_where_he_is():
    assert Motion((5, 6, 7, 8), 1.0).at(2.0) == (5, 6, 7, 8)


def test_a_jump_is_no_lasting_speed():
    motion = Motion((0, 0, 40, 40), 0.0)
    motion.found((8, 0, 40, 40), 1 / 30)
    for index in range(2, 12):
        motion.found((8, 0, 40, 40), index / 30)
    assert motion.at(0.5)[0] == pytest.approx(8, abs=1)


@pytest.mark.parametrize("fps", [30, 120])
def test_a_detector_that_jitters_moves_nobody(fps):
    motion = Motion((0, 0, 40, 40), 0.0)
    for index in range(1, 2 * fps):
        motion.found((3 * (index % 2), 0, 40, 40), index / fps)
        assert -1 <= motion.at((index + fps / 30) / fps)[0] <= 4


def test_two_frames_of_one_time():
    motion = Motion((0, 0, 40, 40), 1.0)
    motion.found((4, 0, 40, 40), 1.0)
    assert motion.at(1.0) == (4, 0, 40, 40)
