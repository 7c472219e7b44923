from __future__ import annotations

from pathlib import Path

import pytest

from edgefer.camera.given import given
from edgefer.camera.outputs import Outputs, open_sinks
from edgefer.emotions import FER2013
from edgefer.errors import ArtifactError, UsageError


def opened(asked):
    return open_sinks(asked, given([], 25), FER2013, 1.5)


def kinds(sinks):
    return [type(sink).__name__ for sink in sinks]


def test_every_output_has_its_sink():
    asked = Outputs(headless=True, jsonl="a.jsonl", csv="a.csv", record=Path("a.mp4"))
    sinks = opened(asked)
    assert kinds(sinks) == ["Recorder", "JsonLines", "FacesCsv"]
    for sink in sinks:
        sink.close()
    assert kinds(opened(Outputs(headless=True))) == ["Lines"]


def test_one_sink_alone_sees_readings_where_only_counts_may_leave(monkeypatch):
    monkeypatch.setattr("edgefer.camera.window.why_headless", lambda: "")  # there is a display
    sinks = opened(Outputs(jsonl="a.jsonl", csv="a.csv", aggregate_only=True))
    assert kinds(sinks) == ["Aggregate"]
    assert sinks[0].files == (Path("a.jsonl"), Path("a.csv"))
    sinks[0].close()


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        (Outputs(), "no picture is stored"),
        (Outputs(jsonl="-"), "no picture is stored; every face's emotion goes to stdout"),
        (
            Outputs(record=Path("a.mp4"), csv="a.csv", mqtt="mqtt://me:secret@host"),
            "pictures go to a.mp4; every face's emotion goes to a.csv, mqtt://host:1883/edgefer",
        ),
        (
            Outputs(csv="a.csv", aggregate_only=True),
            "no picture is stored; counts of 5 s, of nobody in particular, go to a.csv",
        ),
    ],
)
def test_what_leaves_is_said(asked, line):
    assert asked.disclosure == line


@pytest.mark.parametrize(
    "wrong",
    [
        {"jsonl": "-", "csv": "-"},
        {"jsonl": "a", "csv": "./a"},
        {"jsonl": "a.mp4", "record": Path("a.mp4")},
        {"record": Path("a.mp4"), "aggregate_only": True},
        {"interval": 2.0},
        {"mqtt": "http://host"},
    ],
)
def test_outputs_that_exclude_each_other(wrong):
    with pytest.raises(UsageError):
        Outputs(**wrong)


def test_what_was_opened_is_closed_where_the_next_cannot_be():
    Path("folder").mkdir()
    with pytest.raises(ArtifactError, match="is a directory"):
        opened(Outputs(headless=True, jsonl="a.jsonl", csv="folder"))
    opened(Outputs(headless=True, jsonl="a.jsonl"))[0].close()
