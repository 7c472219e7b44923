from __future__ import annotations

import pytest

from edgefer.camera.interval import Interval, Intervals
from tests.camera.people import face, reading

LABELS = ("happy", "sad", "fear")


def test_counts_and_shares_of_an_interval():
    intervals = Intervals(5.0, LABELS)
    assert intervals.add(reading(0, 0.0, face(1), face(2, "sad"))) is None
    assert intervals.add(reading(1, 2.0, face(1))) is None
    assert intervals.add(reading(2, 4.9, face(1, "sad", uncertain=True))) is None
    ended = intervals.add(reading(3, 5.0))
    assert ended == Interval(0.0, 5.0, 3, 4, 2, (("happy", 2), ("sad", 1), ("fear", 0)))
    assert ended.to_json() == {
        "schema": 1, "start": 0.0, "seconds": 5.0, "frames": 3, "faces": 4, "most": 2, "uncertain": 0.25,
        "emotions": {"happy": 0.5, "sad": 0.25, "fear": 0.0},
    }  # fmt: skip
    assert intervals.end() == Interval(5.0, 5.0, 1, 0, 0, (("happy", 0), ("sad", 0), ("fear", 0)))
    assert intervals.end() is None


def test_an_interval_without_frames_is_left_out_and_one_without_faces_has_no_shares():
    intervals = Intervals(2.0, LABELS)
    intervals.add(reading(0, 1.0))
    ended = intervals.add(reading(1, 8.5, face()))
    assert (ended.start, ended.uncertain, sum(ended.emotions.values())) == (0.0, 0.0, 0.0)
    assert intervals.end().start == 8.0


@pytest.mark.parametrize("seconds", [1.0, 2.5, 60.0])
def test_intervals_begin_at_whole_multiples(seconds):
    intervals = Intervals(seconds, LABELS)
    ended = [intervals.add(reading(i, i * 0.7, face())) for i in range(200)]
    found = [one for one in [*ended, intervals.end()] if one]
    assert [one.start for one in found] == [round(number * seconds, 3) for number in range(len(found))]
    assert sum(one.frames for one in found) == 200
