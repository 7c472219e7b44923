from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from edgefer.camera.frame import Frame
from edgefer.camera.reading import FaceReading, FrameReading
from edgefer.camera.sinks import JsonLines, Lines
from edgefer.errors import ArtifactError

PICTURE = np.zeros((4, 4, 3), np.uint8)


def reading(index=0, *labels, time=0.0, uncertain=False, **frame):
    faces = tuple(
        FaceReading((1, 2, 3, 4), label, 0.7, {label: 0.7, "other": 0.3}, 0.95, number + 1, uncertain=uncertain)
        for number, label in enumerate(labels)
    )
    return FrameReading(Frame(index, time, PICTURE, **frame), faces)


def test_one_flushed_object_a_frame(tmp_path):
    path = tmp_path / "new" / "out.jsonl"
    sink = JsonLines(str(path))
    assert sink.take(reading(0, "happy", time=0.04))
    first = json.loads(path.read_text())
    assert first == {
        "schema": 1,
        "frame": 0,
        "time": 0.04,
        "faces": [
            {
                "track": 1,
                "box": [1, 2, 3, 4],
                "label": "happy",
                "score": 0.7,
                "uncertain": False,
                "probabilities": {"happy": 0.7, "other": 0.3},
                "raw": None,
                "detected": True,
                "detector_score": 0.95,
            }
        ],
    }
    assert sink.take(reading(1))
    sink.close()
    assert [json.loads(line)["faces"] == [] for line in path.read_text().splitlines()] == [False, True]
    assert sink.files == (path,)


def test_live_frames_tell_their_age_and_pictures_their_name(tmp_path):
    live = FrameReading(Frame(5, 1.0, PICTURE, 1.0, dropped=2), (), age_ms=8.04)
    assert live.to_json() == {
        "schema": 1, "frame": 5, "time": 1.0, "age_ms": 8.0, "dropped": 2, "faces": [],
    }  # fmt: skip
    assert reading(0, name="a.png").to_json()["picture"] == "a.png"


def test_stdout_gets_the_lines_and_no_file_is_made(capfd):
    sink = JsonLines("-")
    sink.take(reading())
    sink.close()
    assert json.loads(capfd.readouterr().out)["frame"] == 0
    assert sink.files == ()
    print("stdout stays open")


def test_a_full_disk_is_an_error():
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs /dev/full")
    sink = JsonLines(str(full))
    with pytest.raises(ArtifactError, match="cannot write /dev/full: No space left"):
        sink.take(reading())
    sink.close()


def test_a_place_that_cannot_be_written(tmp_path):
    with pytest.raises(ArtifactError, match="is a directory"):
        JsonLines(str(tmp_path))


def test_lines_tell_changes_only(capfd):
    now = [0.0]
    lines = Lines(clock=lambda: now[0])
    for index, labels in enumerate([("happy",), ("happy",), ("sad",), ("sad", "fear"), ()]):
        assert lines.take(reading(index, *labels, time=index / 10))
    assert capfd.readouterr().err.splitlines() == [
        "    0.00 s  face 1: happy 70%",
        "    0.20 s  face 1: sad 70%",
        "    0.30 s  face 2: fear 70%",
    ]
    now[0] = 11.0
    lines.take(reading(5, time=0.5))
    assert capfd.readouterr().err == "    0.50 s  6 frames, 0 faces\n"


def test_lines_show_no_emotion_of_an_uncertain_face(capfd):
    lines = Lines()
    lines.take(reading(0, "happy"))
    lines.take(reading(1, "happy", uncertain=True))
    lines.take(reading(2, "happy", uncertain=True))
    assert capfd.readouterr().err.splitlines() == [
        "    0.00 s  face 1: happy 70%",
        "    0.00 s  face 1: uncertain",
    ]


def test_lines_name_pictures(capfd):
    lines = Lines()
    lines.take(reading(0, "happy", name="a.png"))
    lines.take(reading(1, name="b.png"))
    assert capfd.readouterr().err == "a.png: happy 70% at [1, 2, 3, 4]\nb.png: no face\n"
