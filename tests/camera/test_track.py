from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from edgefer.camera.reading import FaceReading
from edgefer.camera.track import KEEP, LEAD, Tracker, match, overlap


def face(x, happy=0.5, y=0, size=50):
    label = "happy" if happy >= 0.5 else "sad"
    return FaceReading((x, y, size, size), label, max(happy, 1 - happy), {"happy": happy, "sad": 1 - happy})


def test_overlap():
    boxes = np.array([[0, 0, 10, 10], [5, 0, 10, 10], [100, 100, 1, 1]], float)
    result = overlap(boxes, boxes[:2])
    assert result == pytest.approx(np.array([[1, 1 / 3], [1 / 3, 1], [0, 0]]))


def test_the_largest_overlap_wins_and_nobody_is_taken_twice():
    tracks = [(0, 0, 50, 50), (30, 0, 50, 50)]
    assert match(tracks, [(28, 0, 50, 50), (3, 0, 50, 50)]) == {0: 1, 1: 0}
    assert match(tracks, [(2, 0, 50, 50), (4, 0, 50, 50), (200, 0, 50, 50)]) == {0: 0, 1: 1}
    assert match([], [(0, 0, 1, 1)]) == {}


def test_people_keep_their_number_as_they_move_and_swap_places_in_the_list():
    tracker = Tracker(0.5)
    for step in range(30):
        left, right = face(10 + 4 * step), face(400 - 4 * step, y=200)
        order = [left, right] if step % 2 else [right, left]
        result = tracker.update(order, step / 10)
        numbers = {reading.box[1]: reading.track for reading in result}
        if step == 0:
            first = numbers
        assert numbers == first
    assert sorted(first.values()) == [1, 2]


def test_a_track_waits_for_a_moment_and_no_longer():
    tracker = Tracker(0.5)
    tracker.update([face(0)], 0.0)
    tracker.update([], 0.5)
    assert tracker.update([face(2)], KEEP)[0].track == 1
    tracker.update([], 2 * KEEP)
    assert tracker.update([face(2)], 2 * KEEP + 0.1)[0].track == 2


def follow(fps, smooth, seconds=2.0):
    """Happy for a second, then sad; the smoothed probability of happy at the end."""
    tracker = Tracker(smooth)
    for index in range(round(seconds * fps) + 1):
        time = index / fps
        (reading,) = tracker.update([face(0, happy=1.0 if time < 1 else 0.0)], time)
    return reading


def test_the_time_constant_is_in_seconds_whatever_the_frame_rate():
    results = [follow(fps, 0.5).probabilities["happy"] for fps in (10, 60, 240)]
    assert results == pytest.approx([math.exp(-1 / 0.5)] * 3, abs=0.04)
    assert sum(follow(30, 0.5).probabilities.values()) == pytest.approx(1)
    assert follow(30, 0.5).score == follow(30, 0.5).probabilities["sad"]


def test_a_flickering_label_is_held():
    rng = np.random.default_rng(1)
    tracker, raw, shown = Tracker(0.5), [], []
    for index in range(150):
        reading = face(0, happy=0.55 + 0.3 * rng.standard_normal())
        raw.append(reading.label)
        shown.append(tracker.update([reading], index / 30)[0].label)

    def changes(labels):
        return sum(a != b for a, b in itertools.pairwise(labels))

    assert changes(raw) > 20
    assert changes(shown) <= 2


def test_another_emotion_must_lead_clearly():
    tracker = Tracker(0.5)
    tracker.update([face(0, happy=0.9)], 0.0)
    near = (1 - LEAD) / 2 + 0.01
    for step in range(1, 100):
        (reading,) = tracker.update([face(0, happy=near)], step / 10)
    assert reading.probabilities["sad"] > reading.probabilities["happy"]
    assert reading.label == "happy"
    assert reading.score == reading.probabilities["happy"]
    for step in range(100, 200):
        (reading,) = tracker.update([face(0, happy=0.4)], step / 10)
    assert reading.label == "sad"


def test_zero_leaves_readings_as_they_are():
    tracker = Tracker(0)
    tracker.update([face(0, happy=0.9)], 0.0)
    raw = face(0, happy=0.49)
    (reading,) = tracker.update([raw], 0.01)
    assert (reading.label, reading.probabilities, reading.track) == ("sad", raw.probabilities, 1)


def test_people_do_not_mix():
    tracker = Tracker(0.5)
    for step in range(20):
        left, right = tracker.update([face(0, happy=0.95), face(300, happy=0.05)], step / 10)
    assert left.probabilities["happy"] == pytest.approx(0.95)
    assert right.probabilities["happy"] == pytest.approx(0.05)
