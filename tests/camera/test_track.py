from __future__ import annotations

import pytest

from edgefer.camera.detect import SURE, Face
from edgefer.camera.settings import Watching
from edgefer.camera.track import Tracker

AT_ONCE = Watching(confirm=1, patience=1.5)


def face(x, y=0, size=50, score=0.9):
    return Face((round(x), round(y), size, size), score)


def numbers(followed):
    return {one.face.box: one.number for one in followed}


def see(tracker, time, *faces):
    """Numbers in the order of the faces, None for one that is not shown."""
    found = numbers(tracker.update(faces, time))
    return [found.get(one.box) for one in faces]


def test_people_keep_their_number_as_they_move_and_swap_places_in_the_list():
    tracker = Tracker(AT_ONCE)
    for step in range(30):
        left, right = face(10 + 4 * step), face(400 - 4 * step, y=200)
        order = [left, right] if step % 2 == 0 else [right, left]
        assert see(tracker, step / 10, *order) == ([1, 2] if step % 2 == 0 else [2, 1])


def test_neighbours_in_a_row_keep_theirs_when_all_move_by_half_a_face():
    """Each then overlaps the place of the next one as much as its own; only the best pairs of all are right."""
    tracker = Tracker(AT_ONCE)
    for step in range(6):
        row = [face(60 * index + 28 * step) for index in range(5)]
        assert see(tracker, step / 30, *row) == [1, 2, 3, 4, 5]


def test_who_walks_past_another_keeps_the_number():
    """For four tenths of a second the one behind is not seen."""
    tracker = Tracker(AT_ONCE)
    for step in range(60):
        time, left, right = step / 30, face(5 * step), face(300 - 5 * step, y=4)
        hidden = abs(left.box[0] - right.box[0]) < 62
        seen = see(tracker, time, left) if hidden else see(tracker, time, left, right)
        assert seen == ([1] if hidden else [1, 2])


def test_who_walks_behind_a_pillar_comes_out_with_the_number():
    tracker = Tracker(AT_ONCE)
    for step in range(60):
        hidden = 30 <= step < 45
        seen = see(tracker, step / 30, *([] if hidden else [face(4 * step)]))
        assert seen == ([] if hidden else [1])


def test_a_number_waits_for_a_moment_and_no_longer():
    tracker = Tracker(AT_ONCE)
    see(tracker, 0.0, face(0))
    see(tracker, 0.5)
    assert see(tracker, 1.5, face(2)) == [1]
    see(tracker, 2.0)
    see(tracker, 3.2)
    assert see(tracker, 3.3, face(2)) == [2]


def test_no_patience_ends_with_the_first_frame_without_the_face_and_not_before():
    tracker = Tracker(Watching(confirm=1, patience=0))
    assert [see(tracker, step / 10, face(0)) for step in range(3)] == [[1]] * 3
    see(tracker, 0.3)
    assert see(tracker, 0.4, face(0)) == [2]


def test_a_number_is_never_used_twice():
    tracker = Tracker(Watching(confirm=1, patience=0))
    seen = []
    for step in range(20):
        seen += see(tracker, step, *([face(0), face(200)] if step % 2 else []))
    assert sorted(seen) == list(range(1, 21))


def test_somebody_else_far_off_is_not_taken_for_who_left():
    tracker = Tracker(AT_ONCE)
    see(tracker, 0.0, face(0))
    see(tracker, 0.1)
    assert see(tracker, 0.2, face(200)) == [2]


def test_after_a_while_a_face_may_be_further_off_but_not_anywhere():
    tracker = Tracker(Watching(confirm=1, patience=60))
    see(tracker, 0.0, face(0))
    assert see(tracker, 1 / 30, face(0), face(55)) == [1, 2]  # nobody moves by a face in a frame
    tracker = Tracker(Watching(confirm=1, patience=60))
    see(tracker, 0.0, face(0))
    see(tracker, 1 / 30)
    assert see(tracker, 1 / 15, face(55)) == [2]
    tracker = Tracker(Watching(confirm=1, patience=60))
    see(tracker, 0.0, face(0))
    see(tracker, 1 / 30)
    assert see(tracker, 1.0, face(55)) == [1]
    see(tracker, 1.1)
    assert see(tracker, 50.0, face(155)) == [2]


def test_of_two_who_cross_the_size_tells_who_is_who():
    tracker = Tracker(AT_ONCE)
    assert see(tracker, 0.0, face(0, 0, size=60), face(26, 26, size=40)) == [1, 2]
    assert see(tracker, 0.1, face(10, 10, size=60), face(16, 16, size=40)) == [1, 2]


def test_a_face_of_another_size_is_somebody_else():
    tracker = Tracker(AT_ONCE)
    see(tracker, 0.0, face(0, size=100))
    assert see(tracker, 0.1, face(30, 30, size=40)) == [2]


def test_a_face_is_shown_after_so_many_hits_and_one_seen_in_passing_is_not():
    tracker = Tracker(Watching(confirm=3))
    see(tracker, 0.0)
    assert see(tracker, 0.1, face(0)) == [None]
    assert see(tracker, 0.2, face(0), face(300)) == [None, None]
    assert not tracker.settled
    assert see(tracker, 0.3, face(0)) == [1]
    assert tracker.settled
    for step in range(4, 30):  # every second frame: three hits, but not in a row
        assert see(tracker, step / 10, face(0), *([face(300)] if step % 2 else []))[1:] in ([], [None])
    assert tracker.numbers == {1}


def test_who_is_there_in_the_first_frame_is_shown_in_it():
    tracker = Tracker(Watching(confirm=3))
    assert see(tracker, 0.0, face(0), face(200), face(400, score=SURE - 0.1)) == [1, 2, None]
    assert see(tracker, 0.1, face(0), face(300)) == [1, None]


def test_a_doubtful_face_keeps_somebody_who_is_known_and_makes_nobody_new():
    tracker = Tracker(AT_ONCE)
    weak = face(0, score=SURE - 0.1)
    assert see(tracker, 0.0, weak) == [None]
    assert see(tracker, 0.1, face(0)) == [1]
    assert see(tracker, 0.2, weak) == [1]
    assert see(tracker, 0.3, face(0, score=None), face(300, score=None)) == [1, 2]  # Haar gives no scores


def test_between_looks_faces_are_followed_where_they_go():
    tracker = Tracker(AT_ONCE)
    for step in range(10):
        see(tracker, step / 30, face(6 * step))
    (one,) = tracker.follow(10 / 30)
    assert (one.number, one.detected) == (1, False)
    assert one.face.box[0] == pytest.approx(60, abs=2)
    assert one.face.score == 0.9
    see(tracker, 11 / 30)
    assert tracker.follow(12 / 30) == []
    assert not tracker.settled
