from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from edgefer.camera.frame import Frame
from edgefer.camera.interval import Interval
from edgefer.camera.marks import MarkKind, Placed
from edgefer.camera.reading import FaceReading, FrameReading
from edgefer.camera.web_picture import LONGEST, figures, jpeg, totals

FACE = FaceReading((100, 200, 300, 400), "happy", 0.71234, {"happy": 0.71234, "sad": 0.28766}, 0.9, 3)


def picture(reading):
    return cv2.imdecode(np.frombuffer(jpeg(reading), np.uint8), cv2.IMREAD_COLOR)


def test_what_the_timeline_gets():
    reading = FrameReading(Frame(7, 1.23456, np.zeros((4, 4, 3), np.uint8), 5.0, dropped=2), (FACE,), 12.6, 29.97)
    assert json.loads(figures(reading)) == {
        "time": 1.235,
        "fps": 30.0,
        "age_ms": 13,
        "dropped": 2,
        "faces": [{"track": 3, "emotion": "happy", "score": 0.712}],
        "marks": [],
    }


def test_marks_of_the_last_minute():
    marks = [Placed(9.0, "long ago", MarkKind.NOTE), Placed(11.5, "task 1", MarkKind.TASK)]
    record = json.loads(figures(FrameReading(Frame(0, 70.0, np.zeros((4, 4, 3), np.uint8)), ()), marks))
    assert record["marks"] == [{"time": 11.5, "text": "task 1", "kind": "task"}]


def test_an_interval_has_the_marks_that_were_set_in_it():
    marks = [Placed(time, str(time), MarkKind.NOTE) for time in (4.9, 5.0, 9.9, 10.0)]
    record = json.loads(totals(Interval(5.0, 5.0, 1, 0, 0, ()), marks))
    assert [mark["time"] for mark in record["marks"]] == [5.0, 9.9]
    assert record["frames"] == 1


def test_a_film_has_no_age():
    record = json.loads(figures(FrameReading(Frame(0, 0.0, np.zeros((4, 4, 3), np.uint8)), ())))
    assert (record["age_ms"], record["dropped"], record["faces"]) == (None, None, [])


def test_the_picture_has_the_overlay():
    frame = Frame(0, 0.0, np.full((480, 640, 3), 128, np.uint8))
    plain, read = picture(FrameReading(frame, ())), picture(FrameReading(frame, (FACE,)))
    assert read.shape == (480, 640, 3)
    assert np.abs(plain.astype(int) - read)[200:600, 100].max() > 60, "the left edge of the box"


def test_a_large_picture_is_scaled_with_its_boxes():
    frame = Frame(0, 0.0, np.full((2160, 3840, 3), 128, np.uint8))
    face = FaceReading((1800, 900, 600, 600), "happy", 0.7, {"happy": 0.7}, 0.9, 3)
    read = picture(FrameReading(frame, (face,))).astype(int)
    assert read.shape == (720, LONGEST, 3)
    edges = np.flatnonzero(np.abs(read[450] - 128).max(axis=-1) > 60)
    assert abs(edges[0] - 600) <= 5, "the box, with its dark edge, begins at a third of its place in the large picture"


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (3, 2)])
def test_strange_shapes(shape):
    read = picture(FrameReading(Frame(0, 0.0, np.zeros((*shape, 3), np.uint8)), (FACE,)))
    assert 1 <= max(read.shape[:2]) <= LONGEST
