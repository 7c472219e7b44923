from __future__ import annotations

import numpy as np
import pytest

from edgefer.camera.detect import SURE, Face, WholePicture
from edgefer.camera.frame import Frame
from edgefer.camera.people import People, strangers
from edgefer.camera.settings import Watching
from edgefer.runtime.onnx import OnnxSession
from tests import brightness_model

PLAIN = Watching(detect_every=1, confirm=1, smooth=0, floor=0)


@pytest.fixture
def session(tmp_path):
    with OnnxSession(brightness_model.write(tmp_path / "b.onnx"), threads=1) as session:
        yield session


@pytest.fixture
def batches(session, monkeypatch):
    """How many faces the network is asked about, call by call."""
    sizes = []
    infer = session.infer
    monkeypatch.setattr(session, "infer", lambda pixels: sizes.append(len(pixels)) or infer(pixels))
    return sizes


class Finder:
    """Finds what the test says; `looks` are the frames in which it was asked."""

    name = "finder"

    def __init__(self, *boxes):
        self.boxes, self.looks, self.asked = list(boxes), [], 0
        self.score = 0.9

    def detect(self, picture):
        self.looks.append(int(picture[0, 0, 0]))
        return [Face(box, self.score) for box in self.boxes]


def frame(index, fps=30, level=0):
    """The first pixel of its picture is the index."""
    picture = np.full((100, 1600, 3), level, np.uint8)
    picture[0, 0] = index
    return Frame(index, index / fps, picture)


def boxes(count):
    return [(50 * index, 10, 40, 40) for index in range(count)]


def test_faces_are_looked_for_in_every_kth_frame_and_followed_between(session):
    finder = Finder((10, 10, 40, 40))
    people = People(finder, session, PLAIN.but(detect_every=3))
    readings = []
    for index in range(10):
        finder.boxes = [(10 + 3 * index, 10, 40, 40)]
        readings += people.read(frame(index))
    assert finder.looks == [0, 3, 6, 9]
    assert [reading.detected for reading in readings] == [index % 3 == 0 for index in range(10)]
    assert {reading.track for reading in readings} == {1}
    assert [reading.box[0] for reading in readings[6:]] == pytest.approx([28, 31, 34, 37], abs=3)


def test_it_looks_in_every_frame_while_somebody_is_new_or_missing_or_nobody_is_there(session):
    finder = Finder()
    people = People(finder, session, PLAIN.but(detect_every=4, confirm=3, patience=0.1))
    for index in range(20):
        finder.boxes = [] if index in (0, 1, 9, 10) else boxes(1)
        people.read(frame(index))
    # 0, 1: nobody. 2-4: new. 8: its turn. 12: its turn, missing until then is found again.
    assert finder.looks == [0, 1, 2, 3, 4, 8, 12, 16]
    finder.boxes = []
    shown = [len(people.read(frame(index))) for index in range(20, 28)]
    assert finder.looks[8:] == [20, 21, 22, 23, 24, 25, 26, 27]
    assert shown == [0] * 8


def test_all_faces_of_a_frame_are_one_batch(session, batches):
    readings = People(Finder(*boxes(32)), session, PLAIN).read(frame(0, level=240))
    assert batches == [32]
    assert [reading.track for reading in readings] == list(range(1, 33))
    assert {reading.label for reading in readings} == {"happy"}


def test_each_person_is_asked_about_in_turn(session, batches):
    people = People(Finder(*boxes(12)), session, PLAIN.but(infer_every=0.4))
    asked = {number: [] for number in range(1, 13)}
    for index in range(60):
        for reading in people.read(frame(index)):
            if reading.raw is not None:
                asked[reading.track].append(index / 30)
    assert batches[0] == 12  # nobody waits for the first answer
    assert max(batches[1:]) <= 3
    for times in asked.values():
        assert np.diff(times[1:]) == pytest.approx(0.4, abs=0.04)


@pytest.mark.parametrize("fps", [10, 60])
def test_the_interval_is_in_seconds(session, batches, fps):
    people = People(Finder(*boxes(1)), session, PLAIN.but(infer_every=0.5))
    for index in range(2 * fps):
        people.read(frame(index, fps))
    assert sum(batches) in (4, 5)


def test_between_answers_the_last_one_stands(session):
    people = People(Finder(*boxes(1)), session, PLAIN.but(infer_every=1.0))
    (first,) = people.read(frame(0, level=240))
    (second,) = people.read(frame(1, level=20))
    assert first.raw == first.probabilities
    assert (second.raw, second.label, second.score) == (None, "happy", first.score)


def test_probabilities_are_smoothed_and_the_raw_answer_is_kept(session):
    people = People(Finder(*boxes(1)), session, PLAIN.but(smooth=1.0))
    people.read(frame(0, level=240))
    (reading,) = people.read(frame(3, level=20))
    assert reading.raw["anger"] > 0.8
    assert reading.probabilities["anger"] == pytest.approx(reading.raw["anger"] * (1 - np.exp(-0.1)), abs=0.01)
    assert reading.label == "happy"


def test_a_label_is_held_with_its_own_probability(session):
    people = People(Finder(*boxes(1)), session, PLAIN.but(smooth=0.1, hold=1.0))
    people.read(frame(0, level=240))
    readings = [people.read(frame(index, level=20))[0] for index in range(1, 50)]
    held = readings[20]
    assert held.probabilities["anger"] > 0.9
    assert (held.label, held.score) == ("happy", held.probabilities["happy"])
    assert readings[-1].label == "anger"


def test_who_has_gone_is_forgotten(session):
    finder = Finder()
    people = People(finder, session, PLAIN.but(patience=0))
    for index in range(50):
        finder.boxes = boxes(1) if index % 2 else []
        people.read(frame(index))
    assert len(people._steady) == 1


def test_people_do_not_mix(session):
    people = People(Finder(*boxes(2)), session, PLAIN.but(smooth=0.5))
    for index in range(20):
        one = frame(index, level=240)
        one.picture[:, 45:] = 20
        readings = people.read(one)
    assert [reading.label for reading in readings] == ["happy", "anger"]
    assert min(reading.score for reading in readings) > 0.9


def test_a_new_person_starts_anew(session):
    finder = Finder(*boxes(1))
    people = People(finder, session, PLAIN.but(smooth=5, patience=0))
    people.read(frame(0, level=240))
    finder.boxes = []
    people.read(frame(1))
    finder.boxes = boxes(1)
    (reading,) = people.read(frame(2, level=20))
    assert (reading.track, reading.label) == (2, "anger")


def test_nobody_is_asked_about_before_being_shown(session, batches):
    finder = Finder()
    people = People(finder, session, PLAIN.but(confirm=3))
    people.read(frame(0))
    finder.boxes = boxes(1)
    assert [len(people.read(frame(index))) for index in range(1, 5)] == [0, 0, 1, 1]
    assert batches == [1, 1]


def test_a_cropped_picture_is_read_at_once_and_in_every_frame(session):
    people = People(WholePicture(), session, Watching(detect_every=5, confirm=3, floor=0))
    readings = [people.read(frame(index))[0] for index in range(4)]
    assert [(reading.track, reading.detected, reading.box) for reading in readings] == [
        (1, True, (0, 0, 1600, 100))
    ] * 4


def test_strangers_are_not_believed_when_the_detector_doubts(session):
    finder = Finder(*boxes(2))
    assert len(strangers(frame(0), finder, session, 0.0)) == 2
    assert strangers(frame(0, level=240), finder, session, 0.0)[0].raw is not None
    finder.score = SURE - 0.1
    assert strangers(frame(0), finder, session, 0.0) == ()
