"""People in films: a face in nearly every frame that has one, one number a person, labels that stand.

Held on a film that the test makes, whose truth is known, and on real clips by the script that prints the figures.
"""

from __future__ import annotations

import importlib

import cv2
import numpy as np
import pytest

from edgefer.camera.detect import Face
from edgefer.camera.loop import watch
from edgefer.camera.settings import Watching
from edgefer.camera.source import open_source
from edgefer.camera.yunet import FILE
from edgefer.runtime.find import shipped_students
from edgefer.runtime.onnx import OnnxSession
from tests import brightness_model
from tests.conftest import ROOT

FPS, SECONDS, SIDE = 25, 8, 40
CLIPS = ("eat.mkv", "book.mkv", "want.mkv", "face-demographics-walking-and-pause.gif")


@pytest.fixture
def clips(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return importlib.import_module("camera_clips")


@pytest.fixture
def session(tmp_path):
    # So soft that a label's probability is about a half, and its neighbour's little less.
    with OnnxSession(brightness_model.write(tmp_path / "b.onnx", softness=1500), threads=1) as session:
        yield session


class Squares:
    """Finds squares brighter than the background; misses one look in ten, and sees a speck now and then."""

    name = "squares"

    def __init__(self):
        self.rng = np.random.default_rng(3)

    def detect(self, picture):
        mask = (picture[..., 0] > 100).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
        found = [Face(tuple(row[:4].tolist()), 0.9) for row in stats[1:] if row[4] > 300]
        found = [face for face in found if self.rng.random() > 0.1]
        if self.rng.random() < 0.1:
            found.append(Face((*self.rng.integers(0, 200, 2).tolist(), 30, 30), 0.75))
        return found


def scene(index):
    """Where two people are: one walks right and is hidden by a pillar for 0.4 s, one stands below and nods."""
    time = index / FPS
    walker = (round(20 + 40 * time), 20, SIDE, SIDE)
    hidden = 3.0 <= time < 3.4
    return [None if hidden else walker, (150, round(130 + 6 * np.sin(4 * time)), SIDE, SIDE)]


@pytest.fixture
def film(tmp_path):
    """The walker's emotion flickers between two; the other turns from sad to happy after four seconds."""
    path = tmp_path / "people.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"FFV1"), FPS, (400, 240))
    assert writer.isOpened()
    rng = np.random.default_rng(5)
    for index in range(FPS * SECONDS):
        picture = np.full((240, 400, 3), 40, np.uint8)
        levels = (rng.choice([136, 146]), 125 if index < 4 * FPS else 240)
        for box, level in zip(scene(index), levels, strict=True):
            if box is not None:
                x, y, width, height = box
                picture[y : y + height, x : x + width] = level
        writer.write(picture)
    writer.release()
    return path


def test_a_made_film(clips, session, film):
    people = [clips.Person(), clips.Person()]
    for index in range(FPS * SECONDS):
        for person, box in zip(people, scene(index), strict=True):
            if box is not None:
                person.boxes[index] = box
                person.found.add(index)
    with open_source(uri=str(film)) as source:
        readings = list(watch(source, Squares(), session, Watching(floor=0)))
    found = clips.judge(people, readings)
    assert found.seen >= 0.95
    assert found.faces >= 0.92  # one look in ten finds nothing
    assert found.one_number >= 0.9
    assert {face.track for reading in readings for face in reading.faces} == {1, 2}
    assert found.raw_changes > 5
    assert found.shown_changes <= 1
    assert np.mean(found.followed) > 0.9
    labels = {reading.time: face.label for reading in readings for face in reading.faces if face.box[1] > 100}
    assert labels[max(time for time in labels if time < 4)] == "sad"
    assert labels[max(labels)] == "happy"


@pytest.mark.parametrize("clip", CLIPS)
def test_real_people(clips, shared, clip):
    detector = shared / "models" / FILE
    with OnnxSession(shipped_students()["fer2013-c-best"], threads=1) as session:
        found = clips.figures(shared / "data/media" / clip, detector, session, 320, Watching.detect_every)
    assert found.people == (3 if clip.endswith(".gif") else 1)
    assert found.seen >= 0.95
    assert found.faces >= 0.95
    assert found.one_number >= 0.9
    assert found.shown_changes <= 1
    assert np.mean(found.followed) > np.mean(found.found) - 0.03


def test_overlap(clips):
    boxes = [(0, 0, 10, 10), (5, 0, 10, 10), (100, 100, 1, 1)]
    assert clips.overlap(boxes, boxes[:2]) == pytest.approx(np.array([[1, 1 / 3], [1 / 3, 1], [0, 0]]))


def test_the_truth_links_boxes_fills_gaps_and_leaves_out_what_is_short(clips):
    box = (0, 0, 10, 10)
    frames = [(index / 10, [(index, 0, 10, 10), *([(100, 0, 10, 10)] if index == 2 else [])]) for index in range(10)]
    frames[4] = (0.4, [])
    (person,) = clips.truth(frames)
    assert person.boxes[4] == (4, 0, 10, 10)
    assert person.found == set(range(10)) - {4}
    apart = [(index / 10, [box] if index < 10 or index > 17 else []) for index in range(30)]
    assert len(clips.truth(apart)) == 2
    assert clips.truth([(0.0, [])]) == []


def test_the_script_prints_a_row_a_film(clips, shared, capsys):
    clips.main([str(shared / "models" / FILE), str(shared / "data/media" / CLIPS[0])])
    out = capsys.readouterr().out
    assert out.splitlines()[1].split()[0] == CLIPS[0]


def test_the_floors_of_a_model(clips, capsys):
    importlib.import_module("camera_floor").main([str(shipped_students()["fer2013-c-best"]), "--data", "demo"])
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "fer2013-c-best, 700 faces of PublicTest"
    uncertain = [float(line.split()[1]) for line in out[2:]]
    assert uncertain == sorted(uncertain)
    assert uncertain[0] == 0


def test_a_crowd_is_found_whole(clips, shared, capsys, monkeypatch):
    """The script refuses to time what was not all found."""
    crowd = importlib.import_module("camera_crowd")
    monkeypatch.setattr(crowd.os, "sched_setaffinity", lambda *_: None)
    crowd.main([str(shared / "models" / FILE), "--frames", "6", "--rounds", "1"])
    assert "a frame with 32 faces over one with a single face" in capsys.readouterr().out
