from __future__ import annotations

import csv
from pathlib import Path

from edgefer.camera.faces_csv import FacesCsv
from edgefer.emotions import FER2013
from tests.camera.people import face, reading


def table(path):
    with Path(path).open(newline="") as file:
        return list(csv.DictReader(file))


def test_one_flushed_line_a_face_with_the_names_of_the_json_lines():
    sink = FacesCsv("out.csv", FER2013)
    assert Path("out.csv").read_text().count("\n") == 1, "the header is there before the first frame"
    assert sink.take(reading(0, 0.0))
    assert sink.take(reading(1, 0.04, face(1), face(2, "sad", (5, 6, 7, 8), uncertain=True, raw=None, detected=False)))
    first, second = table("out.csv")
    assert list(first)[:5] == ["frame", "time", "age_ms", "dropped", "picture"]
    assert (first["frame"], first["time"], first["age_ms"], first["picture"]) == ("1", "0.04", "", "")
    assert (first["track"], first["label"], first["score"]) == ("1", "happy", "0.7")
    assert [first[f"box.{part}"] for part in ("x", "y", "width", "height")] == ["1", "2", "3", "4"]
    assert (first["probabilities.happy"], first["raw.happy"]) == ("0.7", "0.64")
    assert (first["uncertain"], first["detected"], first["detector_score"]) == ("false", "true", "0.95")
    assert (second["uncertain"], second["detected"], second["raw.sad"]) == ("true", "false", "")
    assert second["box.x"] == "5"
    sink.close()
    assert sink.files == (Path("out.csv"),)


def test_live_frames_and_pictures_fill_their_columns():
    sink = FacesCsv("out.csv", FER2013)
    sink.take(reading(0, 0.5, face(), live=True))
    sink.take(reading(1, 1.0, face(None), name='a, "b".png'))
    sink.close()
    live, picture = table("out.csv")
    assert (live["age_ms"], live["dropped"], live["picture"]) == ("12.5", "3", "")
    assert (picture["picture"], picture["track"]) == ('a, "b".png', "")


def test_stdout(capfd):
    sink = FacesCsv("-", ("happy",))
    sink.take(reading(0, 0.0, face()))
    sink.close()
    assert sink.files == ()
    assert capfd.readouterr().out.splitlines() == [
        "frame,time,age_ms,dropped,picture,track,label,score,uncertain,detected,detector_score,"
        "box.x,box.y,box.width,box.height,probabilities.happy,raw.happy",
        "0,0.0,,,,1,happy,0.7,false,true,0.95,1,2,3,4,0.7,0.64",
    ]
